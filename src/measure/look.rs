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
