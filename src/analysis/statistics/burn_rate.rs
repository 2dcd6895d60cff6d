//! How fast an error budget is used up.

use super::super::condition::Comparison;
use super::super::statistical::Burn;

/// What two windows say about a budget.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BurnRate {
    /// Over the longer window.
    pub long: f64,
    /// Over the shorter one.
    pub short: f64,
    /// Whether both exceed the condition's rate: the longer one says that it matters, the shorter one that it goes on.
    pub exceeded: bool,
}

/// How many times faster than sustainable a budget is used up at an error rate: rate / (1 - objective), the
/// definition of the Site Reliability Workbook (chapter 5). 1 uses the budget up exactly at the end of its period.
/// An objective that leaves no budget is burnt infinitely fast, in finite numbers, by any error at all. NaN is 0.
#[must_use]
pub fn burn_rate(error_rate: f64, objective: f64) -> f64 {
    let budget = 1.0 - objective;
    match () {
        () if error_rate.is_nan() || error_rate <= 0.0 => 0.0,
        () if budget.is_nan() || budget <= 0.0 => f64::MAX,
        () => (error_rate / budget).min(f64::MAX),
    }
}

impl Burn {
    /// Judges the error rates over the condition's longer and shorter window.
    #[must_use]
    pub fn rates(&self, long: f64, short: f64) -> BurnRate {
        let [long, short] = [long, short].map(|rate| burn_rate(rate, self.objective));
        let exceeds = |rate: f64| match self.comparison {
            Comparison::AtLeast => rate >= self.rate,
            // The language allows `>` and `>=` only.
            Comparison::Greater | Comparison::Less | Comparison::AtMost | Comparison::Equal | Comparison::NotEqual => {
                rate > self.rate
            }
        };
        BurnRate { long, short, exceeded: exceeds(long) && exceeds(short) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn both_windows_must_exceed_the_rate() {
        let burn = Burn {
            metric: crate::units::MetricName::new("error_rate").unwrap(),
            objective: 0.999,
            comparison: Comparison::Greater,
            rate: 14.4,
            long: Duration::from_secs(3_600),
            short: Duration::from_secs(300),
        };
        assert!(burn.rates(0.02, 0.03).exceeded);
        assert!(!burn.rates(0.02, 0.001).exceeded, "it is over");
        assert!(!burn.rates(0.001, 0.03).exceeded, "it has hardly begun");
        assert!((burn.rates(0.02, 0.03).long - 20.0).abs() < 1e-9);
    }

    #[test]
    fn a_budget_of_nothing_is_burnt_by_any_error() {
        assert_eq!((burn_rate(0.0, 1.0), burn_rate(1e-9, 1.0), burn_rate(f64::NAN, 0.99)), (0.0, f64::MAX, 0.0));
        assert_eq!(burn_rate(f64::INFINITY, 0.99), f64::MAX);
    }
}
