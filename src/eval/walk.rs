//! The way through a rule: who answers its predicates, and who watches.

use super::budget::{Exhausted, MOST_STEPS};
use super::distribution::Distribution;
use super::evaluate::Evaluation;
use super::leaf::Leaf;
use super::pool::Pool;
use super::rule::Rule;
use super::share::{Laid, OpenPart, OpenShare, OpenSlice};
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
    fn checked(&mut self, _rule: &Rule, _value: &Value<'_>, _evaluation: &Evaluation<'_>) {}

    /// A result was computed.
    #[inline]
    fn computed(&mut self, _rule: &Rule, _value: &Value<'_>, _evaluation: &Evaluation<'_>) {}

    /// A split looked at this hash; `None` when the context has nothing to hash.
    #[inline]
    fn split(&mut self, _split: &Distribution, _hash: Option<u32>, _evaluation: &Evaluation<'_>) {}

    /// The rule ended with this.
    #[inline]
    fn said(&mut self, _leaf: Leaf) {}

    /// The default was left to an open rollout.
    #[inline]
    fn opened(&mut self, _laid: &Laid) {}

    /// Whether whoever asks is in the slice of a layer that a rollout keeps to; the hash is `None` when the
    /// context has nothing to hash.
    #[inline]
    fn sliced(&mut self, _slice: &OpenSlice, _hash: Option<u32>, _inside: bool, _evaluation: &Evaluation<'_>) {}

    /// Whether whoever asks belongs to the audience of a part of a rollout's share.
    #[inline]
    fn audience(
        &mut self,
        _share: &OpenShare,
        _part: &OpenPart,
        _rule: &Rule,
        _inside: bool,
        _evaluation: &Evaluation<'_>,
    ) {
    }

    /// A part of a rollout's share looked at this hash; `None` when the context has nothing to hash.
    #[inline]
    fn shared(&mut self, _share: &OpenShare, _part: &OpenPart, _hash: Option<u32>, _evaluation: &Evaluation<'_>) {}

    /// A closed rollout took its candidate away and put this in its place, or the caller's own default.
    #[inline]
    fn replaced(&mut self, _instead: Option<u16>) {}
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
