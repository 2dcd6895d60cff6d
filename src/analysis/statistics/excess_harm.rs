//! How many bad events a candidate has cost, and how much of it may be let through next.

use super::super::counts::{Counted, Counts};
use super::boundary::{Tails, boundary};
use super::dispersion::Dispersion;
use std::time::Duration;

/// The variance at which the upper bound is the tightest: some ten bad events.
const TIGHTEST: f64 = 10.0;

/// How often the upper bound may be too low, over all looks.
const ALPHA: f64 = 0.05;

/// The bad events of a candidate beyond those that its users would have had with the control.
///
/// Per look that is the exposures of the candidate times the difference of the rates, `k_c - k_s n_c / n_s`. The
/// differences are added up with their sign and only the sum is held to at least 0: adding up the positive ones
/// alone would make harm out of chance, without end. Its variance is estimated by `k_c + k_s (n_c / n_s)^2`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ExcessHarm {
    /// The sum of the looks' differences; negative while the candidate does better.
    pub difference: f64,
    /// Its variance if events were independent.
    pub variance: f64,
    /// Exposures of the candidate.
    pub exposed: u64,
    /// How much single events vary; untouched while only users are counted.
    pub dispersion: Dispersion,
}

/// What a candidate has cost so far. No field is NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Harm {
    /// Bad events too many.
    pub events: f64,
    /// They are hardly more than that: at every look at once with a probability of 95 %, asymptotically.
    pub at_most: f64,
    /// Bad events too many per exposure: at most that many, with the same probability. Infinite before there are
    /// exposures.
    pub rate_at_most: f64,
    /// Exposures of the candidate it rests on.
    pub samples: u64,
}

impl ExcessHarm {
    /// Takes what happened since the last look. Without a control nothing can be said about what the control
    /// would have done, and nothing is added.
    pub fn look(&mut self, counts: &Counts) {
        if counts.candidate.exposed == 0 || counts.control.exposed == 0 {
            return;
        }
        let scale = counts.candidate.exposed as f64 / counts.control.exposed as f64;
        let (bad, control_bad) = (counts.candidate.bad as f64, counts.control.bad as f64);
        // Of users who were not counted as much is lost.
        let all = counts.scale();
        self.difference += (bad - control_bad * scale) * all;
        self.variance += (bad + control_bad * scale * scale) * all * all;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of users")]
        let exposed = (counts.candidate.exposed as f64 * all) as u64;
        self.exposed = self.exposed.saturating_add(exposed);
        match counts.of {
            Counted::Users => {}
            Counted::Events => self.dispersion.look(counts),
        }
    }

    /// The harm so far. The upper bound is the one-sided normal mixture boundary over the sum.
    #[must_use]
    pub fn harm(&self) -> Harm {
        let dispersion = if self.dispersion.looks > 0 { self.dispersion.ratio() } else { 1.0 };
        let above = |variance: f64| boundary(variance * dispersion, TIGHTEST, ALPHA, Tails::One);
        // Where few events were seen because few happened to come, their variance looks small too. So it is that of
        // a candidate whose harm is at the upper bound.
        let upper = self.difference + above(self.variance + above(self.variance + 1.0));
        let at_most = if upper.is_nan() { f64::INFINITY } else { upper.max(0.0) };
        let rate_at_most = if self.exposed == 0 { f64::INFINITY } else { at_most / self.exposed as f64 };
        let events = if self.difference.is_nan() { 0.0 } else { self.difference.max(0.0) };
        Harm { events, at_most, rate_at_most, samples: self.exposed }
    }

    /// The largest share of traffic, from 0 to 1, that the candidate may get next so that, even at the highest rate
    /// of harm that is still possible, what was lost already and what will be lost together stay within a budget of
    /// bad events. `traffic` is the number of exposures of all variants that come in the time to come, such as
    /// those of a bake. `None` before there are exposures: then nothing is known about the rate.
    #[must_use]
    pub fn largest_share(&self, budget: f64, traffic: f64) -> Option<f64> {
        let harm = self.harm();
        if !harm.rate_at_most.is_finite() {
            return None;
        }
        let left = budget - harm.events;
        let cost = harm.rate_at_most * traffic;
        match () {
            // Also when the budget is no number.
            () if left.is_nan() || left <= 0.0 => Some(0.0),
            () if cost.is_nan() => None,
            () if cost <= left => Some(1.0),
            () => Some(left / cost),
        }
    }
}

