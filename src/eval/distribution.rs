//! Who gets which variant by hash: `fractional` with weights and variants that are known at load, which
//! is what nearly all splits are.

use super::attribute::Attribute;
use super::bucket::bucket;
use super::budget::Exhausted;
use super::evaluate::Evaluation;
use super::leaf::Leaf;
use super::pool::Pool;
use super::rule::Rule;
use super::scratch::Scratch;
use super::value::Value;
use super::walk::Walk;
use crate::flag::{Definition, Expression, Fractional, Literal, Operator, Weight};
use std::hash::{Hash as _, Hasher};
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Distribution {
    pub(super) by: By,
    pub(super) shares: Arc<Shares>,
}

/// What is hashed.
#[derive(Debug)]
pub(super) enum By {
    /// The flag's key and the targeting key.
    Keys,
    /// A text that is known, and an attribute's after it.
    Salted(Box<Salted>),
    /// A computed value.
    Value(Box<Rule>),
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Salted {
    pub(super) salt: Box<str>,
    pub(super) attribute: Attribute,
}

/// Each result with the first bucket that is no longer its own. Many flags of a snapshot have the same.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Shares {
    pub(super) total: u32,
    pub(super) ends: Box<[(u32, Leaf)]>,
    /// Of two variants, which is what most splits have: the first hash that is the second one's, and both.
    halves: Option<(u64, [u16; 2])>,
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
        let ends = ends.collect::<Option<Box<[_]>>>()?;
        let halves = match *ends {
            [(end, Leaf::Variant(first)), (_, Leaf::Variant(second))] => {
                first_hash(end, total).map(|begins| (begins, [first, second]))
            }
            _ => None,
        };
        Some(Self { total, ends, halves })
    }

    #[inline]
    pub(super) fn owner(&self, hash: u32) -> Leaf {
        if let Some((second_begins, [first, second])) = self.halves {
            // Chosen without a branch: a processor could only guess it.
            return Leaf::Variant(if u64::from(hash) < second_begins { first } else { second });
        }
        let bucket = bucket(hash, self.total);
        let index = match self.ends.len() {
            // Counting has no branch that a processor could guess wrongly, and everybody's bucket is a guess.
            0..=8 => self.ends.iter().filter(|(end, _)| *end <= bucket).count(),
            _ => self.ends.partition_point(|(end, _)| *end <= bucket),
        };
        self.ends.get(index).map_or(Leaf::Leave, |(_, leaf)| *leaf)
    }
}

/// The first hash in or behind a bucket: `hash * total / 2^32` is below `end` for all that are smaller.
fn first_hash(end: u32, total: u32) -> Option<u64> {
    (u64::from(end) << 32).checked_add(u64::from(total).checked_sub(1)?)?.checked_div(u64::from(total))
}

impl Distribution {
    /// `None` for a split whose weights or variants are computed.
    pub(super) fn of(fractional: &Fractional, definition: &Definition, pool: &mut Arc<Pool>) -> Option<Self> {
        let shares = Shares::of(fractional, definition)?;
        let by = match fractional.bucket_by.as_deref() {
            None => By::Keys,
            Some(expression) => match salted(expression, definition) {
                Some(salted) => By::Salted(Box::new(salted)),
                None => By::Value(Box::new(Rule::from(expression))),
            },
        };
        Some(Self { by, shares: Pool::shares(pool, shares) })
    }

    /// Whether it is by no rule, which may look at the flag.
    pub(super) const fn is_common(&self) -> bool {
        !matches!(self.by, By::Value(_))
    }

    /// Whether two that are by no rule are the same, whose shares are those of one pool.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let by = match (&self.by, &other.by) {
            (By::Keys, By::Keys) => true,
            (By::Salted(one), By::Salted(other)) => one == other,
            (By::Keys | By::Salted(_) | By::Value(_), _) => false,
        };
        by && Arc::ptr_eq(&self.shares, &other.shares)
    }

    /// Of what [`is_same`](Self::is_same) looks at.
    pub(super) fn hash_in_pool<H: Hasher>(&self, state: &mut H) {
        if let By::Salted(salted) = &self.by {
            salted.hash(state);
        }
        Arc::as_ptr(&self.shares).hash(state);
    }

    /// About how many bytes it takes beside its shares.
    pub(super) fn size(&self) -> usize {
        let salt = match &self.by {
            By::Salted(salted) => salted.salt.len(),
            By::Keys | By::Value(_) => 0,
        };
        size_of::<Self>().saturating_add(salt)
    }

    /// Whether it draws by the keys.
    pub(super) const fn is_by_keys(&self) -> bool {
        matches!(self.by, By::Keys)
    }

    /// The result for whoever asks; left to the default when nobody can be told from the context.
    #[inline]
    pub(super) fn choose<'s: 'v, 'v>(
        &'s self,
        evaluation: &Evaluation<'v>,
        walk: &mut impl Walk<'s>,
    ) -> Result<Leaf, Exhausted> {
        let hash = self.hash(evaluation)?;
        walk.split(self, hash, evaluation);
        Ok(hash.map_or(Leaf::Leave, |hash| self.shares.owner(hash)))
    }

    #[inline]
    fn hash<'v>(&'v self, evaluation: &Evaluation<'v>) -> Result<Option<u32>, Exhausted> {
        match &self.by {
            By::Keys => Ok(evaluation.hash_of_keys()),
            By::Salted(salted) => salted.hash_for(evaluation).map(Some),
            By::Value(rule) => {
                let value = evaluation.rule(rule)?;
                Ok(evaluation.hash_of(&value))
            }
        }
    }
}

impl Salted {
    fn hash_for(&self, evaluation: &Evaluation<'_>) -> Result<u32, Exhausted> {
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
    if attribute == Attribute::Whole {
        // A copy of all attributes, which is to be paid for.
        return None;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_result_begins_at_the_first_hash_of_its_first_bucket() {
        const MOST: u32 = (1 << 31) - 1;
        for (end, total) in [(1, 3), (2, 3), (1, 7), (0, 5), (5, 5), (25, 100), (1, MOST), (MOST - 1, MOST)] {
            let begins = first_hash(end, total).unwrap();
            let around = [begins.saturating_sub(1), begins, begins + 1, 0, u64::from(u32::MAX)];
            for hash in around.into_iter().filter_map(|hash| u32::try_from(hash).ok()) {
                assert_eq!(u64::from(hash) < begins, bucket(hash, total) < end, "{hash} for {end} of {total}");
            }
        }
        assert_eq!(first_hash(0, 0), None);
    }
}
