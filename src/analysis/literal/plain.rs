//! Numbers that are not measured: parts, factors, rates, probabilities.

use super::canonical::percent;
use super::range::in_range;
use super::unit;
use crate::analysis::condition_error::ConditionError;
use crate::analysis::syntax::Literal;

/// A part of something, written as a percentage: `20%` is 0.2.
pub(in crate::analysis) fn part(literal: &Literal<'_>) -> Result<f64, ConditionError> {
    let Literal { number, unit, .. } = literal;
    if *unit == "%" {
        return finite(literal, &format!("{number}e-2"));
    }
    let error = error(literal, format!("`{number}{unit}` is no percentage"));
    Err(match number.parse::<f64>() {
        Ok(value) if unit.is_empty() && value > 0.0 && value < 1.0 && in_range(value) => {
            error.hint(format!("write `{}%`", percent(value)))
        }
        _ => error.hint(format!("write `{number}%`")),
    })
}

/// A number without a unit: the rate of a burn rate, a weight, a score.
pub(in crate::analysis) fn plain(literal: &Literal<'_>, what: &str) -> Result<f64, ConditionError> {
    let Literal { number, unit, .. } = literal;
    match unit.is_empty() {
        true => finite(literal, number),
        false => Err(error(literal, format!("{what} is a number without a unit")).hint(format!("write `{number}`"))),
    }
}

/// As [`plain`], where a percentage must be meant as its decimal number: a factor, a probability.
pub(in crate::analysis) fn decimal(literal: &Literal<'_>, what: &str) -> Result<f64, ConditionError> {
    let Literal { number, unit, .. } = literal;
    match (*unit, format!("{number}e-2").parse::<f64>()) {
        ("%", Ok(value)) => {
            Err(error(literal, format!("{what} is a number without a unit")).hint(format!("write `{value}`")))
        }
        _ => plain(literal, what),
    }
}

fn finite(literal: &Literal<'_>, digits: &str) -> Result<f64, ConditionError> {
    match digits.parse::<f64>() {
        // Adding zero makes a negative zero an ordinary one.
        Ok(value) if in_range(value) => Ok(value + 0.0),
        _ => Err(unit::out_of_range(literal)),
    }
}

fn error(literal: &Literal<'_>, message: String) -> ConditionError {
    ConditionError::new(literal.at.start, literal.at.end, message)
}
