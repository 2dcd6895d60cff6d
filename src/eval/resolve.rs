//! The hot path: one flag, one context, one outcome. No lock, no clock, and for ordinary rules no
//! allocation.

use super::bucket::Bucketing;
use super::coerce::truthy;
use super::context::Context;
use super::evaluate::{Evaluation, Overlong};
use super::flag::{Body, Built, Slot};
use super::leaf::Leaf;
use super::reason::Reason;
use super::resolution::{Failure, Outcome};
use super::rule::Rule;
use super::share::Laid;
use super::value::Value;
use super::walk::Walk;

/// What a flag gives for a context.
#[inline]
pub(super) fn outcome(slot: &Slot, context: &Context<'_>, bucketing: Bucketing, walk: &mut impl Walk) -> Outcome {
    let built = &*slot.built;
    let evaluation = Evaluation::new(context, built.key.as_str(), bucketing);
    let ruled = match &built.body {
        Body::Broken(_) => return Outcome::Failed(Failure::Broken),
        Body::Disabled => return Outcome::CallerDefault { reason: Reason::Disabled },
        Body::Untargeted => Ok(None),
        Body::Distributed(distribution) => distribution.choose(&evaluation, walk).map(Some),
        Body::Targeted(program) => program.run(built, &evaluation, walk).map(Some),
    };
    decided(ruled, slot, &evaluation, walk)
}

/// From what the definition's rules say (`None` without any) to the outcome, with the overlay laid on.
#[inline]
fn decided<'v>(
    ruled: Result<Option<Leaf>, Overlong>,
    slot: &'v Slot,
    evaluation: &Evaluation<'v>,
    walk: &mut impl Walk,
) -> Outcome {
    let (built, laid) = (&*slot.built, slot.laid.as_deref());
    let unruled = match ruled {
        Err(Overlong) => return Outcome::Failed(Failure::Overlong),
        Ok(Some(Leaf::Wrong)) => return Outcome::Failed(Failure::NoVariant),
        Ok(Some(Leaf::Variant(index))) => {
            return not_closed(laid, built, Outcome::Variant { index, reason: Reason::TargetingMatch });
        }
        Ok(Some(Leaf::Leave)) => Reason::Default,
        Ok(None) => Reason::Static,
    };
    match laid {
        Some(laid) if laid.open.is_some() => shared(laid, built, evaluation, walk),
        Some(_) | None => not_closed(laid, built, default(built, unruled)),
    }
}

fn default(built: &Built, reason: Reason) -> Outcome {
    match built.default {
        Some(index) => Outcome::Variant { index, reason },
        None => Outcome::CallerDefault { reason: Reason::Default },
    }
}

/// Where the definition leaves it to its default, an open rollout decides.
fn shared<'v>(laid: &'v Laid, built: &Built, evaluation: &Evaluation<'v>, walk: &mut impl Walk) -> Outcome {
    let in_share = laid.open.as_ref().is_some_and(|share| share.contains(evaluation, walk));
    let index = match (in_share, laid.candidate) {
        (true, Some(candidate)) => Some(candidate),
        (true, None) | (false, _) => laid.stable,
    };
    index.map_or_else(|| default(built, Reason::Default), |index| Outcome::Variant { index, reason: Reason::Split })
}

/// A closed rollout's candidate is served to nobody, whoever chose it.
#[inline]
fn not_closed(laid: Option<&Laid>, built: &Built, outcome: Outcome) -> Outcome {
    let Some(laid) = laid.filter(|laid| laid.open.is_none()) else { return outcome };
    let candidate = match outcome {
        Outcome::Variant { index, .. } => laid.candidate.filter(|candidate| *candidate == index),
        Outcome::CallerDefault { .. } | Outcome::Failed(_) => None,
    };
    let Some(candidate) = candidate else { return outcome };
    let instead = laid.stable.or(built.default).filter(|index| *index != candidate);
    match instead {
        Some(index) => Outcome::Variant { index, reason: Reason::Default },
        None => Outcome::CallerDefault { reason: Reason::Default },
    }
}

impl<'v> Evaluation<'v> {
    /// Whether a rule gives exactly true; anything else, a failure included, is not.
    pub(super) fn is_true(&self, rule: &'v Rule) -> bool {
        matches!(self.rule(rule), Ok(value @ Value::Bool(_)) if truthy(&value))
    }
}
