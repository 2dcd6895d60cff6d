//! The hot path: one flag, one context, one answer. No lock, no clock, and for ordinary rules no
//! allocation.

use super::budget::Exhausted;
use super::coerce::truthy;
use super::context::Context;
use super::evaluate::Evaluation;
use super::flag::{Body, Flag};
use super::reason::{ErrorCode, Reason};
use super::resolution::{Outcome, Resolution};
use super::rule::Rule;
use super::share::Laid;
use super::value::Value;
use crate::flag::{Definition, FlagState};

const NO_VARIANT: &str = "the targeting rule gave something that is no variant of the flag";

/// Resolves a flag for a context. `unix_seconds` is what rules see as `$flagd.timestamp`.
#[must_use]
pub fn resolve<'s>(flag: &'s Flag, context: &Context<'_>, unix_seconds: i64) -> Resolution<'s> {
    let outcome = match &flag.built.body {
        Body::Broken(why) => Outcome::Failed { code: ErrorCode::ParseError, details: why },
        Body::Sound { definition, rule } => match definition.state {
            FlagState::Disabled => Outcome::CallerDefault { reason: Reason::Disabled },
            FlagState::Enabled => {
                let evaluation = Evaluation::new(context, flag.key(), unix_seconds, flag.bucketing);
                enabled(flag.laid.as_ref(), definition, rule.as_ref(), &evaluation)
            }
        },
    };
    Resolution { flag, outcome }
}

/// What the definition's rules say.
enum Chosen {
    /// Nothing: it is left to the default.
    Nothing(Reason),
    Variant(usize),
    Failed(&'static str),
}

fn enabled<'v>(
    laid: Option<&'v Laid>,
    definition: &Definition,
    rule: Option<&'v Rule>,
    evaluation: &Evaluation<'v>,
) -> Outcome<'static> {
    let chosen = match rule {
        None => Chosen::Nothing(Reason::Static),
        Some(rule) => targeted(definition, evaluation.rule(rule)),
    };
    let outcome = match (chosen, laid) {
        (Chosen::Failed(details), _) => return Outcome::Failed { code: ErrorCode::General, details },
        (Chosen::Variant(index), _) => Outcome::Variant { index, reason: Reason::TargetingMatch },
        (Chosen::Nothing(_), Some(laid)) if laid.open.is_some() => shared(laid, definition, evaluation),
        (Chosen::Nothing(reason), _) => default(definition, reason),
    };
    match laid {
        Some(laid) if laid.open.is_none() => closed(laid, definition, outcome),
        Some(_) | None => outcome,
    }
}

fn targeted(definition: &Definition, result: Result<Value<'_>, Exhausted>) -> Chosen {
    let name = match &result {
        Err(exhausted) => return Chosen::Failed(exhausted.sentence()),
        Ok(Value::Null) => return Chosen::Nothing(Reason::Default),
        Ok(Value::Text(name)) => name,
        Ok(Value::Bool(true)) => "true",
        Ok(Value::Bool(false)) => "false",
        Ok(Value::Number(_) | Value::List(_) | Value::Built(_) | Value::Object(_)) => {
            return Chosen::Failed(NO_VARIANT);
        }
    };
    definition.variant_index(name).map_or(Chosen::Failed(NO_VARIANT), Chosen::Variant)
}

fn default(definition: &Definition, reason: Reason) -> Outcome<'static> {
    match definition.default_variant {
        Some(index) => Outcome::Variant { index, reason },
        None => Outcome::CallerDefault { reason: Reason::Default },
    }
}

/// Where the definition leaves it to its default, an open rollout decides.
fn shared<'v>(laid: &'v Laid, definition: &Definition, evaluation: &Evaluation<'v>) -> Outcome<'static> {
    let in_share = laid.open.as_ref().is_some_and(|share| share.contains(evaluation));
    let index = match (in_share, laid.candidate) {
        (true, Some(candidate)) => Some(candidate),
        (true, None) | (false, _) => laid.stable,
    };
    index
        .map_or_else(|| default(definition, Reason::Default), |index| Outcome::Variant { index, reason: Reason::Split })
}

/// A closed rollout's candidate is served to nobody, whoever chose it.
fn closed(laid: &Laid, definition: &Definition, outcome: Outcome<'static>) -> Outcome<'static> {
    let candidate = match outcome {
        Outcome::Variant { index, .. } => laid.candidate.filter(|candidate| *candidate == index),
        Outcome::CallerDefault { .. } | Outcome::Failed { .. } => None,
    };
    let Some(candidate) = candidate else { return outcome };
    let instead = laid.stable.or(definition.default_variant).filter(|index| *index != candidate);
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
