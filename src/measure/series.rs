//! One flag's variant over the last hour.

use super::outcome::Outcome;
use super::ring::Ring;
use super::tally::Tally;
use crate::units::UnixMillis;
use std::time::Duration;

/// The longest window that can be read: what the widest ring holds.
pub const LONGEST_WINDOW: Duration = Duration::from_hours(1);

/// The widths of the rings' slots: for windows up to a minute, ten minutes and an hour.
const SLOT_MILLIS: [u32; 3] = [1_000, 10_000, 60_000];

/// A flag's variant: rings from fine to wide. A window is read from the finest ring that spans it, so
/// it is longer than asked for by at most a second up to a minute, ten seconds up to ten minutes, and a
/// minute up to an hour, and never shorter.
#[derive(Debug)]
pub(super) struct Series {
    rings: [Ring; SLOT_MILLIS.len()],
    recorded: Option<UnixMillis>,
    read: Option<UnixMillis>,
}

impl Series {
    pub(super) fn new() -> Self {
        Self { rings: SLOT_MILLIS.map(Ring::new), recorded: None, read: None }
    }

    /// Counts an outcome; `false` when the finest ring has no place for its time any more, because
    /// the clock is a minute or more behind the newest outcome.
    ///
    /// When it is behind by more than the rings hold, then it was set back: what was recorded before
    /// belongs to no time any more and is forgotten, or nothing could be recorded until the clock is
    /// where it once was.
    pub(super) fn add(&mut self, outcome: &Outcome, now: UnixMillis) -> bool {
        if self.recorded.is_some_and(|newest| newest.since(now) > LONGEST_WINDOW) {
            self.rings.iter_mut().for_each(Ring::clear);
            self.recorded = None;
        }
        self.recorded = self.recorded.max(Some(now));
        let kept = self.rings.each_mut().map(|ring| ring.add(outcome, now));
        kept.into_iter().all(|kept| kept)
    }

    /// The window that ends at `now`; `None` when it is longer than [`LONGEST_WINDOW`].
    pub(super) fn total(&mut self, window: Duration, now: UnixMillis) -> Option<Tally> {
        self.read = Some(now);
        self.rings.iter().find(|ring| window <= ring.span()).map(|ring| ring.total(window, now))
    }

    /// Whether it was read in the longest window before `now`: a rollout is looking at it.
    pub(super) fn is_watched(&self, now: UnixMillis) -> bool {
        self.read.is_some_and(|read| now.since(read) <= LONGEST_WINDOW)
    }

    /// Whether it can be forgotten without anybody seeing a difference.
    pub(super) fn is_idle(&self, now: UnixMillis) -> bool {
        let silent = self.recorded.is_none_or(|recorded| now.since(recorded) > LONGEST_WINDOW);
        silent && !self.is_watched(now)
    }

    /// The newest outcome's time.
    pub(super) const fn recorded(&self) -> Option<UnixMillis> {
        self.recorded
    }

    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.rings.iter().map(Ring::slots).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{NoData, Reading};
    use crate::rollout::Measure;
    use crate::units::{FlagKey, VariantName};

    fn outcome() -> Outcome {
        let (flag, variant) = (FlagKey::new("f").unwrap(), VariantName::new("on").unwrap());
        Outcome { flag, variant, ok: true, latency_ms: None, value: None }
    }

    fn count(series: &mut Series, window: Duration, now: i64) -> u64 {
        let now = UnixMillis::new(now);
        match series.total(window, now).unwrap().read(Measure::Count, 0, now) {
            Reading::Value { samples, .. } => samples.unwrap(),
            Reading::NoData(NoData::Empty) => 0,
            Reading::NoData(other) => panic!("{other}"),
        }
    }

    #[test]
    fn every_window_from_ten_seconds_to_an_hour_is_close_to_what_was_asked() {
        let mut series = Series::new();
        for second in 0..7_200 {
            assert!(series.add(&outcome(), UnixMillis::new(second * 1_000)));
        }
        for (seconds, error) in [(10, 1), (30, 1), (60, 1), (61, 10), (300, 10), (600, 10), (601, 60), (3_600, 60)] {
            let counted = count(&mut series, Duration::from_secs(seconds), 7_199_400);
            assert!((seconds..=seconds + error).contains(&counted), "{seconds}s: {counted}");
        }
        assert!(series.total(LONGEST_WINDOW + Duration::from_millis(1), UnixMillis::new(0)).is_none());
        assert!(series.slots() <= 3 * 61, "{}", series.slots());
    }

    #[test]
    fn a_clock_that_is_a_little_behind_loses_nothing_and_one_far_behind_starts_afresh() {
        let hour = 3_600_000;
        let mut series = Series::new();
        series.add(&outcome(), UnixMillis::new(10 * hour));
        assert!(series.add(&outcome(), UnixMillis::new(10 * hour - 5_000)));
        assert!(!series.add(&outcome(), UnixMillis::new(10 * hour - 120_000)));
        assert_eq!(count(&mut series, LONGEST_WINDOW, 10 * hour), 3, "late for the finest ring, not for the hour");

        series.add(&outcome(), UnixMillis::new(8 * hour));
        assert_eq!(count(&mut series, Duration::from_secs(10), 8 * hour), 1, "the clock was set back two hours");
        assert_eq!(count(&mut series, LONGEST_WINDOW, 10 * hour), 0);
    }
}
