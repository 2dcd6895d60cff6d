//! Comparing what is only known to lie between two ends.

use super::finding::{Evidence, Finding, Outlook, Sampled};
use std::time::Duration;

/// Which values of a metric are good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Better {
    /// Low ones: errors, latencies, cost.
    #[default]
    Lower,
    /// High ones: successes, orders.
    Higher,
}

/// What is to be proved of a candidate's value and a bound made of the control's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparison {
    /// How much further than the control's value the bound lies, as a share of it; negative where it lies lower.
    further: f64,
    /// Whether the candidate's value must be proved to be over the bound or under it.
    wanted: Wanted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Over,
    Under,
}

impl Comparison {
    /// Worse than the control by more than a share of it.
    pub(super) fn worse(better: Better, tolerance: f64) -> Self {
        match better {
            Better::Lower => Self { further: tolerance, wanted: Wanted::Over },
            Better::Higher => Self { further: -tolerance, wanted: Wanted::Under },
        }
    }

    /// Worse than the control by no more than a share of it.
    pub(super) fn safe(better: Better, margin: f64) -> Self {
        match better {
            Better::Lower => Self { further: margin, wanted: Wanted::Under },
            Better::Higher => Self { further: -margin, wanted: Wanted::Over },
        }
    }

    /// The bound for a control's value. A tolerance widens what is allowed also where values are negative.
    /// What is infinite stays so.
    pub(super) fn bound(self, control: f64) -> f64 {
        if control.is_infinite() { control } else { control + self.further * control.abs() }
    }

    /// By what the control's value is multiplied to become the bound.
    pub(super) fn factor(self, control: f64) -> f64 {
        if control < 0.0 { 1.0 - self.further } else { 1.0 + self.further }
    }

    /// What two intervals say. The value and the bound shown are the ends that are compared.
    pub(super) fn finding(self, candidate: (f64, f64), bound: (f64, f64), samples: u64, seen: Duration) -> Finding {
        let (low, high) = (candidate.0 - bound.1, candidate.1 - bound.0);
        let (value, bound) = match self.wanted {
            Wanted::Over => (candidate.0, bound.1),
            Wanted::Under => (candidate.1, bound.0),
        };
        self.told(value, bound, (low, high), samples, seen)
    }

    /// What an interval of the difference says.
    pub(super) fn told(self, value: f64, bound: f64, ends: (f64, f64), samples: u64, seen: Duration) -> Finding {
        let low = if ends.0.is_nan() { f64::NEG_INFINITY } else { ends.0 };
        let high = if ends.1.is_nan() { f64::INFINITY } else { ends.1 };
        let (proved, middle) = (self.holds(low, high), low.midpoint(high));
        let [value, bound] = [value, bound].map(|number| if number.is_nan() { 0.0 } else { number });
        let outlook = match () {
            () if proved => Outlook::Decided,
            () if !low.is_finite() || !high.is_finite() || samples == 0 => Outlook::Unknown,
            // The middle is on the claimed side if it alone would be proof.
            () if self.holds(middle, middle) => {
                // The interval narrows with the square root of the number of samples, until it leaves 0 out.
                let times = ((high - low) / 2.0 / middle).powi(2);
                Outlook::after(samples as f64 * (times - 1.0), Sampled::Values, samples as f64, seen)
            }
            () => Outlook::NotInSight,
        };
        let evidence = Evidence::Interval { low, high };
        Finding { proved, value, bound, evidence, samples, of: Sampled::Values, outlook }
    }

    fn holds(self, low: f64, high: f64) -> bool {
        match self.wanted {
            Wanted::Over => low > 0.0,
            Wanted::Under => high < 0.0,
        }
    }
}
