//! Bounds: numbers that a metric is compared with.

use super::noun::{example, noun};
use super::range::in_range;
use super::unit::{self, Scale, long_names, out_of_range, scaled};
use crate::analysis::condition_error::ConditionError;
use crate::analysis::quantity::Quantity;
use crate::analysis::syntax::Literal;
use crate::source::suggest;

/// What to do when a number of a metric without a unit has one.
pub(super) const UNIT_MISSING: &str = "give the metric a `unit` if its values have one";

/// The bound in the base unit of the metric's quantity, or why it cannot be a bound of that metric.
pub(in crate::analysis) fn bound(
    literal: &Literal<'_>,
    metric: &str,
    quantity: Quantity,
) -> Result<f64, ConditionError> {
    amount(literal, metric, quantity, || match quantity {
        Quantity::Number => UNIT_MISSING.to_owned(),
        Quantity::Ratio | Quantity::Time | Quantity::Size | Quantity::Count => {
            format!("compare it with {}", example(quantity))
        }
    })
}

/// An amount in the base unit of the metric's quantity; `instead` is what to write where it is of
/// another kind.
pub(super) fn amount(
    literal: &Literal<'_>,
    metric: &str,
    quantity: Quantity,
    instead: impl FnOnce() -> String,
) -> Result<f64, ConditionError> {
    let at = |message: String| ConditionError::new(literal.at.start, literal.at.end, message);
    let value = match unit::find(literal.unit) {
        Some(unit) if unit.quantity == quantity => scaled(literal.number, unit.scale),
        Some(unit) => return Err(of_another_kind(literal, metric, quantity, unit.quantity).hint(instead())),
        None if literal.unit.is_empty() => bare(literal, metric, quantity)?,
        None => {
            let error = at(format!("`{}` is no unit", literal.unit));
            let hint = suggest(literal.unit, long_names()).unwrap_or_else(|| format!("write {}", example(quantity)));
            return Err(error.hint(hint));
        }
    };
    match value {
        Some(value) if value < 0.0 && !matches!(quantity, Quantity::Ratio | Quantity::Number) => {
            Err(at(format!("`{metric}` is {}, which is never negative", noun(quantity))))
        }
        // Adding zero makes a negative zero an ordinary one.
        Some(value) if in_range(value) => Ok(value + 0.0),
        Some(_) | None => Err(out_of_range(literal)),
    }
}

fn bare(literal: &Literal<'_>, metric: &str, quantity: Quantity) -> Result<Option<f64>, ConditionError> {
    let number = literal.number;
    let at = |message: String| ConditionError::new(literal.at.start, literal.at.end, message);
    let value = scaled(number, Scale::PowerOfTen(0));
    match quantity {
        Quantity::Count | Quantity::Number => Ok(value),
        Quantity::Ratio if value.is_some_and(|value| value.abs() > 1.0) => {
            let message = format!("as a share `{number}` is more than the whole, which is 1");
            Err(at(message).hint(format!("write `{number}%` if that is meant")))
        }
        Quantity::Ratio => Ok(value),
        Quantity::Time => Err(at(format!("`{metric}` is a time and `{number}` has no unit"))
            .hint(format!("write a unit: `{number}ms` or `{number}s`"))),
        Quantity::Size => Err(at(format!("`{metric}` is a size and `{number}` has no unit"))
            .hint(format!("write a unit: `{number}B`, `{number}MB` or `{number}MiB`"))),
    }
}

fn of_another_kind(literal: &Literal<'_>, metric: &str, wanted: Quantity, given: Quantity) -> ConditionError {
    let Literal { number, unit, at } = literal;
    let (is, bound) = (noun(wanted), noun(given));
    let message = format!("`{metric}` is {is} and cannot be compared with `{number}{unit}`, which is {bound}");
    ConditionError::new(at.start, at.end, message)
}
