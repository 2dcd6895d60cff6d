//! A probe at work, from the start of the server to its end.

use super::look::Prober;
use super::settings::ProbeSettings;
use super::streak::{Streak, Turn};
use crate::analysis::Alert;
use crate::controller::CommandError;
use crate::triggers::desk::{Desk, Triggers};
use crate::triggers::source::Kind;
use crate::triggers::told::{Delivery, Standing, Told};
use crate::units::UnixMillis;
use rand::Rng as _;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long a probe waits at least until what it told is durable, before it looks and tells again.
const PATIENCE: Duration = Duration::from_secs(30);

fn late() -> CommandError {
    CommandError::Unavailable("what the probe told is not durable yet".to_owned())
}

/// What a probe saw last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeStatus {
    /// When it looked.
    pub at: UnixMillis,
    /// Whether all was as it should be.
    pub up: bool,
    /// What was not, or empty.
    pub seen: String,
    /// How many looks in a row ended so.
    pub alike: u32,
    /// Whether its alert fires.
    pub fires: bool,
}

/// Looks again and again until the server stops. The first look comes after a part of the time between two that is
/// drawn by chance: many probes, and many servers, must not all look at one moment.
pub async fn watch(triggers: Triggers, desk: Arc<Desk>, shutdown: CancellationToken) {
    let Kind::Probe(settings) = &desk.source.kind else { return };
    let prober = match Prober::new(settings) {
        Ok(prober) => prober,
        Err(why) => return triggers.trouble(&desk, &format!("the probe cannot look: {why}")),
    };
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = look_for_ever(&triggers, &desk, settings, &prober) => {}
    }
}

async fn look_for_ever(triggers: &Triggers, desk: &Desk, settings: &ProbeSettings, prober: &Prober) {
    let part = rand::rng().random_range(0.0..1.0);
    sleep(settings.every.mul_f64(part)).await;
    let mut ticks = interval(settings.every.max(Duration::from_millis(100)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut streak = Streak::new(settings.failures, settings.successes);
    // What it fired before a restart of the server is remembered by rollouts: the first good looks end it.
    let mut ending = true;
    loop {
        ticks.tick().await;
        let seen = prober.look().await;
        let (now, up) = (triggers.clock.now(), seen.is_ok());
        let turn = streak.saw(up);
        triggers.metrics.triggers().probed(desk.name().as_str(), up);
        desk.set_probe(ProbeStatus {
            at: now,
            up,
            seen: seen.err().unwrap_or_default(),
            alike: streak.alike(),
            fires: streak.fires(),
        });
        let standing = match turn {
            // Told again each time: an alert of which nothing is heard is forgotten, and what was not durable is
            // repeated until it is.
            Turn::Begins | Turn::GoesOn => Some(Standing::Firing),
            Turn::Ends => Some(Standing::Resolved),
            Turn::Quiet => {
                let good = up && streak.alike() >= settings.successes.get();
                (ending && good).then_some(Standing::Resolved)
            }
        };
        let Some(standing) = standing else { continue };
        let delivery = Delivery { told: vec![told(desk, settings, standing)], ..Delivery::default() };
        // What it closes is served as closed at once; that it is not on disk yet must not end the looking.
        let patience = settings.every.max(PATIENCE);
        match timeout(patience, triggers.tell(desk, delivery)).await.unwrap_or_else(|_| Err(late())) {
            Ok(answer) => {
                ending = false;
                triggers.count(desk, answer.result());
                if turn == Turn::Begins {
                    let source = desk.name().as_str();
                    let closed = answer.closed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                    let seen = desk.probe().map(|status| status.seen).unwrap_or_default();
                    tracing::warn!(source, target = %settings.target, seen, closed, "a probe fires");
                }
            }
            Err(error) => {
                triggers.trouble(desk, &error.to_string());
                // What was not told to its end is told again at the next look.
                ending = standing == Standing::Resolved;
            }
        }
    }
}

/// Without times: looks follow one another, and a clock that is set back must not make the next of them look old.
fn told(desk: &Desk, settings: &ProbeSettings, standing: Standing) -> Told {
    let labels = BTreeMap::from([
        ("alertname".to_owned(), desk.name().to_string()),
        ("probe".to_owned(), settings.target.to_string()),
    ]);
    let alert = Alert { fingerprint: "probe".to_owned(), labels };
    Told { alert, standing, began: None, at: None, until: None, message: None, no_data: false }
}
