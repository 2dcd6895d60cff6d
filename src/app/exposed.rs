//! Counts who was served what, where rollouts ask for it: beside the serving, ten times a second.

use crate::clock::Clock;
use crate::live::{CountedStage, Live, Shown, Waiting};
use crate::measure::Outcomes;
use crate::telemetry::Metrics;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often what waits is counted.
const EVERY: Duration = Duration::from_millis(100);

/// Counts until the shutdown.
pub(super) async fn count(
    live: Arc<Live>,
    outcomes: Arc<Outcomes>,
    metrics: Metrics,
    clock: Clock,
    shutdown: CancellationToken,
) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = sleep(EVERY) => {}
        }
        let (waiting, lost) = live.exposures().take();
        let counted = waiting.iter().map(|waiting| waiting.users.len() as u64).sum();
        metrics.exposures(counted, lost);
        for Waiting { stage, users } in waiting {
            let CountedStage { flag, candidate, stable, stage, since } = &*stage;
            for (shown, variant) in [(Shown::Candidate, candidate), (Shown::Stable, stable)] {
                let mut users = users.iter().filter(|(to, _)| *to == shown).map(|(_, user)| *user).peekable();
                if users.peek().is_some() {
                    outcomes.expose(flag, variant, *stage, *since, users, clock.now());
                }
            }
        }
    }
}
