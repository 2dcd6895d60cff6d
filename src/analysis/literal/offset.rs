//! Distances from a reference: `+ 50%`, `- 5pp`, `+ 100ms`, `* 1.5`.

use super::bound::{UNIT_MISSING, amount};
use super::noun::{distance_example, noun};
use super::plain::{decimal, part};
use super::unit::PERCENTAGE_POINTS;
use crate::analysis::bound::Offset;
use crate::analysis::condition_error::ConditionError;
use crate::analysis::quantity::Quantity;
use crate::analysis::syntax::{Literal, OffsetSyntax, Sign};

/// What a distance comes to for a metric, or why it is none for that metric.
pub(in crate::analysis) fn offset(
    written: &OffsetSyntax<'_>,
    metric: &str,
    quantity: Quantity,
) -> Result<Offset, ConditionError> {
    match written.sign {
        Sign::Times => factor(written),
        Sign::Plus => distance(written, metric, quantity, 1.0),
        Sign::Minus => distance(written, metric, quantity, -1.0),
    }
}

fn factor(written: &OffsetSyntax<'_>) -> Result<Offset, ConditionError> {
    let factor = decimal(&written.literal, "a factor")?;
    match factor {
        _ if factor <= 0.0 => Err(error(written, "nothing is left of the reference").hint("write a factor over 0")),
        // One exactly: any other factor moves the bound.
        _ if factor.to_bits() == 1.0_f64.to_bits() => Err(no_distance(written)),
        factor => Ok(Offset::Times(factor)),
    }
}

fn distance(
    written: &OffsetSyntax<'_>,
    metric: &str,
    quantity: Quantity,
    direction: f64,
) -> Result<Offset, ConditionError> {
    let literal = &written.literal;
    let offset = match (literal.unit, quantity) {
        ("%", _) => match part(literal)? * direction {
            share if share <= -1.0 => {
                let error = error(written, "nothing is left of the reference");
                return Err(error.hint("write less than 100%, or compare with a number"));
            }
            share => Offset::Percent(share),
        },
        (PERCENTAGE_POINTS, Quantity::Ratio) => {
            let points = Literal { number: literal.number, unit: "%", at: literal.at.clone() };
            Offset::By(part(&points)? * direction)
        }
        (PERCENTAGE_POINTS, _) => return Err(points_of_no_share(literal, metric, quantity)),
        ("", Quantity::Ratio) => return Err(part_or_points(literal, metric)),
        (_, _) => Offset::By(amount(literal, metric, quantity, || instead(quantity))? * direction),
    };
    match offset {
        Offset::By(distance) | Offset::Percent(distance) if distance == 0.0 => Err(no_distance(written)),
        Offset::None | Offset::By(_) | Offset::Percent(_) | Offset::Times(_) => Ok(offset),
    }
}

fn instead(quantity: Quantity) -> String {
    match quantity {
        Quantity::Number => UNIT_MISSING.to_owned(),
        Quantity::Ratio | Quantity::Time | Quantity::Size | Quantity::Count => {
            format!("write `50%` for a part of the reference, or {}", distance_example(quantity))
        }
    }
}

fn points_of_no_share(literal: &Literal<'_>, metric: &str, quantity: Quantity) -> ConditionError {
    let Literal { number, at, .. } = literal;
    let message = format!("`{number}pp` are percentage points, and `{metric}` is {}", noun(quantity));
    ConditionError::new(at.start, at.end, message)
        .hint(format!("write `{number}%` for a part of the reference, or {}", distance_example(quantity)))
}

/// A bare number next to a share could be either, and one is far larger than the other.
fn part_or_points(literal: &Literal<'_>, metric: &str) -> ConditionError {
    let Literal { number, at, .. } = literal;
    let message = format!("`{metric}` is a share, and `{number}` says neither a part of the reference nor points");
    ConditionError::new(at.start, at.end, message)
        .hint(format!("write `{number}%` for a part of it, or `{number}pp` for percentage points"))
}

fn no_distance(written: &OffsetSyntax<'_>) -> ConditionError {
    error(written, "this changes nothing").hint("leave it out")
}

fn error(written: &OffsetSyntax<'_>, message: &str) -> ConditionError {
    ConditionError::new(written.at.start, written.at.end, message)
}
