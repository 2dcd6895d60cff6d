//! All flags for one person: each predicate is asked once, and the hashes are taken together.

use super::bucket::Bucketing;
use super::budget::Exhausted;
use super::context::Context;
use super::distribution::Shares;
use super::evaluate::Evaluation;
use super::flag::Slot;
use super::lanes::{Ending, LANES, Lanes};
use super::murmur3::Murmur3;
use super::pool::Pool;
use super::reason::Reason;
use super::resolution::Outcome;
use super::resolve;
use super::slots::Slots;
use super::walk::{Straight, Walk};
use arrayvec::ArrayVec;

/// In the place of an outcome until its hash is taken.
const POSTPONED: Outcome = Outcome::CallerDefault { reason: Reason::Unknown };

/// The walk through all flags of a snapshot.
#[derive(Debug)]
pub(super) struct Together<'s> {
    pool: &'s Pool,
    answers: Vec<Option<bool>>,
    /// By how many bytes the beginnings have in their last word.
    kinds: [Kind<'s>; 4],
    outcomes: Vec<Outcome>,
    slot: Option<&'s Slot>,
    /// The kind that has no lane left.
    full: Option<usize>,
}

/// Hashes that can be taken together.
#[derive(Debug)]
struct Kind<'s> {
    /// The targeting key's part; `None` where there is none, or it is very short.
    ending: Option<Ending>,
    lanes: Lanes,
    waiting: ArrayVec<Waiting<'s>, LANES>,
}

#[derive(Debug)]
struct Waiting<'s> {
    shares: &'s Shares,
    slot: &'s Slot,
    /// Of the flag.
    position: usize,
}

impl<'s> Together<'s> {
    /// What each of the flags gives.
    pub(super) fn outcomes(
        pool: &'s Pool,
        slots: &'s Slots,
        context: &Context<'_>,
        bucketing: Bucketing,
    ) -> Vec<Outcome> {
        let end = context.targeting_key().map(|key| bucketing.end_of_keys(key));
        let kind = |taken: usize| Kind {
            ending: end.as_ref().and_then(|end| Ending::new(end, taken)),
            lanes: Lanes::new(),
            waiting: ArrayVec::new(),
        };
        let kinds = std::array::from_fn(kind);
        let outcomes = Vec::with_capacity(slots.len());
        let mut walk = Self { pool, answers: vec![None; pool.len()], kinds, outcomes, slot: None, full: None };
        for group in slots.groups() {
            for slot in group {
                walk.slot = Some(slot);
                let outcome = resolve::outcome(slot, context, bucketing, &mut walk);
                walk.outcomes.push(outcome.unwrap_or(POSTPONED));
                if let Some(full) = walk.full.take() {
                    walk.settle(full, context, bucketing);
                }
            }
        }
        (0..walk.kinds.len()).for_each(|kind| walk.settle(kind, context, bucketing));
        walk.outcomes
    }

    /// Takes the hashes of a kind.
    fn settle(&mut self, kind: usize, context: &Context<'_>, bucketing: Bucketing) {
        let Some(Kind { ending: Some(ending), lanes, waiting }) = self.kinds.get_mut(kind) else { return };
        for (one, hash) in waiting.drain(..).zip(lanes.finish(ending)) {
            let evaluation = Evaluation::new(context, &one.slot.built.key, bucketing);
            let outcome = resolve::ruled(one.shares.owner(hash), one.slot, evaluation, &mut Straight(self.pool));
            if let Some(place) = self.outcomes.get_mut(one.position) {
                *place = outcome;
            }
        }
    }
}

impl<'s> Walk<'s> for Together<'s> {
    #[inline]
    fn holds<'v>(&mut self, predicate: u32, evaluation: &Evaluation<'v>) -> Result<bool, Exhausted>
    where
        's: 'v,
    {
        let known = usize::try_from(predicate).ok().and_then(|index| self.answers.get_mut(index));
        match (known, self.pool.get(predicate)) {
            (Some(Some(held)), _) => Ok(*held),
            (Some(unknown), Some(predicate)) => predicate.holds(evaluation).inspect(|held| *unknown = Some(*held)),
            (_, None) | (None, Some(_)) => Ok(false),
        }
    }

    #[inline]
    fn postpone(&mut self, begun: Murmur3, shares: &'s Shares) -> bool {
        let taken = usize::try_from(begun.length() % 4).unwrap_or(0);
        match (self.kinds.get_mut(taken), self.slot) {
            (Some(kind), Some(slot)) if kind.ending.is_some() => {
                let position = self.outcomes.len();
                if kind.waiting.try_push(Waiting { shares, slot, position }).is_err() {
                    return false;
                }
                kind.lanes.push(begun);
                if kind.waiting.is_full() {
                    self.full = Some(taken);
                }
                true
            }
            _ => false,
        }
    }
}
