//! How many posts a source may make.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

/// So many seconds' worth of posts may come at once: alerts come in storms.
const BURST_SECONDS: f64 = 5.0;

/// A bucket that fills at an even rate.
#[derive(Debug)]
pub(super) struct Rate {
    per_second: f64,
    left: Mutex<(f64, Instant)>,
}

impl Rate {
    /// A full bucket.
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        let per_second = f64::from(per_second.get());
        Self { per_second, left: Mutex::new((per_second * BURST_SECONDS, Instant::now())) }
    }

    /// Takes one, if there is one.
    pub(super) fn take(&self) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let gained = now.saturating_duration_since(left.1).as_secs_f64() * self.per_second;
        let full = self.per_second * BURST_SECONDS;
        *left = ((left.0 + gained).min(full), now);
        let enough = left.0 >= 1.0;
        if enough {
            left.0 -= 1.0;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn a_storm_is_taken_and_a_flood_is_not() {
        let rate = Rate::new(NonZeroU32::new(2).unwrap());
        assert_eq!((0..100).filter(|_| rate.take()).count(), 10);
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!((0..100).filter(|_| rate.take()).count(), 1);
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!((0..100).filter(|_| rate.take()).count(), 10);
    }
}
