//! The way through a rule: who answers its predicates, and who watches.

use super::budget::{Exhausted, MOST_STEPS};
use super::distribution::Shares;
use super::evaluate::Evaluation;
use super::murmur3::Murmur3;
use super::pool::Pool;
use super::rule::Rule;
use super::value::Value;

/// Goes along with an evaluation. The plain one only answers; what explains writes down what it sees.
pub(super) trait Walk<'s> {
    /// Whether the predicate of that number holds.
    fn holds<'v>(&mut self, predicate: u32, evaluation: &Evaluation<'v>) -> Result<bool, Exhausted>
    where
        's: 'v;

    /// The steps that the next flag may take.
    #[inline]
    fn allowance(&self) -> usize {
        MOST_STEPS
    }

    /// A flag took so many.
    #[inline]
    fn spent(&mut self, _steps: usize) {}

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

    /// Takes over a hash that began with a flag's key and ends with the targeting key, to be taken together
    /// with others; false when it does not.
    #[inline]
    fn postpone(&mut self, _begun: Murmur3, _shares: &'s Shares) -> bool {
        false
    }

    /// The context has nothing to hash.
    #[inline]
    fn nobody(&mut self) {}
}

/// Asks each predicate when it is needed.
#[derive(Debug)]
pub(super) struct Straight<'s>(pub(super) &'s Pool);

impl<'s> Walk<'s> for Straight<'s> {
    #[inline]
    fn holds<'v>(&mut self, predicate: u32, evaluation: &Evaluation<'v>) -> Result<bool, Exhausted>
    where
        's: 'v,
    {
        self.0.get(predicate).map_or(Ok(false), |predicate| predicate.holds(evaluation))
    }
}
