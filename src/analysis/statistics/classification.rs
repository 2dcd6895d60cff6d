//! The judge of automated canary analysis, as Kayenta has it: each metric is High, Low or passes, and the score
//! is the share of those that pass.

use super::comparison::Better;
use super::mann_whitney::{Shift, mann_whitney};

/// How large the interval's lower end must be beside the estimate, so that a tiny but certain shift is none.
const TOLERANCE: f64 = 0.25;

/// Where the candidate's readings lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Classified {
    /// Where.
    pub class: Class,
    /// The candidate's mean reading as a multiple of the control's; 1 where the control's is 0.
    pub effect: f64,
    /// By how much, while there are enough readings.
    pub shift: Option<Shift>,
    /// How many readings of both it rests on.
    pub samples: u64,
}

/// Where the candidate's readings lie, seen from the control's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Higher, and that is worse.
    High,
    /// Lower, and that is worse.
    Low,
    /// Not worse.
    Pass,
    /// There are too few readings to say.
    NoData,
}

/// One metric of a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighed {
    /// What was found.
    pub class: Class,
    /// How much it counts; over 0.
    pub weight: f64,
    /// Whether the score is 0 when it does not pass.
    pub critical: bool,
}

/// Classifies readings. A candidate is High when the lower end of the 98 % interval of the shift exceeds a quarter
/// of the estimate's size and its mean is at least `allowed` (0.1 for 10 %) over the control's; Low likewise. Only
/// the direction that is worse is looked at.
#[must_use]
pub fn classify(candidate: &[f64], control: &[f64], better: Better, allowed: f64) -> Classified {
    let effect = effect(candidate, control);
    let shift = mann_whitney(candidate, control);
    let samples = (candidate.len() as u64).saturating_add(control.len() as u64);
    let class = match (shift, better) {
        (None, _) => Class::NoData,
        (Some(shift), Better::Lower) if shift.low > TOLERANCE * shift.estimate.abs() && effect >= 1.0 + allowed => {
            Class::High
        }
        (Some(shift), Better::Higher) if shift.high < -TOLERANCE * shift.estimate.abs() && effect <= 1.0 - allowed => {
            Class::Low
        }
        (Some(_), Better::Lower | Better::Higher) => Class::Pass,
    };
    Classified { class, effect, shift, samples }
}

/// The ratio of the means.
fn effect(candidate: &[f64], control: &[f64]) -> f64 {
    let mean = |readings: &[f64]| {
        let finite = || readings.iter().filter(|reading| reading.is_finite());
        let count = finite().count().max(1) as f64;
        finite().map(|reading| reading / count).sum::<f64>()
    };
    let (candidate, control) = (mean(candidate), mean(control));
    match (candidate / control).clamp(f64::MIN, f64::MAX) {
        ratio if ratio.is_nan() => 1.0,
        ratio => ratio,
    }
}

/// The score from 0 to 100: the weights of the metrics that pass, as a share of all that have data. 0 when a
/// critical one fails. `None` when none has data, or a critical one has none: that nothing failed is not known.
#[must_use]
pub fn score(parts: &[Weighed]) -> Option<f64> {
    let critical = |class: Class| move |part: &Weighed| part.critical && part.class == class;
    if parts.iter().any(critical(Class::High)) || parts.iter().any(critical(Class::Low)) {
        return Some(0.0);
    }
    if parts.iter().any(critical(Class::NoData)) {
        return None;
    }
    let weights = |wanted: fn(Class) -> bool| {
        let counted = parts.iter().filter(|part| wanted(part.class) && part.weight > 0.0);
        counted.map(|part| part.weight.min(1e100)).sum::<f64>()
    };
    let passed = weights(|class| class == Class::Pass);
    let all = weights(|class| class != Class::NoData);
    (all > 0.0).then(|| 100.0 * passed / all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(middle: f64) -> Vec<f64> {
        (0..60_u32).map(|step| middle + f64::from(step * 37 % 60) / 10.0).collect()
    }

    #[test]
    fn only_what_is_clearly_worse_fails() {
        let class = |candidate, better, allowed| classify(&around(candidate), &around(100.0), better, allowed).class;
        assert_eq!(class(130.0, Better::Lower, 0.1), Class::High);
        assert_eq!(class(130.0, Better::Lower, 0.5), Class::Pass);
        assert_eq!(class(100.0, Better::Lower, 0.0), Class::Pass);
        assert_eq!(class(70.0, Better::Lower, 0.1), Class::Pass);
        assert_eq!(class(70.0, Better::Higher, 0.1), Class::Low);
        assert_eq!(class(130.0, Better::Higher, 0.1), Class::Pass);
        assert_eq!(classify(&[], &around(1.0), Better::Lower, 0.1).class, Class::NoData);
    }

    #[test]
    fn readings_that_are_no_numbers_are_no_readings() {
        let mut spoilt = around(100.0);
        spoilt.extend([f64::NAN, f64::INFINITY]);
        let found = classify(&spoilt, &around(100.0), Better::Lower, 0.1);
        assert_eq!((found.class, found.effect), (Class::Pass, 1.0));
        let zeros = classify(&[0.0; 40], &[0.0; 40], Better::Lower, 0.0);
        assert_eq!((zeros.class, zeros.effect), (Class::Pass, 1.0));
        assert_eq!(classify(&[5.0; 40], &[0.0; 40], Better::Lower, 0.1).class, Class::High);
    }

    #[test]
    fn a_score_weighs_what_has_data_and_a_critical_failure_is_all() {
        let part = |class, weight, critical| Weighed { class, weight, critical };
        let (pass, fail, none) = (Class::Pass, Class::High, Class::NoData);
        assert_eq!(score(&[part(pass, 3.0, false), part(fail, 1.0, false), part(none, 9.0, false)]), Some(75.0));
        assert_eq!(score(&[part(pass, 3.0, false), part(fail, 1.0, true)]), Some(0.0));
        assert_eq!(score(&[part(pass, 3.0, false), part(none, 1.0, true)]), None);
        assert_eq!(score(&[part(none, 1.0, false)]), None);
        assert_eq!(score(&[]), None);
        assert_eq!(score(&[part(pass, f64::NAN, false), part(pass, f64::INFINITY, false)]), Some(100.0));
    }
}
