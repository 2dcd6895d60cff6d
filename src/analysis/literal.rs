//! What the numbers of conditions mean: `10%`, `400ms`, `512MiB`, `5`.

use super::condition_error::ConditionError;
use super::quantity::Quantity;
use super::syntax::Literal;
use crate::source::suggest;

/// The largest bound, in base units: over everything that can be measured (an exabyte in bytes), and
/// small enough to be written out without an exponent.
const LARGEST: f64 = 1e18;

/// The smallest bound that is not zero.
const SMALLEST: f64 = 1e-12;

/// From a written number to the quantity's base unit.
#[derive(Debug, Clone, Copy)]
enum Scale {
    /// By a power of ten: the decimal point moves, so that `7%` is exactly 0.07.
    PowerOfTen(i8),
    /// By a whole number.
    Times(f64),
}

struct UnitOfBound {
    written: &'static str,
    quantity: Quantity,
    scale: Scale,
}

const fn unit(written: &'static str, quantity: Quantity, scale: Scale) -> UnitOfBound {
    UnitOfBound { written, quantity, scale }
}

const UNITS: [UnitOfBound; 17] = [
    unit("%", Quantity::Ratio, Scale::PowerOfTen(-2)),
    unit("us", Quantity::Time, Scale::PowerOfTen(-3)),
    unit("µs", Quantity::Time, Scale::PowerOfTen(-3)),
    unit("ms", Quantity::Time, Scale::PowerOfTen(0)),
    unit("s", Quantity::Time, Scale::PowerOfTen(3)),
    unit("m", Quantity::Time, Scale::Times(60_000.0)),
    unit("h", Quantity::Time, Scale::Times(3_600_000.0)),
    unit("d", Quantity::Time, Scale::Times(86_400_000.0)),
    unit("B", Quantity::Size, Scale::PowerOfTen(0)),
    unit("kB", Quantity::Size, Scale::PowerOfTen(3)),
    unit("MB", Quantity::Size, Scale::PowerOfTen(6)),
    unit("GB", Quantity::Size, Scale::PowerOfTen(9)),
    unit("TB", Quantity::Size, Scale::PowerOfTen(12)),
    unit("KiB", Quantity::Size, Scale::Times(1_024.0)),
    unit("MiB", Quantity::Size, Scale::Times(1_048_576.0)),
    unit("GiB", Quantity::Size, Scale::Times(1_073_741_824.0)),
    unit("TiB", Quantity::Size, Scale::Times(1_099_511_627_776.0)),
];

/// Whether a word after a number and a space is that number's unit.
pub(super) fn is_unit(word: &str) -> bool {
    UNITS.iter().any(|unit| unit.written == word)
}

/// The bound in the base unit of the metric's quantity, or why it cannot be a bound of that metric.
pub(super) fn bound(literal: &Literal<'_>, metric: &str, quantity: Quantity) -> Result<f64, ConditionError> {
    let at = |message: String| ConditionError::new(literal.at.start, literal.at.end, message);
    let value = match UNITS.iter().find(|unit| unit.written == literal.unit) {
        Some(unit) if unit.quantity == quantity => scaled(literal.number, unit.scale),
        Some(unit) => return Err(of_another_kind(literal, metric, quantity, unit.quantity)),
        None if literal.unit.is_empty() => bare(literal, metric, quantity)?,
        None => {
            let error = at(format!("`{}` is no unit", literal.unit));
            let known = UNITS.iter().map(|unit| unit.written).filter(|known| known.len() > 1);
            let hint = suggest(literal.unit, known).unwrap_or_else(|| format!("write {}", example(quantity)));
            return Err(error.hint(hint));
        }
    };
    let number = literal.number;
    match value {
        Some(value) if value < 0.0 && !matches!(quantity, Quantity::Ratio | Quantity::Number) => {
            Err(at(format!("`{metric}` is {}, which is never negative", noun(quantity))))
        }
        Some(value) if value == 0.0 || (SMALLEST..=LARGEST).contains(&value.abs()) => Ok(value + 0.0),
        Some(_) | None => Err(at(format!("`{number}` is out of the range of what can be measured"))),
    }
}

