//! When something first failed for a user.

use super::bytes::{Reader, Writer};
use crate::units::UnixMillis;
use std::collections::BTreeMap;
use std::fmt;

/// How many users are remembered. Few users fail, so that it mostly is all of them.
const MOST: usize = 32_768;

/// The first failure of each user whose shortened hash is under a threshold: of all users, until there are too many.
/// Then the threshold is halved, and it is exact for the half that is left.
#[derive(Clone)]
pub(super) struct Firsts {
    /// Who hashes to this or more is not remembered.
    below: u64,
    moments: BTreeMap<u64, UnixMillis>,
}

impl Firsts {
    /// Of nobody yet. All hashes are under `below`.
    pub(super) const fn new(below: u64) -> Self {
        Self { below, moments: BTreeMap::new() }
    }

    /// Takes a failure up. The earliest counts, in whatever order they come.
    pub(super) fn failed(&mut self, hash: u64, at: UnixMillis) {
        if hash >= self.below {
            return;
        }
        self.moments.entry(hash).and_modify(|first| *first = at.min(*first)).or_insert(at);
        while self.moments.len() > MOST {
            self.lower(self.below.checked_div(2).unwrap_or(0));
        }
    }

    /// Forgets who is not under a threshold.
    pub(super) fn lower(&mut self, below: u64) {
        if below < self.below {
            self.below = below;
            self.moments.split_off(&below);
        }
    }

    /// Writes it down.
    pub(super) fn keep(&self, out: &mut Writer) {
        out.number(self.below);
        out.length(self.moments.len());
        for (hash, moment) in &self.moments {
            out.number(*hash);
            out.signed(moment.get());
        }
    }

    /// Reads what was written down.
    pub(super) fn kept(from: &mut Reader<'_>) -> Option<Self> {
        let below = from.number()?;
        let length = from.length(MOST)?;
        let moments = std::iter::repeat_with(|| Some((from.number()?, UnixMillis::new(from.signed()?))));
        Some(Self { below, moments: moments.take(length).collect::<Option<_>>()? })
    }

    /// Of whom something is known.
    pub(super) const fn below(&self) -> u64 {
        self.below
    }

    pub(super) fn is_before(&self, hash: u64, moment: UnixMillis) -> bool {
        self.moments.get(&hash).is_some_and(|first| *first < moment)
    }
}

impl fmt::Debug for Firsts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Firsts({})", self.moments.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(moment: i64) -> UnixMillis {
        UnixMillis::new(moment)
    }

    #[test]
    fn the_earliest_failure_is_the_first_in_whatever_order_they_come() {
        let mut firsts = Firsts::new(100);
        for (hash, moment) in [(7, 50), (7, 40), (7, 60), (100, 10)] {
            firsts.failed(hash, at(moment));
        }
        assert!(firsts.is_before(7, at(41)) && !firsts.is_before(7, at(40)));
        assert!(!firsts.is_before(8, at(90)) && !firsts.is_before(100, at(90)));
    }

    #[test]
    fn of_too_many_the_half_under_half_the_threshold_is_remembered() {
        let many = MOST as u64 + 1;
        let mut firsts = Firsts::new(many);
        (0..many).for_each(|hash| firsts.failed(hash, at(0)));
        assert_eq!((firsts.below(), firsts.moments.len()), (many / 2, MOST / 2));
        assert!(firsts.is_before(0, at(1)) && !firsts.is_before(many - 1, at(1)));
    }
}
