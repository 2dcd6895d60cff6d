//! How much time is asked for at once when counters are read.

use crate::analysis::NoData;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What is asked for at once at most.
pub(super) const LONGEST_PIECE: Duration = Duration::from_secs(3_600);

/// What is asked for at once at least: where so little is too much, the counters cannot be read.
const SHORTEST_PIECE: Duration = Duration::from_secs(60);

/// A failure makes pieces shorter by this, and each look that goes well makes them twice as long again.
const SHORTER: u64 = 4;

/// How many questions have pieces of their own length remembered.
const MOST: usize = 4_096;

/// How long the pieces are in which one question asks for the samples of counters. What is too large or takes too long
/// is so every time it is asked for: only a shorter piece can bring an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::measure) struct Stride(Duration);

impl Stride {
    const LONGEST: Self = Self(LONGEST_PIECE);

    pub(super) const fn span(self) -> Duration {
        self.0
    }

    /// Whatever could be due to how much was asked for makes the next pieces shorter.
    pub(super) fn failed(&mut self, why: &NoData) {
        if !matches!(why, NoData::Unreachable(_) | NoData::NoProvider(_)) {
            // In whole seconds, for people read the query.
            let seconds = self.0.as_secs().checked_div(SHORTER).unwrap_or_default();
            self.0 = Duration::from_secs(seconds).max(SHORTEST_PIECE);
        }
    }

    pub(super) fn went_well(&mut self) {
        self.0 = self.0.saturating_mul(2).min(LONGEST_PIECE);
    }
}

/// The questions whose pieces are shorter than usual, until all is well again or the process ends.
#[derive(Debug, Default)]
pub(in crate::measure) struct Strides(Mutex<HashMap<(Arc<str>, String), Stride>>);

impl Strides {
    /// That of a question.
    pub(in crate::measure) fn of(&self, key: &(Arc<str>, String)) -> Stride {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).copied().unwrap_or(Stride::LONGEST)
    }

    /// Remembers it.
    pub(in crate::measure) fn keep(&self, key: (Arc<str>, String), stride: Stride) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if stride == Stride::LONGEST {
            known.remove(&key);
        } else if known.len() < MOST || known.contains_key(&key) {
            known.insert(key, stride);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_shrink_when_they_fail_and_grow_when_they_do_not() {
        let mut stride = Stride::LONGEST;
        stride.failed(&NoData::Unreachable("nobody listens".to_owned()));
        assert_eq!(stride, Stride::LONGEST, "shorter pieces would not have come either");
        let too_much = NoData::TimedOut(Duration::from_secs(5));
        for seconds in [900, 225, 60, 60] {
            stride.failed(&too_much);
            assert_eq!(stride.span(), Duration::from_secs(seconds));
        }
        for seconds in [120, 240, 480, 960, 1_920, 3_600, 3_600] {
            stride.went_well();
            assert_eq!(stride.span(), Duration::from_secs(seconds));
        }
    }

    #[test]
    fn only_what_is_shorter_than_usual_is_remembered_and_not_without_end() {
        let strides = Strides::default();
        let key = |name: usize| (Arc::from("prometheus"), name.to_string());
        let short = Stride(SHORTEST_PIECE);
        for name in 0..MOST + 5 {
            strides.keep(key(name), short);
        }
        assert_eq!((strides.of(&key(0)), strides.of(&key(MOST + 1))), (short, Stride::LONGEST));
        strides.keep(key(0), Stride::LONGEST);
        strides.keep(key(MOST + 1), short);
        assert_eq!((strides.of(&key(0)), strides.of(&key(MOST + 1))), (Stride::LONGEST, short));
    }
}