fn scaled(number: &str, scale: Scale) -> Option<f64> {
    match scale {
        Scale::PowerOfTen(0) => number.parse().ok(),
        Scale::PowerOfTen(power) => format!("{number}e{power}").parse().ok(),
        Scale::Times(factor) => number.parse::<f64>().ok().map(|number| number * factor),
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
    let hint = match wanted {
        Quantity::Number => "give the metric a `unit` if its values have one".to_owned(),
        Quantity::Ratio | Quantity::Time | Quantity::Size | Quantity::Count => {
            format!("compare it with {}", example(wanted))
        }
    };
    ConditionError::new(at.start, at.end, message).hint(hint)
}

/// What a quantity is called.
const fn noun(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Ratio => "a share",
        Quantity::Time => "a time",
        Quantity::Size => "a size",
        Quantity::Count => "a count",
        Quantity::Number => "a plain number",
    }
}

/// How a bound of a quantity is written.
pub(super) const fn example(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Ratio => "a share such as `10%`",
        Quantity::Time => "a time such as `400ms` or `1.5s`",
        Quantity::Size => "a size such as `512MiB` or `1GB`",
        Quantity::Count => "a count such as `5`",
        Quantity::Number => "a plain number such as `12.5`",
    }
}

/// The canonical text of a bound: read again it gives the same value, to the last bit.
pub(super) fn canonical(quantity: Quantity, value: f64) -> String {
    let plain = format!("{value}");
    match quantity {
        Quantity::Ratio => format!("{}%", percent(value)),
        Quantity::Time => largest_whole(&["h", "m"], value)
            .or_else(|| (value >= 1_000.0).then(|| format!("{}s", thousandth(&plain))))
            .unwrap_or_else(|| format!("{plain}ms")),
        Quantity::Size => largest_whole(&["TiB", "GiB", "MiB", "KiB", "TB", "GB", "MB", "kB"], value)
            .unwrap_or_else(|| format!("{plain}B")),
        Quantity::Count | Quantity::Number => plain,
    }
}

/// A share in percent, without the sign: read again it gives the same value, to the last bit.
pub(super) fn percent(share: f64) -> String {
    hundredfold(&format!("{share}"))
}

/// The value in the first of the units of which it is a whole multiple, exactly.
fn largest_whole(units: &[&str], value: f64) -> Option<String> {
    units.iter().find_map(|written| {
        let unit = UNITS.iter().find(|unit| unit.written == *written)?;
        let size = scaled("1", unit.scale)?;
        let count = (value / size).trunc();
        let text = format!("{count}");
        (count >= 1.0 && scaled(&text, unit.scale) == Some(value)).then(|| format!("{text}{written}"))
    })
}

/// A decimal number times 100, by its digits.
fn hundredfold(decimal: &str) -> String {
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let padded = format!("{fraction:0<2}");
    let (moved, rest) = padded.split_at_checked(2).unwrap_or((&padded, ""));
    let whole = format!("{whole}{moved}");
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        trimmed => trimmed,
    };
    match rest {
        "" => format!("{sign}{whole}"),
        rest => format!("{sign}{whole}.{rest}"),
    }
}

/// A decimal number of at least 1000, by 1000, by its digits.
fn thousandth(decimal: &str) -> String {
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let (whole, moved) = whole.split_at_checked(whole.len().saturating_sub(3)).unwrap_or((whole, ""));
    match format!("{moved}{fraction}").trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_move_exactly() {
        for (decimal, percent) in [("0.05", "5"), ("0.1234", "12.34"), ("1", "100"), ("0", "0"), ("-0.001", "-0.1")] {
            assert_eq!(hundredfold(decimal), percent);
        }
        for (millis, seconds) in [("1500", "1.5"), ("1000", "1"), ("12345.25", "12.34525")] {
            assert_eq!(thousandth(millis), seconds);
        }
    }

    #[test]
    fn bounds_are_written_in_the_unit_a_person_would_choose() {
        for (quantity, value, text) in [
            (Quantity::Ratio, 0.07, "7%"),
            (Quantity::Time, 400.0, "400ms"),
            (Quantity::Time, 1_500.0, "1.5s"),
            (Quantity::Time, 300_000.0, "5m"),
            (Quantity::Time, 0.25, "0.25ms"),
            (Quantity::Size, 536_870_912.0, "512MiB"),
            (Quantity::Size, 1e9, "1GB"),
            (Quantity::Size, 0.0, "0B"),
            (Quantity::Count, 5.0, "5"),
        ] {
            assert_eq!(canonical(quantity, value), text);
        }
    }
}
