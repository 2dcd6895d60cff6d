//! Where a quantile lies, at every look at once.

use super::super::counts::Band;
use super::comparison::{Better, Comparison};
use super::finding::Finding;
use std::time::Duration;

/// The probabilities at which samples must be read to enclose a quantile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Enclosing {
    /// The quantile of this probability is not over the true one; `None` while there are too few samples for one.
    pub low: Option<f64>,
    /// The quantile of this probability is not under the true one; `None` while there are too few samples for one.
    pub high: Option<f64>,
}

/// How far the share of samples under any value may be from its probability: at every number of samples at once,
/// for every value at once, with probability 1 - alpha. The closed form of Howard and Ramdas, arXiv 1906.09712:
/// `0.85 sqrt((ln(1 + ln t) + C) / t)` with `C = 0.8 ln(1612 / alpha)`.
#[must_use]
pub fn deviation(samples: u64, alpha: f64) -> f64 {
    if samples == 0 || !(alpha > 0.0 && alpha < 1.0) {
        return 1.0;
    }
    let samples = samples as f64;
    let constant = 0.8 * (1_612.0 / alpha).ln();
    (0.85 * ((samples.ln().ln_1p() + constant) / samples).sqrt()).min(1.0)
}

impl Enclosing {
    /// Encloses the quantile of a probability, such as 0.95, by so many samples, at every look with probability
    /// 1 - alpha. Candidate and control together are enclosed with probability 1 - alpha if each has half of it.
    #[must_use]
    pub fn of(samples: u64, probability: f64, alpha: f64) -> Self {
        let deviation = deviation(samples, alpha);
        let within = |probability: f64| (probability > 0.0 && probability < 1.0).then_some(probability);
        Self { low: within(probability - deviation), high: within(probability + deviation) }
    }

    /// The band of values, none of which can be under 0, that `read` gives at both ends. Without samples enough
    /// for an end, it is 0 or infinite.
    pub fn band(self, samples: u64, mut read: impl FnMut(f64) -> Option<f64>) -> Band {
        let mut at = |end: Option<f64>| end.and_then(&mut read).filter(|value| !value.is_nan());
        Band { low: at(self.low).unwrap_or(0.0), high: at(self.high).unwrap_or(f64::INFINITY), samples }
    }
}

/// How many samples enclose the quantile of a probability at both ends, if the samples of a variant get an alpha.
/// `None` where no number does.
#[must_use]
pub fn least_samples(probability: f64, alpha: f64) -> Option<u64> {
    let room = probability.min(1.0 - probability);
    let (mut few, mut enough) = (1_u64, 1_u64 << 60);
    let suffices = |samples| deviation(samples, alpha) < room;
    if !suffices(enough) {
        return None;
    }
    while enough.saturating_sub(few) > 1 {
        let middle = few.midpoint(enough);
        if suffices(middle) { enough = middle } else { few = middle }
    }
    Some(enough)
}

/// Whether a candidate's quantile is worse than the control's by more than `tolerance`, 0.2 being 20 % of the
/// control's. `seen` is how long the samples took.
#[must_use]
pub fn band_worse(candidate: Band, control: Band, tolerance: f64, better: Better, seen: Duration) -> Finding {
    bands(candidate, control, Comparison::worse(better, tolerance), seen)
}

/// Whether a candidate's quantile is proved to be worse than the control's by no more than `margin`.
#[must_use]
pub fn band_safe(candidate: Band, control: Band, margin: f64, better: Better, seen: Duration) -> Finding {
    bands(candidate, control, Comparison::safe(better, margin), seen)
}

fn bands(candidate: Band, control: Band, comparison: Comparison, seen: Duration) -> Finding {
    let (candidate_ends, control_ends) = (ends(candidate), ends(control));
    let bound = (comparison.bound(control_ends.0), comparison.bound(control_ends.1));
    let samples = candidate.samples.saturating_add(control.samples);
    comparison.finding(candidate_ends, bound, samples, seen)
}

/// The ends of a band. One of nothing, or with ends that cannot be, is open.
fn ends(band: Band) -> (f64, f64) {
    if band.samples > 0 && band.low <= band.high && band.low < f64::INFINITY && band.high > f64::NEG_INFINITY {
        (band.low, band.high)
    } else {
        (f64::NEG_INFINITY, f64::INFINITY)
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Outlook;
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn the_constants_are_those_of_the_paper() {
        for (alpha, constant) in [(0.05, 8.31), (0.01, 9.59), (0.001, 11.43)] {
            let at_one = (deviation(1_000_000, alpha) / 0.85).powi(2) * 1e6 - (1.0 + 1e6_f64.ln()).ln();
            assert!((at_one - constant).abs() < 0.01, "{at_one}");
        }
    }

    #[test]
    fn high_quantiles_need_thousands_of_samples() {
        let [p95, p99] = [0.95, 0.99].map(|probability| least_samples(probability, 0.01).unwrap());
        assert!((3_200..3_600).contains(&p95) && (80_000..90_000).contains(&p99), "{p95} {p99}");
        assert!(Enclosing::of(p95, 0.95, 0.01).high.is_some() && Enclosing::of(p95 - 1, 0.95, 0.01).high.is_none());
        assert_eq!(
            (least_samples(1.0, 0.01), least_samples(f64::NAN, 0.01), least_samples(0.5, 0.0)),
            (None, None, None)
        );
    }

    #[test]
    fn too_few_samples_leave_the_band_open() {
        let band = Enclosing::of(200, 0.95, 0.01).band(200, |probability| Some(probability * 100.0));
        assert!(band.low > 0.0 && band.high.is_infinite());
        let none = Enclosing::of(0, 0.95, 0.01).band(0, |_| Some(f64::NAN));
        assert_eq!((none.low, none.high), (0.0, f64::INFINITY));
        let finding = band_worse(band, none, 0.0, Better::Lower, HOUR);
        assert_eq!((finding.proved, finding.outlook), (false, Outlook::Unknown));
    }

    #[test]
    fn bands_that_do_not_meet_decide() {
        let band = |low, high| Band { low, high, samples: 5_000 };
        let (slow, fast) = (band(600.0, 640.0), band(400.0, 420.0));
        let worse = |tolerance| band_worse(slow, fast, tolerance, Better::Lower, HOUR);
        assert!(worse(0.2).proved, "600 is over 420 * 1.2");
        assert!(!worse(0.5).proved, "600 is under 420 * 1.5");
        assert_eq!((worse(0.2).value, worse(0.2).bound), (600.0, 504.0));
        assert!(band_safe(slow, fast, 0.7, Better::Lower, HOUR).proved, "640 is under 400 * 1.7");
        assert!(!band_safe(slow, fast, 0.5, Better::Lower, HOUR).proved);
        for (low, high) in [(f64::NAN, 700.0), (600.0, f64::NAN), (700.0, 600.0), (f64::INFINITY, f64::INFINITY)] {
            for better in [Better::Lower, Better::Higher] {
                let (spoilt, seen) = (band(low, high), HOUR);
                assert!(
                    !band_worse(spoilt, fast, 0.0, better, seen).proved
                        && !band_worse(fast, spoilt, 0.0, better, seen).proved
                );
                assert!(
                    !band_safe(spoilt, fast, 0.0, better, seen).proved
                        && !band_safe(fast, spoilt, 0.0, better, seen).proved
                );
            }
        }
        assert!(band_worse(fast, slow, 0.2, Better::Higher, HOUR).proved, "420 is under 600 * 0.8");
        assert!(!band_worse(fast, slow, 0.2, Better::Lower, HOUR).proved);
    }
}
