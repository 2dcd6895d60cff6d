//! How far a value lies from making a comparison true.

use crate::analysis::{Comparison, Quantity};

/// How far a comparison is from being true.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Distance {
    /// It is true.
    There,
    /// The value would have to change by so much, in the base unit of its quantity. Over 0, or 0 where it lies
    /// exactly on a bound that it must pass.
    Away {
        /// By how much.
        by: f64,
        /// How many times the value the bound is; where both are over 0 and it says something.
        times: Option<f64>,
    },
    /// Nobody knows: there is no value, or nothing to compare it with.
    Unknown,
}

impl Distance {
    /// Of a value from a comparison with a bound.
    #[must_use]
    pub fn of(comparison: Comparison, value: f64, bound: f64) -> Self {
        if !value.is_finite() || !bound.is_finite() {
            return Self::Unknown;
        }
        if comparison.holds(value, bound) {
            return Self::There;
        }
        let times = (value > 0.0 && bound > 0.0 && value.to_bits() != bound.to_bits()).then(|| bound / value);
        Self::Away { by: (bound - value).abs(), times }
    }

    /// `7.9 points away, 4.8 times what it is now`; nothing where it is true or unknown.
    #[must_use]
    pub fn told(&self, quantity: Quantity) -> Option<String> {
        let Self::Away { by, times } = self else { return None };
        let away = format!("{} away", apart(quantity, *by));
        Some(match times.map(|times| (times, rounded(times))) {
            // That it is once what it is now says nothing.
            Some((_, times)) if times == "1" => away,
            Some((times, told)) if times >= 1.0 => format!("{away}, {told} times what it is now"),
            Some((_, told)) => format!("{away}, {told} of what it is now"),
            None => away,
        })
    }
}

/// A difference of two values as people write it: of shares in points.
pub(super) fn apart(quantity: Quantity, by: f64) -> String {
    // Values are told in whole milliseconds where they are not small, and so is what lies between them.
    let by = if quantity == Quantity::Time && by >= 10.0 { by.round() } else { by };
    let shown = quantity.format(by);
    match (quantity, shown.strip_suffix('%')) {
        (Quantity::Ratio, Some("1")) => "1 point".to_owned(),
        (Quantity::Ratio, Some("0")) if by > 0.0 => "less than 0.01 points".to_owned(),
        (Quantity::Ratio, Some(points)) => format!("{points} points"),
        (Quantity::Ratio | Quantity::Time | Quantity::Size | Quantity::Count | Quantity::Number, _) => shown,
    }
}

/// Where a comparison becomes true: `over 10%`.
pub(super) const fn side(comparison: Comparison) -> (&'static str, &'static str) {
    match comparison {
        Comparison::Less => ("under ", ""),
        Comparison::AtMost => ("at ", " or less"),
        Comparison::Greater => ("over ", ""),
        Comparison::AtLeast => ("at ", " or more"),
        Comparison::Equal => ("at exactly ", ""),
        Comparison::NotEqual => ("at anything but ", ""),
    }
}

/// Two digits that count, so that it does not look more exact than it is.
fn rounded(times: f64) -> String {
    let decimals = match times {
        times if times >= 10.0 => 0,
        times if times >= 1.0 => 1,
        times if times >= 0.1 => 2,
        _ => return "less than a tenth".to_owned(),
    };
    let text = format!("{times:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sentence that somebody reads before deciding to wait or to roll back.
    #[test]
    fn a_distance_reads_as_people_say_it() {
        let told = |comparison, value, bound, quantity| Distance::of(comparison, value, bound).told(quantity);
        let over = Comparison::Greater;
        assert_eq!(
            told(over, 0.021, 0.1, Quantity::Ratio).as_deref(),
            Some("7.9 points away, 4.8 times what it is now")
        );
        assert_eq!(told(over, 0.099_99, 0.1, Quantity::Ratio).as_deref(), Some("less than 0.01 points away"));
        assert_eq!(told(over, 0.0, 0.1, Quantity::Ratio).as_deref(), Some("10 points away"));
        assert_eq!(told(over, 5.0, 5.0, Quantity::Count).as_deref(), Some("0 away"));
        assert_eq!(told(over, 0.09, 0.1, Quantity::Ratio).as_deref(), Some("1 point away, 1.1 times what it is now"));
        let under = Comparison::Less;
        assert_eq!(told(under, 500.0, 400.0, Quantity::Time).as_deref(), Some("100ms away, 0.8 of what it is now"));
        assert_eq!(told(over, 308.013, 400.0, Quantity::Time).as_deref(), Some("92ms away, 1.3 times what it is now"));
        assert_eq!(told(under, 300.0, 400.0, Quantity::Time), None, "it is true");
        assert_eq!(Distance::of(over, f64::NAN, 1.0), Distance::Unknown);
    }
}
