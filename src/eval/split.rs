//! `fractional`, compiled: what is hashed, and who owns which buckets.

use super::bucket::bucket;
use super::budget::Exhausted;
use super::evaluate::Evaluation;
use super::rule::Rule;
use super::scratch::Scratch;
use super::value::Value;
use crate::flag::Number;

/// The most that weights may add up to.
const LARGEST_SUM: u32 = 2_147_483_647;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Split {
    pub(super) by: By,
    pub(super) entries: Entries,
}

/// What is hashed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum By {
    /// The flag's key and the targeting key.
    Keys,
    /// These parts, joined as `cat` does; hashed without building the text.
    Joined(Box<[Rule]>),
    /// A computed value.
    Value(Rule),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entries {
    /// Each result with the first bucket that is no longer its own.
    Fixed { total: u32, ends: Box<[(u32, Rule)]> },
    /// Each result with the rule for its weight.
    Computed(Box<[(Rule, Rule)]>),
}

impl Split {
    /// The result for whoever asks; null when nobody can be told from the context, or the computed
    /// weights are none.
    pub(super) fn evaluate<'v>(&'v self, evaluation: &Evaluation<'v>) -> Result<Value<'v>, Exhausted> {
        let Some(hash) = self.hash(evaluation)? else { return Ok(Value::Null) };
        match &self.entries {
            Entries::Fixed { total, ends } => {
                let bucket = bucket(hash, *total);
                let owner = ends.iter().find(|(end, _)| bucket < *end);
                owner.map_or(Ok(Value::Null), |(_, result)| evaluation.rule(result))
            }
            Entries::Computed(entries) => computed(hash, entries, evaluation),
        }
    }

    fn hash<'v>(&'v self, evaluation: &Evaluation<'v>) -> Result<Option<u32>, Exhausted> {
        match &self.by {
            By::Keys => Ok(evaluation.hash_of_keys()),
            By::Joined(parts) => {
                let mut text = Scratch::new();
                evaluation.join(parts, &mut |part| text.push(part))?;
                Ok(Some(evaluation.bucketing().hash_text(text.text(), "")))
            }
            By::Value(rule) => {
                let value = evaluation.rule(rule)?;
                Ok(evaluation.hash_of(&value))
            }
        }
    }
}

fn computed<'v>(hash: u32, entries: &'v [(Rule, Rule)], evaluation: &Evaluation<'v>) -> Result<Value<'v>, Exhausted> {
    let mut total = 0_u32;
    let mut ends = Vec::with_capacity(entries.len());
    for (_, weight) in entries {
        let Some(weight) = weight_of(&evaluation.rule(weight)?) else { return Ok(Value::Null) };
        total = total.saturating_add(weight);
        if total > LARGEST_SUM {
            return Ok(Value::Null);
        }
        ends.push(total);
    }
    let bucket = bucket(hash, total);
    let owner = ends.iter().zip(entries).find(|(end, _)| bucket < **end);
    owner.map_or(Ok(Value::Null), |(_, (result, _))| evaluation.rule(result))
}

/// A computed weight; `None` when it is no whole number or too large. Below zero counts as zero.
fn weight_of(value: &Value<'_>) -> Option<u32> {
    match value {
        Value::Number(number) => match number.as_integer() {
            Some(integer) => u32::try_from(integer.max(0)).ok().filter(|weight| *weight <= LARGEST_SUM),
            // Whole numbers that no integer holds.
            None => (number.as_f64() < f64::from(i32::MIN) && number.as_f64().fract() == 0.0).then_some(0),
        },
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Built(_) | Value::Object(_) => None,
    }
}

impl From<u32> for Rule {
    fn from(weight: u32) -> Self {
        Self::Constant(super::datum::Datum::Number(Number::Unsigned(u64::from(weight))))
    }
}
