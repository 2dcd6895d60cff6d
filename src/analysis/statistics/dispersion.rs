//! How much more single events vary than independent ones would.

use super::super::counts::Counts;

/// What is assumed of events nobody has seen yet: that they come in clumps, as if each failing user failed some
/// four times.
const ASSUMED: f64 = 8.0;

/// How many looks that assumption weighs as much as.
const WEIGHT: f64 = 5.0;

/// By how much a measurement is raised because it may be too low: this over the root of the number of looks, about
/// one and a half standard errors. The three numbers were chosen by simulation: with them, users who fail ten times
/// each raise no more false alarms than alpha, and a doubling takes about 1.7 times the looks it takes without.
const CAUTION: f64 = 2.0;

/// The ratio of the variance of bad events per look to that of independent ones, estimated from the looks so far.
///
/// Requests of one user fail together, so counts of requests vary more than independent ones, and a likelihood
/// that takes them for independent finds regressions where there are none. Dividing its logarithm by this ratio
/// is the usual quasi-likelihood correction. It is a heuristic: it knows only what varies between looks, it
/// cannot see a user who fails over many looks, and it proves nothing about rare clumps that have not come yet.
/// Where user keys are known, count users instead.
///
/// A look's residual is `k_c - rho y`, with y = k_s n_c / n_s the candidate's expected bad events and rho the
/// ratio of the two rates over all looks. Whatever rate both share in that look, its mean is 0 and its variance
/// is that of `k_c` plus rho^2 (n_c/n_s)^2 that of `k_s`; for independent events `k_c + rho^2 k_s (n_c/n_s)^2`
/// estimates it. The ratio of the two sums over all looks is the dispersion. Rare events weigh by their number,
/// so looks with one event or none do not pull it to 1. Six sums suffice, as rho only scales them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Dispersion {
    /// Looks with a bad event.
    pub looks: u64,
    /// Sum of k_c.
    pub candidate: f64,
    /// Sum of y.
    pub scaled: f64,
    /// Sum of k_c^2.
    pub candidate_squared: f64,
    /// Sum of k_c y.
    pub product: f64,
    /// Sum of y^2.
    pub scaled_squared: f64,
    /// Sum of k_s (n_c/n_s)^2.
    pub scaled_variance: f64,
}

impl Dispersion {
    /// Takes a look's events. One without exposures of both, or without bad events, says nothing.
    pub fn look(&mut self, counts: &Counts) {
        let [exposed, bad, control, control_bad] =
            [counts.candidate.exposed, counts.candidate.bad, counts.control.exposed, counts.control.bad]
                .map(|count| count as f64);
        if exposed <= 0.0 || control <= 0.0 || bad + control_bad <= 0.0 {
            return;
        }
        let scale = exposed / control;
        let scaled = control_bad * scale;
        self.looks = self.looks.saturating_add(1);
        self.candidate += bad;
        self.scaled += scaled;
        self.candidate_squared += bad * bad;
        self.product += bad * scaled;
        self.scaled_squared += scaled * scaled;
        self.scaled_variance += scaled * scale;
    }

    /// The estimate: at least 1, finite, rather too high than too low. With few looks mostly the assumption that
    /// events come in clumps.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let (looks, measured) = self.measured().unwrap_or((0.0, 0.0));
        // Without looks the measurement weighs nothing.
        let cautious = measured * (1.0 + CAUTION / looks.max(1.0).sqrt());
        let estimate = (WEIGHT * ASSUMED + looks * cautious) / (WEIGHT + looks);
        if estimate.is_finite() { estimate.max(1.0) } else { f64::MAX.sqrt() }
    }

    /// How many looks the measurement weighs, and what was measured.
    fn measured(&self) -> Option<(f64, f64)> {
        // One look went into rho.
        let free = self.looks.checked_sub(1).filter(|free| *free > 0)? as f64;
        let rho = self.candidate / self.scaled;
        let squares = self.candidate_squared - 2.0 * rho * self.product + rho * rho * self.scaled_squared;
        let expected = self.candidate + rho * rho * self.scaled_variance;
        let measured = squares.max(0.0) / expected * ((free + 1.0) / free);
        measured.is_finite().then_some((free, measured))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::counts::{Counted, Group};
    use super::*;

    /// The estimate after looks at a tenth of the traffic with so many bad events of candidate and control.
    fn after(looks: impl Iterator<Item = (u64, u64)>) -> f64 {
        let mut dispersion = Dispersion::default();
        for (bad, control_bad) in looks {
            dispersion.look(&Counts {
                candidate: Group { exposed: 1_000, bad },
                control: Group { exposed: 9_000, bad: control_bad },
                of: Counted::Events,
                until: crate::units::UnixMillis::new(0),
                behind: Default::default(),
                sampled: Default::default(),
                events: None,
            });
        }
        dispersion.ratio()
    }

    #[test]
    fn events_that_come_in_threes_vary_three_times_as_much() {
        // Mean and variance alike, as independent events have them: the numbers of a Poisson distribution of mean 1.
        let lone = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 1];
        let looks =
            |size: u64| (0..5_000_usize).map(move |look| (size * lone[look % 19], size * 9 * lone[look * 7 % 19]));
        let (ones, threes) = (after(looks(1)), after(looks(3)));
        assert!((threes / ones - 3.0).abs() < 0.1, "{threes} {ones}");
    }

    #[test]
    fn few_looks_are_taken_for_clumped() {
        assert_eq!(after(std::iter::once((1, 9))), ASSUMED);
        assert_eq!(after(std::iter::repeat_n((0, 0), 1_000)), ASSUMED, "looks without events say nothing");
        assert_eq!(after(std::iter::repeat_n((1, 9), 100_000)), 1.0, "never less than independent");
    }

    #[test]
    fn an_outage_of_both_is_not_taken_for_clumps() {
        let calm = after((0..500).map(|look| (look % 3, 9)));
        let shaken = after((0..500).map(|look| if look % 50 == 0 { (100, 900) } else { (look % 3, 9) }));
        assert!(shaken <= calm * 1.05, "{shaken} {calm}");
    }
}
