//! From when to when a look counts.

use super::ring::Shape;
use super::series::{SET_BACK, SHAPES};
use crate::units::UnixMillis;

/// A stretch of time from one moment up to another, in whole slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) from: UnixMillis,
    pub(super) until: UnixMillis,
}

impl Look {
    /// The look that follows on one that ended at `looked`. It ends with the last slot that is over, of the finest
    /// width at which this end will still be found when the next look takes a fifth longer to come than this one.
    /// Each width is kept so long that, when it no longer fits, a slot of the next one has begun since the last look.
    /// While no slot is over it is empty and ends where it begins, also while the clock is a little behind.
    ///
    /// When the clock was set back by more than an hour, nothing before belongs to any time: looks begin anew.
    pub(super) fn following(looked: UnixMillis, now: UnixMillis) -> Self {
        let [finest, .., widest] = SHAPES;
        if looked.since(now) > SET_BACK {
            let begin = finest.floor(now);
            return Self { from: begin, until: begin };
        }
        let again = now.since(looked).saturating_mul(6).checked_div(5).unwrap_or_default();
        let shape = SHAPES.into_iter().find(|shape| again <= shape.span_with_users()).unwrap_or(widest);
        Self { from: looked, until: shape.floor(now).max(looked) }
    }

    /// Everything from a moment on, what is in the slot of `now` included.
    pub(super) fn all_since(since: UnixMillis, now: UnixMillis) -> Self {
        let [finest, ..] = SHAPES;
        Self { from: since, until: finest.end(finest.floor(now)) }
    }

    /// The slots that it consists of, each by its beginning, from the finest that still know their users. What is so
    /// old that only wide slots are left of it begins with the first of those.
    pub(super) fn slots(self, now: UnixMillis) -> impl Iterator<Item = (usize, UnixMillis)> {
        let mut at = self.from;
        std::iter::from_fn(move || {
            while at < self.until {
                let fits = |shape: &Shape| {
                    shape.floor(at) == at && shape.end(at) <= self.until && shape.oldest_with_users(now) <= at
                };
                if let Some((ring, shape)) = SHAPES.iter().enumerate().find(|(_, shape)| fits(shape)) {
                    let begins = at;
                    at = shape.end(at);
                    return Some((ring, begins));
                }
                at = next_begin(at, now)?;
            }
            None
        })
    }
}

/// The first moment after this one at which a slot begins that still knows its users.
fn next_begin(at: UnixMillis, now: UnixMillis) -> Option<UnixMillis> {
    let after = UnixMillis::new(at.get().saturating_add(1));
    let begins = SHAPES.iter().map(|shape| shape.ceil(after).max(shape.oldest_with_users(now)));
    begins.min().filter(|next| *next > at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    /// On a boundary of every slot, plus some.
    const LOOKED: i64 = 400_000 * 4_320_000 + 12_000;

    fn until(after: i64) -> i64 {
        Look::following(UnixMillis::new(LOOKED), UnixMillis::new(LOOKED + after)).until.get()
    }

    #[test]
    fn the_rarer_looks_are_the_wider_are_the_slots_with_which_they_end() {
        for (after, counted) in [
            (999, 0),
            (5_700, 5_000),
            (25_000, 25_000),
            (26_000, 18_000),
            (240_000, 238_000),
            (299_000, 288_000),
            (HOUR + 59_000, HOUR + 48_000),
            (HOUR + 900_000, HOUR + 888_000),
            (HOUR + 900_001, 4_320_000 - 12_000),
            (3 * HOUR, 2 * 4_320_000 - 12_000),
        ] {
            assert_eq!(until(after) - LOOKED, counted, "{after}");
        }
    }

    #[test]
    fn a_clock_that_is_behind_ends_a_look_where_it_began() {
        assert_eq!(until(-1), LOOKED);
        assert_eq!(until(-HOUR), LOOKED);
        assert_eq!(until(-HOUR - 500), LOOKED - HOUR - 1_000, "set back: anew from there");
    }

    #[test]
    fn slots_follow_each_other_without_a_gap_up_to_the_end() {
        let now = UnixMillis::new(LOOKED + HOUR);
        let look = Look::all_since(UnixMillis::new(LOOKED - 2 * HOUR), now);
        let slots: Vec<_> = look.slots(now).map(|(ring, begins)| (begins, SHAPES[ring].end(begins))).collect();
        assert!(slots.windows(2).all(|pair| pair[0].1 == pair[1].0), "{slots:?}");
        assert_eq!(slots.last().unwrap().1, look.until);
        assert!(slots.len() < 170, "{}", slots.len());
    }

    #[test]
    fn the_ends_of_time_are_reached_in_few_steps() {
        let ends = [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX].map(UnixMillis::new);
        for (from, until, now) in ends.iter().flat_map(|from| ends.iter().map(move |until| (*from, *until, *until))) {
            assert!(Look { from, until }.slots(now).count() < 300, "{from:?} to {until:?}");
            let following = Look::following(from, now);
            assert!(following.slots(now).count() < 300, "{from:?} to {now:?}");
        }
    }
}
