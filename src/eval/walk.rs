//! The way through a rule: who answers its predicates, and who watches.

use super::context::Context;
use super::pool::Pool;
use super::rule::Rule;
use super::value::Value;

/// Goes along with an evaluation. The plain one only answers; what explains writes down what it sees.
pub(super) trait Walk {
    /// Whether the predicate of that number holds.
    fn holds(&mut self, predicate: u32, context: &Context<'_>) -> bool;

    /// A condition that is no predicate gave this.
    #[inline]
    fn checked(&mut self, _rule: &Rule, _value: &Value<'_>) {}

    /// Whether whoever asks belongs to a rollout's audience.
    #[inline]
    fn audience(&mut self, _rule: &Rule, _inside: bool) {}

    /// A result was computed.
    #[inline]
    fn computed(&mut self, _rule: &Rule, _value: &Value<'_>) {}

    /// A hash, its bucket and how many buckets there are.
    #[inline]
    fn drawn(&mut self, _hash: u32, _bucket: u32, _buckets: u32) {}

    /// The context has nothing to hash.
    #[inline]
    fn nobody(&mut self) {}
}

/// Asks each predicate when it is needed.
#[derive(Debug)]
pub(super) struct Straight<'s>(pub(super) &'s Pool);

impl Walk for Straight<'_> {
    #[inline]
    fn holds(&mut self, predicate: u32, context: &Context<'_>) -> bool {
        self.0.get(predicate).is_some_and(|predicate| predicate.holds(context))
    }
}

/// Asks each predicate once for all flags.
#[derive(Debug)]
pub(super) struct Remembering<'s> {
    pool: &'s Pool,
    answers: Vec<Option<bool>>,
}

impl<'s> Remembering<'s> {
    pub(super) fn new(pool: &'s Pool) -> Self {
        Self { pool, answers: vec![None; pool.len()] }
    }
}

impl Walk for Remembering<'_> {
    #[inline]
    fn holds(&mut self, predicate: u32, context: &Context<'_>) -> bool {
        let known = usize::try_from(predicate).ok().and_then(|index| self.answers.get_mut(index));
        let Some(known) = known else { return false };
        *known.get_or_insert_with(|| self.pool.get(predicate).is_some_and(|predicate| predicate.holds(context)))
    }
}