/// The exposures that come in a time at a rate per second.
#[must_use]
pub fn traffic(per_second: f64, time: Duration) -> f64 {
    let traffic = per_second * time.as_secs_f64();
    if traffic > 0.0 { traffic } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::super::counts::{Group, Sampled};
    use super::*;

    fn after(candidate: (u64, u64), control: (u64, u64), looks: u32) -> ExcessHarm {
        let group = |(exposed, bad)| Group { exposed, bad };
        let counts = Counts {
            candidate: group(candidate),
            control: group(control),
            of: Counted::Users,
            until: crate::units::UnixMillis::new(0),
            behind: Default::default(),
            sampled: Sampled::default(),
            events: None,
        };
        let mut harm = ExcessHarm::default();
        for _ in 0..looks {
            harm.look(&counts);
        }
        harm
    }

    #[test]
    fn harm_is_what_the_control_would_not_have_done() {
        let harm = after((1_000, 15), (9_000, 45), 20).harm();
        assert!((harm.events - 200.0).abs() < 1e-6);
        assert!(harm.at_most > 230.0 && harm.at_most < 300.0, "{harm:?}");
        assert_eq!(harm.samples, 20_000);
        assert_eq!(after((1_000, 5), (9_000, 90), 20).harm().events, 0.0);
        assert_eq!(after((1_000, 5), (0, 0), 20), ExcessHarm::default());
    }

    #[test]
    fn of_a_part_of_the_users_all_are_meant() {
        let group = |exposed, bad| Group { exposed, bad };
        let until = crate::units::UnixMillis::new(0);
        let all = Counts {
            candidate: group(10_000, 150),
            control: group(90_000, 450),
            of: Counted::Users,
            until,
            behind: Default::default(),
            sampled: Sampled::default(),
            events: None,
        };
        let sampled = Sampled { candidate: 100_000, control: 10_000 };
        let part = Counts { candidate: group(1_000, 15), control: group(900, 5), sampled, ..all };
        let [all, part] = [all, part].map(|counts| {
            let mut harm = ExcessHarm::default();
            harm.look(&counts);
            harm
        });
        assert_eq!((all.harm().samples, part.harm().samples), (10_000, 10_000));
        assert!((part.difference / all.difference - 1.0).abs() < 0.06, "{part:?} {all:?}");
        assert!(part.variance > all.variance, "a part is less certain");
    }

    #[test]
    fn the_next_wave_is_as_large_as_the_budget_allows() {
        let sound = after((1_000, 5), (9_000, 45), 50);
        let bad = after((1_000, 15), (9_000, 45), 50);
        let hour = traffic(100.0, Duration::from_secs(3_600));
        let [small, large] = [10.0, 100.0].map(|budget| sound.largest_share(budget, hour).unwrap());
        assert!((large / small - 10.0).abs() < 1e-9 && large < 1.0, "{small} {large}");
        assert_eq!(sound.largest_share(1e9, hour), Some(1.0));
        assert_eq!(bad.largest_share(400.0, hour), Some(0.0), "500 are lost already");
        assert!(bad.largest_share(600.0, hour).unwrap() < large);
        assert_eq!(ExcessHarm::default().largest_share(1_000.0, hour), None);
    }

    #[test]
    fn odd_numbers_open_nothing() {
        let harm = after((u64::MAX, u64::MAX), (1, u64::MAX), 9);
        assert!(!harm.harm().at_most.is_nan());
        let sound = after((1_000, 5), (9_000, 45), 50);
        for (budget, traffic) in [(f64::NAN, 1.0), (-1.0, 1.0), (0.0, 0.0), (f64::NAN, f64::NAN)] {
            assert_eq!(sound.largest_share(budget, traffic), Some(0.0));
        }
        assert_eq!(sound.largest_share(1.0, f64::NAN), None);
        assert_eq!(traffic(f64::NAN, Duration::MAX), 0.0);
    }
}
