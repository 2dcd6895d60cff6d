//! The one place that reads the clock. Everything else is given the time, or this clock.

use crate::units::UnixMillis;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Tells the time, and how long a span of it really takes.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// The system's time.
    System,
    /// Runs `speed` times as fast as the system's since `started`. For the demo, where a week passes
    /// in minutes, and for tests under paused time.
    Compressed { origin: UnixMillis, started: Instant, speed: u32 },
    /// Runs as fast as the system's since `started`, and is set forward and back from outside.
    Adjustable { origin: UnixMillis, started: Instant, by: &'static AtomicI64 },
}

impl Clock {
    /// The system's time.
    #[must_use]
    pub const fn system() -> Self {
        Self { kind: Kind::System }
    }

    /// A clock that begins at `origin` now and runs `speed` times as fast; at least once.
    #[must_use]
    pub fn compressed(origin: UnixMillis, speed: u32) -> Self {
        Self { kind: Kind::Compressed { origin, started: Instant::now(), speed: speed.max(1) } }
    }

    /// A clock that begins at `origin` now and always tells so many milliseconds more, or less, as `by`
    /// says at that moment: the clock of a machine that somebody sets, for tests. Waiting takes as long as
    /// ever, as it does in the world.
    #[must_use]
    pub fn adjustable(origin: UnixMillis, by: &'static AtomicI64) -> Self {
        Self { kind: Kind::Adjustable { origin, started: Instant::now(), by } }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        match self.kind {
            Kind::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                UnixMillis::new(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Kind::Compressed { origin, started, speed } => origin.plus(started.elapsed().saturating_mul(speed)),
            Kind::Adjustable { origin, started, by } => {
                let even = origin.plus(started.elapsed());
                UnixMillis::new(even.get().saturating_add(by.load(Ordering::Relaxed)))
            }
        }
    }

    /// How long to wait in the world until `span` has passed on this clock. At least a millisecond, so
    /// that no loop on a fast clock can spin.
    #[must_use]
    pub fn in_the_world(&self, span: Duration) -> Duration {
        let real = match self.kind {
            Kind::System | Kind::Adjustable { .. } => span,
            Kind::Compressed { speed, .. } => span.checked_div(speed).unwrap_or(span),
        };
        real.max(Duration::from_millis(1))
    }

    /// How fast it runs.
    #[must_use]
    pub const fn speed(&self) -> u32 {
        match self.kind {
            Kind::System | Kind::Adjustable { .. } => 1,
            Kind::Compressed { speed, .. } => speed,
        }
    }
}

/// The moment a span from now, in the world's own time. A span too long for the system's clock is
/// cut to a year: whoever waits for it looks again then.
#[must_use]
pub fn after(span: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 86_400);
    let now = Instant::now();
    now.checked_add(span).or_else(|| now.checked_add(YEAR)).unwrap_or(now)
}
