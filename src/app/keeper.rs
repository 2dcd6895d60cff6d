//! What was counted and what was served, kept beside the serving, so that a restart loses some seconds of it at most.

use crate::clock::{Clock, after};
use crate::live::Live;
use crate::measure::{Kept, KeptSeries, Outcomes};
use crate::publish::{overlaid, restore_before, write_before};
use crate::store::{OutcomeStore, ServedBefore, StoreError};
use crate::units::{FlagKey, Generation, UnixMillis};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{MissedTickBehavior, interval_at, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How often what was counted is kept: so much of it a killed process loses.
const EVERY: Duration = Duration::from_secs(10);

/// What is served is kept so soon after it has changed.
const SOON: Duration = Duration::from_millis(100);

/// How long the last keeping may take.
const LAST_WITHIN: Duration = Duration::from_secs(5);

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
    series: KeptSeries,
    /// The generation, and the flags of which it is kept what was served up to it.
    served: Option<(Generation, BTreeSet<FlagKey>)>,
    /// When everything was kept last.
    whole: Option<UnixMillis>,
    /// Whether the last attempt failed: that is told once and not every ten seconds.
    failing: bool,
}

/// What was counted and served last and will not be known to the next start.
#[derive(Debug, thiserror::Error)]
#[error(
    "what was counted and served {} is not kept, and the next start will not know of it (flags and variants with \
     outcomes among it: {series}): {why}",
    .lost.map_or_else(|| "since the start".to_owned(), |lost| format!("in the last {}s", lost.as_secs().saturating_add(1)))
)]
pub(super) struct NotKept {
    /// How long ago everything was kept; `None` when it never was.
    lost: Option<Duration>,
    /// Of how many flags and variants there are outcomes that are not kept.
    series: usize,
    why: String,
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
        let before = match self.store.kept_outcomes().await {
            Ok(before) => before,
            Err(error) => return tracing::error!(%error, "outcomes are counted afresh"),
        };
        // What is too old to be taken up is there no longer, and what is kept of it goes with the next keeping.
        let mut so_far = KeptSeries::of(&before.parts);
        let damaged = self.outcomes.restore(before, self.clock.now());
        for name @ (flag, variant) in &damaged {
            let why = "what is kept of its outcomes is damaged or of another version: they are counted afresh";
            tracing::error!(%flag, %variant, "{why}");
            so_far.forget(name);
        }
        self.kept.lock().await.series = so_far;
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
                _ = turn.tick() => unless_shut_down(&shutdown, self.keep()).await,
                changed = changes.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    sleep(SOON).await;
                    changes.mark_unchanged();
                    unless_shut_down(&shutdown, self.keep_served()).await;
                }
            }
        }
    }

    /// Keeps what has changed once more, when nothing comes in any more. Whoever ends the process must not wait for a
    /// disk that hangs.
    ///
    /// # Errors
    /// What is lost, when the store does not take it in time.
    pub(super) async fn keep_last(&self) -> Result<(), NotKept> {
        let keeping = async {
            let mut kept = self.kept.lock().await;
            self.try_to_keep(&mut kept).await
        };
        let why = match timeout(LAST_WITHIN, keeping).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("the store did not answer within {}s", LAST_WITHIN.as_secs()),
        };
        let now = self.clock.now();
        let whole = self.kept.try_lock().ok().and_then(|kept| kept.whole);
        Err(NotKept { lost: whole.map(|at| now.since(at)), series: self.outcomes.unkept(), why })
    }

    /// Keeps what has changed.
    async fn keep(&self) {
        let mut kept = self.kept.lock().await;
        let done = self.try_to_keep(&mut kept).await;
        tell(&mut kept, done);
    }

    async fn try_to_keep(&self, kept: &mut KeptSoFar) -> Result<(), StoreError> {
        let now = self.clock.now();
        for piece in self.outcomes.changed(&kept.series, now) {
            self.store.keep_outcomes(piece.kept()).await?;
            piece.is_kept(&mut kept.series);
        }
        self.try_to_keep_served(kept).await?;
        kept.whole = Some(now);
        Ok(())
    }

    /// Keeps what is served.
    async fn keep_served(&self) {
        let mut kept = self.kept.lock().await;
        let done = self.try_to_keep_served(&mut kept).await;
        tell(&mut kept, done);
    }

    /// Of the flags that outcomes or rollouts are about.
    async fn try_to_keep_served(&self, kept: &mut KeptSoFar) -> Result<(), StoreError> {
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

/// Does it unless the shutdown comes in between: the last keeping has what is left then.
async fn unless_shut_down(shutdown: &CancellationToken, keeping: impl Future<Output = ()>) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = keeping => {}
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::{Bucketing, Snapshot};
    use crate::measure::{KeptBefore, Outcome};
    use crate::units::VariantName;
    use async_trait::async_trait;
    use std::future::pending;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    /// A store whose disk hangs when it is told to.
    #[derive(Debug, Default)]
    struct Disk {
        hangs: AtomicBool,
        parts: AtomicUsize,
    }

    #[async_trait]
    impl OutcomeStore for Disk {
        async fn keep_outcomes(&self, kept: &Kept) -> Result<(), StoreError> {
            if self.hangs.load(Ordering::Relaxed) {
                pending::<()>().await;
            }
            self.parts.fetch_add(kept.parts.len(), Ordering::Relaxed);
            Ok(())
        }

        async fn kept_outcomes(&self) -> Result<KeptBefore, StoreError> {
            Ok(KeptBefore::default())
        }

        async fn keep_served(&self, _: Option<&[ServedBefore]>, _: UnixMillis) -> Result<(), StoreError> {
            Ok(())
        }

        async fn kept_served(&self) -> Result<Option<(Vec<ServedBefore>, UnixMillis)>, StoreError> {
            Ok(None)
        }
    }

    fn keeper(disk: &Arc<Disk>) -> (Arc<Keeper>, Arc<Outcomes>) {
        let live = Arc::new(Live::new(Snapshot::empty(Bucketing::V3)));
        let outcomes = Arc::new(Outcomes::new());
        (Keeper::new(Arc::clone(disk) as _, Arc::clone(&outcomes), live, Clock::system()), outcomes)
    }

    fn post(outcomes: &Outcomes) {
        let (flag, variant) = (FlagKey::new("search").unwrap(), VariantName::new("on").unwrap());
        let outcome = Outcome { flag, variant, user: None, at: None, ok: true, latency_ms: None, value: None };
        outcomes.record(&[outcome], Clock::system().now());
    }

    #[tokio::test(start_paused = true)]
    async fn a_disk_that_hangs_holds_up_no_end_and_what_is_lost_is_said() {
        let disk = Arc::new(Disk::default());
        let (keeper, outcomes) = keeper(&disk);
        post(&outcomes);
        keeper.keep().await;
        assert!(keeper.keep_last().await.is_ok(), "everything is kept");

        disk.hangs.store(true, Ordering::Relaxed);
        post(&outcomes);
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(Arc::clone(&keeper).run(shutdown.clone()));
        sleep(EVERY * 2).await;
        shutdown.cancel();
        running.await.unwrap();
        let told = keeper.keep_last().await.unwrap_err().to_string();
        let end = "is not kept, and the next start will not know of it (flags and variants with outcomes among it: 1): \
                   the store did not answer within 5s";
        assert!(told.starts_with("what was counted and served in the last ") && told.ends_with(end), "{told}");

        // What was given out and not kept is not forgotten either: a disk that answers again has all of it.
        disk.hangs.store(false, Ordering::Relaxed);
        let before = disk.parts.swap(0, Ordering::Relaxed);
        assert!(keeper.keep_last().await.is_ok());
        assert_eq!((disk.parts.load(Ordering::Relaxed) >= before, outcomes.unkept()), (true, 0));
    }
}
