//! What was counted and what was served, kept beside the serving, so that a restart loses some seconds of it at most.

use crate::clock::{Clock, after};
use crate::live::Live;
use crate::measure::{Kept, Outcomes};
use crate::publish::{overlaid, restore_before, write_before};
use crate::store::{OutcomeStore, ServedBefore, StoreError};
use crate::units::{FlagKey, Generation, VariantName};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{MissedTickBehavior, interval_at, sleep};
use tokio_util::sync::CancellationToken;

/// How often what was counted is kept: so much of it a killed process loses.
const EVERY: Duration = Duration::from_secs(10);

/// What is served is kept so soon after it has changed.
const SOON: Duration = Duration::from_millis(100);

/// Keeps what a process must not forget with its end.
#[derive(Debug)]
pub(super) struct Keeper {
    store: Arc<dyn OutcomeStore>,
    outcomes: Arc<Outcomes>,
    live: Arc<Live>,
    clock: Clock,
    kept: Mutex<KeptSoFar>,
}

#[derive(Debug, Default)]
struct KeptSoFar {
    series: BTreeSet<(FlagKey, VariantName)>,
    /// The generation, and the flags of which it is kept what was served up to it.
    served: Option<(Generation, BTreeSet<FlagKey>)>,
    /// Whether the last attempt failed: that is told once and not every ten seconds.
    failing: bool,
}

impl Keeper {
    pub(super) fn new(
        store: Arc<dyn OutcomeStore>,
        outcomes: Arc<Outcomes>,
        live: Arc<Live>,
        clock: Clock,
    ) -> Arc<Self> {
        Arc::new(Self { store, outcomes, live, clock, kept: Mutex::default() })
    }

    /// Takes up what was counted before the process began. What cannot be read is begun afresh: outcomes are no reason
    /// not to serve.
    pub(super) async fn restore_outcomes(&self) {
        let (parts, batches) = match self.store.kept_outcomes().await {
            Ok(kept) => kept,
            Err(error) => return tracing::error!(%error, "outcomes are counted afresh"),
        };
        // What is too old to be taken up is there no longer, and what is kept of it goes with the next keeping.
        let mut names: BTreeSet<_> = parts.iter().map(|part| (part.flag.clone(), part.variant.clone())).collect();
        let damaged = self.outcomes.restore(parts, batches, self.clock.now());
        for (flag, variant) in &damaged {
            let why = "what is kept of its outcomes is damaged or of another version: they are counted afresh";
            tracing::error!(%flag, %variant, "{why}");
            names.remove(&(flag.clone(), variant.clone()));
        }
        self.kept.lock().await.series = names;
        let gone = Kept { gone: damaged, ..Kept::default() };
        if !gone.is_empty()
            && let Err(error) = self.store.keep_outcomes(&gone).await
        {
            tracing::warn!(%error, "what is damaged stays where it is");
        }
    }

    /// Takes up what was served before the process began; once it serves as it goes on.
    pub(super) async fn restore_served(&self) {
        let (served, up_to) = match self.store.kept_served().await {
            Ok(Some(kept)) => kept,
            Ok(None) => return,
            Err(error) => return tracing::error!(%error, "what was served before is not known"),
        };
        let now = self.clock.now();
        // A clock that was set back would have two presents in one time.
        if up_to > now {
            return tracing::warn!("the clock was set back: what was served before is not known");
        }
        for ServedBefore { flag, eras } in &served {
            if let Err(error) = restore_before(&self.live, flag, eras, up_to, now) {
                tracing::error!(%flag, %error, "what was served of it before is not known");
            }
        }
    }

    /// Keeps at intervals, and what is served as soon as it changes, until the shutdown.
    pub(super) async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let mut changes = self.live.changes();
        // However often something else changes, the outcomes have their turn.
        let mut turn = interval_at(after(EVERY), EVERY);
        turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = turn.tick() => self.keep().await,
                changed = changes.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    sleep(SOON).await;
                    changes.mark_unchanged();
                    let mut kept = self.kept.lock().await;
                    let done = self.keep_served(&mut kept).await;
                    tell(&mut kept, done);
                }
            }
        }
    }

    /// Keeps what has changed.
    pub(super) async fn keep(&self) {
        let mut kept = self.kept.lock().await;
        let done = match self.keep_outcomes(&mut kept).await {
            Ok(()) => self.keep_served(&mut kept).await,
            Err(error) => Err(error),
        };
        tell(&mut kept, done);
    }

    async fn keep_outcomes(&self, kept: &mut KeptSoFar) -> Result<(), StoreError> {
        let changed = self.outcomes.changed(&mut kept.series, self.clock.now());
        if changed.is_empty() {
            return Ok(());
        }
        let done = self.store.keep_outcomes(&changed).await;
        if done.is_err() {
            self.outcomes.not_kept(&changed);
            kept.series.extend(changed.gone);
        }
        done
    }

    /// Of the flags that outcomes or rollouts are about.
    async fn keep_served(&self, kept: &mut KeptSoFar) -> Result<(), StoreError> {
        let up_to = self.clock.now();
        let published = self.live.load_full();
        let mut flags: BTreeSet<FlagKey> = overlaid(published.snapshot()).cloned().collect();
        flags.extend(self.outcomes.flags());
        let served = Some((published.snapshot().generation(), flags));
        if served == kept.served {
            return self.store.keep_served(None, up_to).await;
        }
        let before = |flag: &FlagKey| Some(ServedBefore { eras: write_before(&self.live, flag)?, flag: flag.clone() });
        let rows: Vec<_> = served.iter().flat_map(|(_, flags)| flags).filter_map(before).collect();
        self.store.keep_served(Some(&rows), up_to).await?;
        kept.served = served;
        Ok(())
    }
}

fn tell(kept: &mut KeptSoFar, done: Result<(), StoreError>) {
    let failed = std::mem::replace(&mut kept.failing, done.is_err());
    match done {
        Ok(()) if failed => tracing::info!("outcomes are kept again"),
        Err(error) if !failed => tracing::warn!(%error, "outcomes are not kept: a restart would lose them"),
        Ok(()) | Err(_) => {}
    }
}
