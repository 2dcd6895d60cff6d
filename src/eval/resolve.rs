//! The hot path: one flag, one context, one outcome. No lock, no clock, and for ordinary rules no
//! allocation.

use super::bucket::Bucketing;
use super::context::Context;
use super::evaluate::Evaluation;
use super::flag::{Body, Built, Slot};
use super::leaf::Leaf;
use super::reason::Reason;
use super::resolution::{Failure, Outcome};
use super::walk::Walk;

/// What a flag gives for a context.
#[inline]
pub(super) fn outcome<'s>(
    slot: &'s Slot,
    context: &Context<'_>,
    bucketing: Bucketing,
    walk: &mut impl Walk<'s>,
) -> Outcome {
    let built = &*slot.built;
    let evaluation = Evaluation::new(context, built, bucketing, walk.allowance());
    let said = match &built.body {
        Body::Broken(_) => return Outcome::Failed(Failure::Broken),
        Body::Disabled => return Outcome::CallerDefault { reason: Reason::Disabled },
        Body::Untargeted => {
            let outcome = unruled(slot, &evaluation, Reason::Static, walk);
            walk.spent(evaluation.budget().spent());
            return outcome;
        }
        Body::Targeted(program) => program.run(built, &evaluation, walk),
    };
    let outcome = match said {
        Ok(leaf) => ruled(leaf, slot, &evaluation, walk),
        Err(exhausted) => Outcome::Failed(Failure::Exhausted(exhausted)),
    };
    walk.spent(evaluation.budget().spent());
    outcome
}

/// What a flag gives for a context when its rule says this.
#[inline]
pub(super) fn ruled<'s: 'v, 'v>(
    leaf: Leaf,
    slot: &'s Slot,
    evaluation: &Evaluation<'v>,
    walk: &mut impl Walk<'s>,
) -> Outcome {
    walk.said(leaf);
    match leaf {
        Leaf::Wrong => Outcome::Failed(Failure::NoVariant),
        Leaf::Variant(index) => not_closed(slot, Outcome::Variant { index, reason: Reason::TargetingMatch }, walk),
        Leaf::Leave => unruled(slot, evaluation, Reason::Default, walk),
    }
}

/// Where the definition leaves it to its default, an open rollout decides.
fn unruled<'s: 'v, 'v>(
    slot: &'s Slot,
    evaluation: &Evaluation<'v>,
    reason: Reason,
    walk: &mut impl Walk<'s>,
) -> Outcome {
    let Some((laid, share)) = slot.laid.as_ref().and_then(|laid| Some((laid, laid.open.as_ref()?))) else {
        return not_closed(slot, default(&slot.built, reason), walk);
    };
    walk.opened(laid);
    let index = match (share.contains(evaluation, walk), laid.candidate) {
        (Ok(true), Some(candidate)) => Some(candidate),
        (Ok(true), None) | (Ok(false), _) => laid.stable,
        // Nobody is to be told from anybody by what others have used up.
        (Err(exhausted), _) => return Outcome::Failed(Failure::Exhausted(exhausted)),
    };
    index.map_or_else(
        || default(&slot.built, Reason::Default),
        |index| Outcome::Variant { index, reason: Reason::Split },
    )
}

fn default(built: &Built, reason: Reason) -> Outcome {
    match built.default {
        Some(index) => Outcome::Variant { index, reason },
        None => Outcome::CallerDefault { reason: Reason::Default },
    }
}

/// A closed rollout's candidate is served to nobody, whoever chose it.
#[inline]
fn not_closed<'s>(slot: &'s Slot, outcome: Outcome, walk: &mut impl Walk<'s>) -> Outcome {
    let Some(laid) = slot.laid.as_ref().filter(|laid| laid.open.is_none()) else { return outcome };
    let candidate = match outcome {
        Outcome::Variant { index, .. } => laid.candidate.filter(|candidate| *candidate == index),
        Outcome::CallerDefault { .. } | Outcome::Failed(_) => None,
    };
    let Some(candidate) = candidate else { return outcome };
    let instead = laid.stable.or(slot.built.default).filter(|index| *index != candidate);
    walk.replaced(instead);
    match instead {
        Some(index) => Outcome::Variant { index, reason: Reason::Default },
        None => Outcome::CallerDefault { reason: Reason::Default },
    }
}
