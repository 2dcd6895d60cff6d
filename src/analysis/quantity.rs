//! What a number means, so that `p95 > 10%` is refused at load instead of compared.

/// The kind of a metric's readings and of the bounds they may be compared with. Readings are kept in
/// the base unit named here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// A share; 1.0 is the whole. Written `10%` or `0.1`.
    Ratio,
    /// A time in milliseconds. Written `400ms`, `1.5s`.
    Time,
    /// A size in bytes. Written `512MiB`, `1GB`.
    Size,
    /// How many. Written `5`.
    Count,
    /// Anything else. Written `12.5`.
    Number,
}

impl Quantity {
    /// A value in this quantity's base unit as people write it: `12.4%`, `612ms`, `1.5GiB`, `7`.
    #[must_use]
    pub fn format(self, value: f64) -> String {
        match self {
            // The upper end of a band that has none.
            _ if value.is_infinite() => "unbounded".to_owned(),
            Self::Ratio => trimmed(value * 100.0, 2, "%"),
            Self::Time if value.abs() >= 10_000.0 => trimmed(value / 1_000.0, 1, "s"),
            Self::Time if value.abs() >= 100.0 => trimmed(value, 0, "ms"),
            Self::Time => trimmed(value, 2, "ms"),
            Self::Size => format_size(value),
            Self::Count | Self::Number => trimmed(value, 3, ""),
        }
    }
}

fn format_size(bytes: f64) -> String {
    for (unit, scale) in [("GiB", 1_073_741_824.0), ("MiB", 1_048_576.0), ("KiB", 1_024.0)] {
        if bytes.abs() >= scale {
            return trimmed(bytes / scale, 1, unit);
        }
    }
    trimmed(bytes, 0, "B")
}

/// At most `decimals` decimals, without trailing zeros, and the unit.
fn trimmed(value: f64, decimals: usize, unit: &str) -> String {
    let mut text = match whole(value) {
        Some(whole) => whole.to_string(),
        None => format!("{value:.decimals$}"),
    };
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    text.push_str(unit);
    text
}

/// The value as a whole number, if it is one of at most 15 digits and not the zero below zero. Most bounds are, and
/// every check writes them: decimals are far more work.
fn whole(value: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "compared with what it came from")]
    let whole = value as i64;
    (value.abs() < 1e15 && (whole as f64).to_bits() == value.to_bits()).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_written_as_any_other() {
        for value in [0.0, -0.0, 1.0, -7.0, 100.0, 999_999_999_999_999.0, 1e15, 1e300, f64::NAN, f64::INFINITY, 0.5] {
            for decimals in 0..4 {
                let decimal = format!("{value:.decimals$}");
                let plain = match decimal.contains('.') {
                    true => decimal.trim_end_matches('0').trim_end_matches('.'),
                    false => &decimal,
                };
                assert_eq!(trimmed(value, decimals, ""), plain, "{value} with {decimals}");
            }
        }
    }

    /// A band of latencies of which few were seen has no upper end.
    #[test]
    fn what_has_no_end_is_unbounded_in_every_quantity() {
        for quantity in [Quantity::Ratio, Quantity::Time, Quantity::Size, Quantity::Count, Quantity::Number] {
            assert_eq!(quantity.format(f64::INFINITY), "unbounded");
        }
        assert_eq!(Quantity::Time.format(612.4), "612ms");
    }
}
