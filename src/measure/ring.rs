//! The recent past in slots of equal width.

use super::outcome::Outcome;
use super::tally::Tally;
use crate::units::UnixMillis;
use std::collections::VecDeque;
use std::time::Duration;

/// How many slots a ring's span is divided into.
const SLOTS: i64 = 60;

/// Tallies of the last [`SLOTS`] slots in which something happened, in the order of time. One more is
/// kept than the span needs: a window ends in the middle of a slot, so it also begins in one.
#[derive(Debug)]
pub(super) struct Ring {
    /// A slot's width in milliseconds, at least 1.
    width: i64,
    slots: VecDeque<Slot>,
}

#[derive(Debug)]
struct Slot {
    /// Time divided by the width.
    number: i64,
    tally: Tally,
}

impl Ring {
    /// Slots of that many whole milliseconds.
    pub(super) const fn new(width_millis: u32) -> Self {
        let width = if width_millis == 0 { 1 } else { width_millis as i64 };
        Self { width, slots: VecDeque::new() }
    }

    /// The longest window that can be read.
    pub(super) fn span(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.width.saturating_mul(SLOTS)).unwrap_or(0))
    }

    /// Adds an outcome to its slot; `false` when that slot's time is already behind the ring.
    pub(super) fn add(&mut self, outcome: &Outcome, at: UnixMillis) -> bool {
        let number = self.number(at);
        let newest = self.slots.back().map_or(number, |slot| slot.number.max(number));
        let oldest = newest.saturating_sub(SLOTS);
        while self.slots.front().is_some_and(|slot| slot.number < oldest) {
            self.slots.pop_front();
        }
        if number < oldest {
            return false;
        }
        let position = match self.slots.binary_search_by_key(&number, |slot| slot.number) {
            Ok(position) => position,
            Err(position) => {
                self.slots.insert(position, Slot { number, tally: Tally::default() });
                position
            }
        };
        if let Some(slot) = self.slots.get_mut(position) {
            slot.tally.add(outcome);
        }
        true
    }

    /// Everything in the window that ends at `now`, and what else is in the slot in which it begins.
    pub(super) fn total(&self, window: Duration, now: UnixMillis) -> Tally {
        let (first, last) = (self.number(now.minus(window)), self.number(now));
        let mut total = Tally::default();
        for slot in self.slots.iter().filter(|slot| (first..=last).contains(&slot.number)) {
            total.merge(&slot.tally);
        }
        total
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }

    fn number(&self, at: UnixMillis) -> i64 {
        at.get().checked_div_euclid(self.width).unwrap_or(0)
    }

    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
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
        Outcome { flag, variant, ok: true, latency_ms: Some(5.0), value: None }
    }

    fn count(ring: &Ring, window_seconds: u64, now: i64) -> u64 {
        match ring.total(Duration::from_secs(window_seconds), UnixMillis::new(now)).read(
            Measure::Count,
            0,
            UnixMillis::new(now),
        ) {
            Reading::Value { samples, .. } => samples.unwrap(),
            Reading::NoData(NoData::Empty) => 0,
            Reading::NoData(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_window_moves_on_and_leaves_old_outcomes_behind() {
        let mut ring = Ring::new(1_000);
        for second in 0..30 {
            assert!(ring.add(&outcome(), UnixMillis::new(second * 1_000 + 500)));
        }
        assert_eq!(count(&ring, 10, 29_999), 11, "the slot in which the window begins counts whole");
        assert_eq!(count(&ring, 10, 35_000), 5, "half of the window is already silent");
        assert_eq!(count(&ring, 60, 35_000), 30);
        assert_eq!(count(&ring, 10, 41_000), 0);
    }

    #[test]
    fn a_window_is_never_too_short_and_at_most_a_slot_too_long() {
        let mut ring = Ring::new(10_000);
        for second in 0..600 {
            ring.add(&outcome(), UnixMillis::new(second * 1_000));
        }
        for now in 590_000..600_000 {
            let counted = count(&ring, 60, now);
            assert!((60..=70).contains(&counted), "{counted} at {now}");
        }
        assert!(count(&ring, 1, 599_500) >= 1, "a window shorter than a slot is still read");
    }

    #[test]
    fn the_full_span_can_be_read_and_no_more_is_kept() {
        let mut ring = Ring::new(1_000);
        for second in 0..10_000 {
            ring.add(&outcome(), UnixMillis::new(second * 1_000));
        }
        assert_eq!(ring.slots(), 61);
        assert_eq!(ring.span(), Duration::from_secs(60));
        assert_eq!(count(&ring, 60, 9_999_000), 61);
    }

    #[test]
    fn what_comes_late_goes_to_its_own_time_or_nowhere() {
        let mut ring = Ring::new(1_000);
        ring.add(&outcome(), UnixMillis::new(100_000));
        assert!(ring.add(&outcome(), UnixMillis::new(95_000)));
        assert_eq!(count(&ring, 2, 100_500), 1, "five seconds late is not within the last two");
        assert_eq!(count(&ring, 10, 100_500), 2);
        assert!(!ring.add(&outcome(), UnixMillis::new(39_000)), "61 seconds late has no slot any more");
        assert_eq!(count(&ring, 2, 95_500), 1, "what lies in the future is not counted yet");
    }

    #[test]
    fn the_ends_of_time_are_no_trouble() {
        let mut ring = Ring::new(1_000);
        assert!(ring.add(&outcome(), UnixMillis::new(i64::MIN)));
        assert!(ring.add(&outcome(), UnixMillis::new(i64::MAX)));
        assert_eq!(count(&ring, 60, i64::MAX), 1);
        assert_eq!(ring.slots(), 1);
    }
}
