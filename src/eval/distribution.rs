//! Who gets which variant by hash: `fractional` with weights and variants that are known at load, which
//! is what nearly all splits are.

use super::attribute::Attribute;
use super::bucket::{Bucketing, bucket};
use super::budget::Exhausted;
use super::evaluate::Evaluation;
use super::leaf::{Leaf, Said};
use super::murmur3::Murmur3;
use super::pool::Pool;
use super::rule::Rule;
use super::scratch::Scratch;
use super::value::Value;
use super::walk::Walk;
use crate::flag::{Definition, Expression, Fractional, Literal, Operator, Weight};
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Distribution {
    pub(super) by: By,
    pub(super) shares: Arc<Shares>,
}

/// A draw by the flag's key and the targeting key.
#[derive(Debug, Clone)]
pub(super) struct Draw {
    /// The hash of the flag's key.
    pub(super) begun: Murmur3,
    pub(super) shares: Arc<Shares>,
}

/// What is hashed.
#[derive(Debug)]
pub(super) enum By {
    /// The flag's key and the targeting key; the hash of the first of them.
    Keys(Murmur3),
    /// A text that is known, and an attribute's after it.
    Salted(Box<Salted>),
    /// A computed value.
    Value(Box<Rule>),
}

#[derive(Debug)]
pub(super) struct Salted {
    pub(super) salt: Box<str>,
    pub(super) attribute: Attribute,
}

/// Each result with the first bucket that is no longer its own. Many flags of a snapshot have the same.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Shares {
    pub(super) total: u32,
    pub(super) ends: Box<[(u32, Leaf)]>,
}

impl Shares {
    /// `None` when a weight or a variant is computed.
    fn of(fractional: &Fractional, definition: &Definition) -> Option<Self> {
        let mut total = 0_u32;
        let ends = fractional.entries.iter().map(|entry| match (&entry.weight, &entry.variant) {
            (Weight::Fixed(weight), Expression::Constant(variant)) => {
                total = total.saturating_add(*weight);
                Some((total, Leaf::of(variant, definition)))
            }
            (Weight::Fixed(_) | Weight::Computed(_), _) => None,
        });
        let ends = ends.collect::<Option<_>>()?;
        Some(Self { total, ends })
    }

    #[inline]
    pub(super) fn owner(&self, hash: u32) -> Leaf {
        let bucket = bucket(hash, self.total);
        let index = match self.ends.len() {
            // Counting has no branch that a processor could guess wrongly, and everybody's bucket is a guess.
            0..=8 => self.ends.iter().filter(|(end, _)| *end <= bucket).count(),
            _ => self.ends.partition_point(|(end, _)| *end <= bucket),
        };
        self.ends.get(index).map_or(Leaf::Leave, |(_, leaf)| *leaf)
    }
}

impl Distribution {
    /// `None` for a split whose weights or variants are computed.
    pub(super) fn of(
        fractional: &Fractional,
        definition: &Definition,
        bucketing: Bucketing,
        pool: &mut Arc<Pool>,
    ) -> Option<Self> {
        let shares = Shares::of(fractional, definition)?;
        let by = match fractional.bucket_by.as_deref() {
            None => By::Keys(bucketing.begin_keys(definition.key.as_str())),
            Some(expression) => match salted(expression, definition) {
                Some(salted) => By::Salted(Box::new(salted)),
                None => By::Value(Box::new(Rule::from(expression))),
            },
        };
        Some(Self { by, shares: Pool::shares(pool, shares) })
    }

    /// What it draws by, when that is the keys.
    pub(super) fn draw(&self) -> Option<Draw> {
        match self.by {
            By::Keys(begun) => Some(Draw { begun, shares: Arc::clone(&self.shares) }),
            By::Salted(_) | By::Value(_) => None,
        }
    }

    /// The result for whoever asks; left to the default when nobody can be told from the context.
    #[inline]
    pub(super) fn choose<'s: 'v, 'v>(
        &'s self,
        evaluation: &Evaluation<'v>,
        walk: &mut impl Walk<'s>,
    ) -> Result<Said, Exhausted> {
        if let By::Keys(begun) = self.by
            && walk.postpone(begun, &self.shares)
        {
            return Ok(Said::Later);
        }
        let hash = self.hash(evaluation)?;
        walk.split(self, hash, evaluation);
        Ok(Said::Now(hash.map_or(Leaf::Leave, |hash| self.shares.owner(hash))))
    }

    #[inline]
    fn hash<'v>(&'v self, evaluation: &Evaluation<'v>) -> Result<Option<u32>, Exhausted> {
        match &self.by {
            By::Keys(begun) => Ok(evaluation.targeting_key().map(|key| evaluation.bucketing().end_keys(*begun, key))),
            By::Salted(salted) => salted.hash(evaluation).map(Some),
            By::Value(rule) => {
                let value = evaluation.rule(rule)?;
                Ok(evaluation.hash_of(&value))
            }
        }
    }
}

impl Salted {
    fn hash(&self, evaluation: &Evaluation<'_>) -> Result<u32, Exhausted> {
        match evaluation.attribute(&self.attribute) {
            Value::Text(text) => Ok(evaluation.bucketing().hash_text(&self.salt, &text)),
            other @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::List(_)
            | Value::Built(_)
            | Value::Object(_)) => {
                let mut text = Scratch::new();
                text.push(&self.salt);
                evaluation.write(&other, &mut |part| text.push(part))?;
                Ok(evaluation.bucketing().hash_text(text.text(), ""))
            }
        }
    }
}

/// `cat` of constants and, at the end, an attribute.
fn salted(expression: &Expression, definition: &Definition) -> Option<Salted> {
    let Expression::Operation(Operator::Cat, parts) = expression else { return None };
    let (last, constants) = parts.split_last()?;
    let Rule::Attribute(attribute) = Rule::from(last) else { return None };
    let mut salt = String::new();
    for part in constants {
        match part {
            Expression::Constant(Literal::Text(text)) => salt.push_str(text),
            Expression::Constant(Literal::Number(numeral)) => salt.push_str(&numeral.number.text()),
            Expression::Operation(..) if Rule::from(part) == Rule::Attribute(Attribute::FlagKey) => {
                salt.push_str(definition.key.as_str());
            }
            Expression::Constant(_) | Expression::List(_) | Expression::Operation(..) | Expression::Fractional(_) => {
                return None;
            }
        }
    }
    Some(Salted { salt: salt.into(), attribute })
}

impl Leaf {
    /// What a constant is as a rule's result.
    pub(super) fn of(constant: &Literal, definition: &Definition) -> Self {
        let name = match constant {
            Literal::Null => return Self::Leave,
            Literal::Text(name) => name,
            Literal::Bool(true) => "true",
            Literal::Bool(false) => "false",
            Literal::Number(_) | Literal::List(_) | Literal::Object(_) => return Self::Wrong,
        };
        definition.variant_index(name).and_then(|index| u16::try_from(index).ok()).map_or(Self::Wrong, Self::Variant)
    }
}
