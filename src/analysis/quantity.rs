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
            Self::Ratio => format!("{}%", trimmed(value * 100.0, 2)),
            Self::Time if value.abs() >= 10_000.0 => format!("{}s", trimmed(value / 1_000.0, 1)),
            Self::Time if value.abs() >= 100.0 => format!("{}ms", trimmed(value, 0)),
            Self::Time => format!("{}ms", trimmed(value, 2)),
            Self::Size => format_size(value),
            Self::Count | Self::Number => trimmed(value, 3),
        }
    }
}

fn format_size(bytes: f64) -> String {
    for (unit, scale) in [("GiB", 1_073_741_824.0), ("MiB", 1_048_576.0), ("KiB", 1_024.0)] {
        if bytes.abs() >= scale {
            return format!("{}{unit}", trimmed(bytes / scale, 1));
        }
    }
    format!("{}B", trimmed(bytes, 0))
}

/// At most `decimals` decimals, without trailing zeros.
fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A band of latencies of which few were seen has no upper end.
    #[test]
    fn what_has_no_end_is_unbounded_in_every_quantity() {
        for quantity in [Quantity::Ratio, Quantity::Time, Quantity::Size, Quantity::Count, Quantity::Number] {
            assert_eq!(quantity.format(f64::INFINITY), "unbounded");
        }
        assert_eq!(Quantity::Time.format(612.4), "612ms");
    }
}
