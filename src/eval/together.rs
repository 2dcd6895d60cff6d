//! All flags for one person: each predicate is asked once, and the hashes are taken together.

use super::bucket::Bucketing;
use super::budget::{Exhausted, MOST_STEPS};
use super::context::Context;
use super::distribution::Shares;
use super::evaluate::Evaluation;
use super::flag::Slot;
use super::lanes::{Ending, LANES, Lanes};
use super::leaf::Leaf;
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

/// The most steps for all flags together: a rule that looks through a long list is affordable, a thousand
/// of them for one request are not.
const MOST_STEPS_OF_ALL: usize = 500_000;

/// Ordinary rules take far fewer.
const STEPS_PER_FLAG: usize = 100;

/// The walk through all flags of a snapshot.
#[derive(Debug)]
pub(super) struct Together<'s, 'c> {
    pool: &'s Pool,
    context: &'c Context<'c>,
    bucketing: Bucketing,
    /// By the number of the predicate.
    answers: Vec<Option<bool>>,
    /// By how many bytes the beginnings have in their last word.
    kinds: [Kind<'s>; 4],
    outcomes: Vec<Outcome>,
    slot: Option<&'s Slot>,
    /// The steps that are left for all flags together.
    left: usize,
}

/// Hashes that can be taken together.
#[derive(Debug)]
struct Kind<'s> {
    /// The targeting key's part; `None` where there is none, or it is very short.
    ending: Option<Ending>,
    lanes: Lanes,
    /// Whose hashes the lanes hold.
    waiting: ArrayVec<Waiting<'s>, LANES>,
}

#[derive(Debug)]
struct Waiting<'s> {
    shares: &'s Shares,
    slot: &'s Slot,
    /// Of the flag.
    position: usize,
}

impl<'s, 'c> Together<'s, 'c> {
    /// What each of the flags gives.
    pub(super) fn outcomes(
        pool: &'s Pool,
        slots: &'s Slots,
        context: &'c Context<'c>,
        bucketing: Bucketing,
    ) -> Vec<Outcome> {
        let mut walk = Self::new(pool, slots.len(), context, bucketing);
        for group in slots.groups() {
            for slot in group {
                walk.slot = Some(slot);
                let drawn = slot.draw.as_ref().is_some_and(|draw| walk.postpone(draw.begun, &draw.shares));
                let outcome = match drawn {
                    true => POSTPONED,
                    false => resolve::outcome(slot, context, bucketing, &mut walk).unwrap_or(POSTPONED),
                };
                walk.outcomes.push(outcome);
            }
        }
        (0..walk.kinds.len()).for_each(|kind| walk.settle(kind));
        walk.outcomes
    }

    fn new(pool: &'s Pool, flags: usize, context: &'c Context<'c>, bucketing: Bucketing) -> Self {
        let end = context.targeting_key().map(|key| bucketing.end_of_keys(key));
        let kind = |taken: usize| Kind {
            ending: end.as_ref().and_then(|end| Ending::new(end, taken)),
            lanes: Lanes::new(),
            waiting: ArrayVec::new(),
        };
        let left = MOST_STEPS_OF_ALL.max(flags.saturating_mul(STEPS_PER_FLAG));
        let (answers, outcomes) = (vec![None; pool.len()], Vec::with_capacity(flags));
        Self { pool, context, bucketing, answers, kinds: std::array::from_fn(kind), outcomes, slot: None, left }
    }

    /// Takes the hashes of a kind.
    fn settle(&mut self, kind: usize) {
        let Some(Kind { ending: Some(ending), lanes, waiting }) = self.kinds.get_mut(kind) else { return };
        for (one, hash) in waiting.iter().zip(lanes.finish(ending)) {
            let outcome = match (one.shares.owner(*hash), &one.slot.laid) {
                // By far the most, and nothing more is to be asked.
                (Leaf::Variant(index), None) => Outcome::Variant { index, reason: Reason::TargetingMatch },
                (leaf, _) => {
                    let key = &one.slot.built.key;
                    let evaluation = Evaluation::new(self.context, key, self.bucketing, MOST_STEPS);
                    resolve::ruled(leaf, one.slot, &evaluation, &mut Straight(self.pool))
                }
            };
            if let Some(place) = self.outcomes.get_mut(one.position) {
                *place = outcome;
            }
        }
        waiting.clear();
    }
}

impl<'s> Walk<'s> for Together<'s, '_> {
    #[inline]
    fn holds<'v>(&mut self, predicate: u32, evaluation: &Evaluation<'v>) -> Result<bool, Exhausted>
    where
        's: 'v,
    {
        let known = usize::try_from(predicate).ok().and_then(|index| self.answers.get_mut(index));
        let Some(known) = known else { return Ok(false) };
        if let Some(held) = *known {
            return Ok(held);
        }
        let held = self.pool.get(predicate).map_or(Ok(false), |predicate| predicate.holds(evaluation))?;
        *known = Some(held);
        Ok(held)
    }

    #[inline]
    fn allowance(&self) -> usize {
        self.left
    }

    #[inline]
    fn spent(&mut self, steps: usize) {
        self.left = self.left.saturating_sub(steps);
    }

    #[inline]
    fn postpone(&mut self, begun: Murmur3, shares: &'s Shares) -> bool {
        let taken = usize::try_from(begun.length() % 4).unwrap_or(0);
        if self.kinds.get(taken).is_some_and(|kind| kind.waiting.is_full()) {
            self.settle(taken);
        }
        match (self.kinds.get_mut(taken), self.slot) {
            (Some(kind), Some(slot)) if kind.ending.is_some() => {
                kind.lanes.put(kind.waiting.len(), begun);
                kind.waiting.try_push(Waiting { shares, slot, position: self.outcomes.len() }).is_ok()
            }
            _ => false,
        }
    }
}
