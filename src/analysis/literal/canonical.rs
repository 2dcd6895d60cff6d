//! Numbers as they are written back: read again they give the same value, to the last bit.

use super::unit::{self, scaled};
use crate::analysis::quantity::Quantity;

/// The canonical text of a bound: read again it gives the same value, to the last bit.
pub(in crate::analysis) fn canonical(quantity: Quantity, value: f64) -> String {
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
pub(in crate::analysis) fn percent(share: f64) -> String {
    hundredfold(&format!("{share}"))
}

/// The value in the first of the units of which it is a whole multiple, exactly.
fn largest_whole(units: &[&str], value: f64) -> Option<String> {
    units.iter().find_map(|written| {
        let unit = unit::find(written)?;
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
