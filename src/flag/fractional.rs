//! Reading `fractional`: what is hashed, and the results with their weights.

use super::lower::{Lowering, Position, all_of};
use super::{Expression, Fractional, FractionalEntry, Literal, Number, Weight};
use crate::source::{Node, Problems, Value};

/// The most that the weights of one split may add up to.
const LARGEST_SUM: u32 = 2_147_483_647;

impl Lowering<'_> {
    pub(super) fn fractional(
        &mut self,
        node: &Node<'_>,
        position: Position,
        problems: &mut Problems<'_>,
    ) -> Option<Expression> {
        self.follow(node, problems, |this, node, problems| {
            let items = node.as_array().unwrap_or_default();
            let by_key = items.first().is_none_or(|first| this.behind(first).as_array().is_some());
            let (bucket_by, entries) = match items.split_first() {
                Some((first, rest)) if !by_key => (Some(this.expression(first, Position::Operand, problems)), rest),
                Some(_) | None => (None, items),
            };
            if entries.is_empty() {
                let hint = "write `{\"fractional\": [[\"on\", 25], [\"off\", 75]]}`";
                problems.add_with_hint(node.span, "`fractional` has no entries to choose from", hint);
                return None;
            }
            let entries = all_of(entries.iter().map(|entry| this.entry(entry, position, problems)))?;
            check_sum(node, &entries, problems)?;
            let bucket_by = match bucket_by {
                Some(lowered) => Some(Box::new(lowered?)),
                None => None,
            };
            Some(Expression::Fractional(Fractional { bucket_by, entries }))
        })
    }

    /// An entry: a list of the variant and, unless it is 1, the weight.
    fn entry(&mut self, node: &Node<'_>, position: Position, problems: &mut Problems<'_>) -> Option<FractionalEntry> {
        self.follow(node, problems, |this, node, problems| match node.as_array() {
            Some([variant]) => {
                let variant = this.expression(variant, position, problems)?;
                Some(FractionalEntry { variant, weight: Weight::Fixed(1) })
            }
            Some([variant, weight]) => {
                let variant = this.expression(variant, position, problems);
                let weight = this.weight(weight, problems);
                Some(FractionalEntry { variant: variant?, weight: weight? })
            }
            Some(_) | None => {
                let message = "an entry of `fractional` is a list of a variant and a weight";
                problems.add_with_hint(node.span, message, "write `[\"on\", 25]`");
                None
            }
        })
    }

    fn weight(&mut self, node: &Node<'_>, problems: &mut Problems<'_>) -> Option<Weight> {
        let number = match &node.value {
            // Nearly all are numbers; their spelling is of no use to anybody.
            Value::Number(spelling) => Number::parse(spelling),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                match self.expression(node, Position::Operand, problems)? {
                    Expression::Constant(Literal::Number(numeral)) => Some(numeral.number),
                    Expression::Constant(_) => None,
                    computed @ (Expression::List(_) | Expression::Operation(..) | Expression::Fractional(_)) => {
                        return Some(Weight::Computed(computed));
                    }
                }
            }
        };
        let integer = number.and_then(Number::as_integer);
        let (message, hint) = match integer {
            None => ("a weight must be a whole number", "scale the weights up: 0.5 and 1 split as 1 and 2 do"),
            Some(negative) if negative < 0 => ("a weight cannot be negative", "write 0 for nobody"),
            Some(weight) => match u32::try_from(weight) {
                Ok(weight) if weight <= LARGEST_SUM => return Some(Weight::Fixed(weight)),
                Ok(_) | Err(_) => ("a weight cannot be over 2147483647", "scale the weights down"),
            },
        };
        problems.add_with_hint(node.span, message, hint);
        None
    }
}

/// Weights that are written out must leave a split that can give something.
fn check_sum(node: &Node<'_>, entries: &[FractionalEntry], problems: &mut Problems<'_>) -> Option<()> {
    let fixed = entries.iter().map(|entry| match entry.weight {
        Weight::Fixed(weight) => Some(u64::from(weight)),
        Weight::Computed(_) => None,
    });
    let sum = fixed.clone().flatten().fold(0_u64, u64::saturating_add);
    if sum > u64::from(LARGEST_SUM) {
        let message = format!("the weights add up to {sum}, more than 2147483647");
        problems.add_with_hint(node.span, message, "scale the weights down");
        return None;
    }
    if sum == 0 && fixed.clone().all(|weight| weight.is_some()) {
        problems.add_with_hint(node.span, "the weights add up to 0", "at least one must be over 0");
        return None;
    }
    Some(())
}
