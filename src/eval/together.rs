//! All flags for one person: each predicate is asked once, each rule that many flags have is gone through
//! once, and the hashes are taken together.

use super::bucket::Bucketing;
use super::budget::{Exhausted, MOST_STEPS};
use super::context::Context;
use super::evaluate::Evaluation;
use super::flag::{Body, Slot};
use super::lanes::Endings;
use super::leaf::Leaf;
use super::pool::Pool;
use super::program::Exit;
use super::reason::Reason;
use super::resolution::{Failure, Outcome};
use super::resolve;
use super::slots::{GROUP, Slots};
use super::walk::Walk;

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
    /// By the number of the program.
    exits: Vec<Option<Result<Exit<'s>, Exhausted>>>,
    /// The steps that are left for all flags together.
    left: usize,
}

impl<'s, 'c> Together<'s, 'c> {
    /// What each of the flags gives.
    pub(super) fn outcomes(
        pool: &'s Pool,
        slots: &'s Slots,
        context: &'c Context<'c>,
        bucketing: Bucketing,
    ) -> Vec<Outcome> {
        let left = MOST_STEPS_OF_ALL.max(slots.len().saturating_mul(STEPS_PER_FLAG));
        let (answers, exits) = (vec![None; pool.len()], vec![None; pool.programs()]);
        let mut walk = Self { pool, context, bucketing, answers, exits, left };
        let endings = context.targeting_key().map(|key| Endings::new(bucketing.end_of_keys(key)));
        let mut outcomes = Vec::with_capacity(slots.len());
        let mut hashes = [0; GROUP];
        for group in slots.groups() {
            if let Some(endings) = &endings {
                endings.finish(&group.layout.lanes, &mut hashes);
            }
            let flags = group.slots.iter().zip(&group.layout.programs).zip(&hashes);
            outcomes.extend(
                flags.map(|((slot, program), hash)| walk.outcome(slot, *program, endings.is_some().then_some(*hash))),
            );
        }
        outcomes
    }

    /// What a flag gives, when its program has that number and it draws with that hash.
    #[inline]
    fn outcome(&mut self, slot: &'s Slot, program: u32, hash: Option<u32>) -> Outcome {
        let exit = match self.exit(slot, program) {
            Some(Ok(exit)) => exit,
            Some(Err(exhausted)) => return Outcome::Failed(Failure::Exhausted(exhausted)),
            None => return resolve::outcome(slot, self.context, self.bucketing, self),
        };
        let leaf = match (exit, hash) {
            (Exit::Leaf(leaf), _) => leaf,
            (Exit::Distribute(distribution), Some(hash)) if distribution.is_by_keys() => {
                distribution.shares.owner(hash)
            }
            (Exit::Distribute(_) | Exit::Compute(_), _) => {
                return resolve::outcome(slot, self.context, self.bucketing, self);
            }
        };
        match (leaf, &slot.laid) {
            // By far the most, and nothing more is to be asked.
            (Leaf::Variant(index), None) => Outcome::Variant { index, reason: Reason::TargetingMatch },
            (leaf, _) => {
                let evaluation = Evaluation::new(self.context, &slot.built, self.bucketing, self.left);
                let outcome = resolve::ruled(leaf, slot, &evaluation, self);
                self.spent(evaluation.budget().spent());
                outcome
            }
        }
    }

    /// Where the program of that number ends, when it has one.
    #[inline]
    fn exit(&mut self, slot: &'s Slot, program: u32) -> Option<Result<Exit<'s>, Exhausted>> {
        let program = usize::try_from(program).ok()?;
        match self.exits.get(program)? {
            Some(exit) => Some(*exit),
            None => self.gone_through(slot, program),
        }
    }

    #[cold]
    fn gone_through(&mut self, slot: &'s Slot, number: usize) -> Option<Result<Exit<'s>, Exhausted>> {
        let Body::Targeted(program) = &slot.built.body else { return None };
        let evaluation = Evaluation::new(self.context, &slot.built, self.bucketing, self.left);
        let exit = program.exit(&evaluation, self);
        // What nobody could pay for is that for each flag; what was too much for the rest may not be.
        if exit.is_ok() || self.left >= MOST_STEPS {
            *self.exits.get_mut(number)? = Some(exit);
        }
        self.spent(evaluation.budget().spent());
        Some(exit)
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
}
