//! Means of a candidate and a concurrent control, compared as often as one likes.

use super::super::counts::Sums;
use super::boundary::{Tails, boundary};
use super::comparison::{Better, Comparison};
use super::finding::Finding;
use std::time::Duration;

/// How many values each variant must have: the guarantee is asymptotic, and with few values a mean is not yet
/// normally distributed.
pub const LEAST_VALUES: u64 = 200;

/// At how many values the interval is the tightest.
const TIGHTEST: f64 = 5_000.0;

/// How far the mean may be from the true one: at every look at once with probability 1 - alpha, asymptotically
/// (a confidence sequence; Waudby-Smith and others, arXiv 2103.06476). Infinite under `LEAST_VALUES` values and
/// where the sums are not finite.
#[must_use]
pub fn half_width(sums: &Sums, alpha: f64, tails: Tails) -> f64 {
    if sums.count < LEAST_VALUES || !sums.mean.is_finite() || !(sums.variance >= 0.0 && sums.variance.is_finite()) {
        return f64::INFINITY;
    }
    let count = sums.count as f64;
    sums.variance.sqrt() * boundary(count, TIGHTEST, alpha, tails) / count
}

/// Whether a candidate's mean is worse than the control's by more than `tolerance`, 0.2 being 20 % of the
/// control's, at a level of alpha over all looks. `seen` is how long the values took.
///
/// Tests the difference of the candidate's mean and the control's times the tolerated factor, whose variance is
/// known from both; so a ratio is tested without dividing by a mean that may be near 0.
#[must_use]
pub fn mean_worse(pair: (&Sums, &Sums), tolerance: f64, better: Better, alpha: f64, seen: Duration) -> Finding {
    means(pair, Comparison::worse(better, tolerance), alpha, seen)
}

/// Whether a candidate's mean is proved to be worse than the control's by no more than `margin`.
#[must_use]
pub fn mean_safe(pair: (&Sums, &Sums), margin: f64, better: Better, alpha: f64, seen: Duration) -> Finding {
    means(pair, Comparison::safe(better, margin), alpha, seen)
}

fn means((candidate, control): (&Sums, &Sums), comparison: Comparison, alpha: f64, seen: Duration) -> Finding {
    let samples = candidate.count.saturating_add(control.count);
    let bound = comparison.bound(control.mean);
    let difference = candidate.mean - bound;
    let enough = half_width(candidate, alpha, Tails::One) + half_width(control, alpha, Tails::One);
    let half = if enough.is_finite() {
        difference_width(candidate, control, comparison.factor(control.mean), alpha)
    } else {
        f64::INFINITY
    };
    let (value, bound) = if samples == 0 { (0.0, 0.0) } else { (candidate.mean, bound) };
    comparison.told(value, bound, (difference - half, difference + half), samples, seen)
}

/// The one-sided half-width of the difference. It is that of a mean of as many values as give the difference its
/// variance: n_c n_s / (n_c + n_s).
fn difference_width(candidate: &Sums, control: &Sums, factor: f64, alpha: f64) -> f64 {
    let (n, m) = (candidate.count as f64, control.count as f64);
    let variance = candidate.variance / n + factor * factor * control.variance / m;
    let values = n / (1.0 + n / m);
    (variance * values).sqrt() * boundary(values, TIGHTEST, alpha, Tails::One) / values
}

#[cfg(test)]
mod tests {
    use super::super::finding::Outlook;
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn sums(count: u64, mean: f64, variance: f64) -> Sums {
        Sums { count, mean, variance }
    }

    #[test]
    fn a_dearer_candidate_is_proved_dearer_by_enough_values() {
        let worse = |count, tolerance| {
            let pair = (sums(count, 1.10, 1.0), sums(9 * count, 1.0, 1.0));
            mean_worse((&pair.0, &pair.1), tolerance, Better::Lower, 0.01, HOUR)
        };
        assert!(!worse(500, 0.0).proved);
        assert!(worse(5_000, 0.0).proved);
        assert!(!worse(5_000, 0.1).proved, "that much is tolerated");
        let Outlook::After { more, takes, .. } = worse(500, 0.0).outlook else { panic!("a decision is in sight") };
        assert!((10_000..40_000).contains(&more), "{more}");
        assert!(takes.unwrap() > HOUR);
        assert_eq!(worse(500, 0.2).outlook, Outlook::NotInSight);
    }

    #[test]
    fn higher_may_be_the_better_and_values_may_be_negative() {
        let (more, less) = (sums(10_000, 2.0, 1.0), sums(10_000, 1.0, 1.0));
        assert!(mean_worse((&less, &more), 0.2, Better::Higher, 0.01, HOUR).proved);
        assert!(!mean_worse((&more, &less), 0.2, Better::Higher, 0.01, HOUR).proved);
        assert!(mean_safe((&more, &less), 0.2, Better::Higher, 0.01, HOUR).proved);
        // A loss of 1.1 where the control loses 1 is worse, but within 20 %.
        let (loss, control) = (sums(100_000, -1.1, 0.1), sums(100_000, -1.0, 0.1));
        assert!(mean_worse((&loss, &control), 0.0, Better::Higher, 0.01, HOUR).proved);
        assert!(!mean_worse((&loss, &control), 0.2, Better::Higher, 0.01, HOUR).proved);
        assert!(mean_safe((&loss, &control), 0.2, Better::Higher, 0.01, HOUR).proved);
    }

    #[test]
    fn too_few_or_spoilt_values_prove_nothing() {
        let good = sums(10_000, 1.0, 1.0);
        for bad in [
            sums(LEAST_VALUES - 1, 100.0, 1.0),
            sums(10_000, f64::NAN, 1.0),
            sums(10_000, f64::INFINITY, 1.0),
            sums(10_000, 9.0, f64::NAN),
            sums(10_000, 9.0, -1.0),
            sums(0, 0.0, 0.0),
            sums(10_000, 9.0, f64::MAX),
        ] {
            for pair in [(&bad, &good), (&good, &bad)] {
                for better in [Better::Lower, Better::Higher] {
                    let finding = mean_worse(pair, 0.0, better, 0.01, HOUR);
                    assert!(!finding.proved, "{bad:?}");
                    assert!(!finding.value.is_nan() && !finding.bound.is_nan());
                    assert!(!mean_safe(pair, f64::NAN, better, f64::NAN, HOUR).proved);
                }
            }
        }
    }
}
