//! A mixture of likelihood ratios over a grid of alternatives, kept as logarithms.

use std::f64::consts::LN_10;
use std::sync::LazyLock;

/// How many alternatives the grid has.
pub const GRID: usize = 24;

/// The nearest alternative: a rate about a fifth higher (or lower) than that of the null hypothesis.
const NEAREST: f64 = 0.2;

/// The nearest one below. A candidate as good as the control is below the edge by no more than the margin that is
/// allowed: by a logarithm of 0.1 for 10 %. It must lie well within the grid, or nothing could ever be proved safe.
const NEAREST_BELOW: f64 = 0.02;

/// The farthest one: a rate ten times (or a tenth of) that of the null hypothesis.
const FARTHEST: f64 = LN_10;

/// The logarithms of the likelihood ratios of 24 alternatives against the same null hypothesis, each of which
/// says that the candidate's rate is e^d times the largest (or smallest) the null allows. Their mean is an
/// E-value: under the null its expectation is at most 1 at every time, so that it ever exceeds 1/alpha has a
/// probability of at most alpha (Ville). After Lindon and Malek, NeurIPS 2022, arXiv 2011.03567.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mixture {
    /// One for each alternative, from the nearest to the farthest. Not finite only when somebody made it so;
    /// such a one counts as no evidence.
    pub logs: [f64; GRID],
}

/// The bad events of one look, as a test of shares sees them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    /// Those of the candidate.
    pub(super) candidate: f64,
    /// Those of both.
    pub(super) all: f64,
    /// The candidate's share of them at the edge of the null hypothesis: from 0 to 1.
    pub(super) expected: f64,
}

/// On which side of the null hypothesis the alternatives lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Higher rates.
    Above,
    /// Lower rates.
    Below,
}

impl Default for Mixture {
    fn default() -> Self {
        Self { logs: [0.0; GRID] }
    }
}

impl Mixture {
    /// Nothing staked yet.
    pub(super) const NOTHING: Self = Self { logs: [f64::MIN; GRID] };

    /// Multiplies each likelihood ratio by that of a look.
    ///
    /// With p the expected share and theta = p e^d / (p e^d + 1 - p), the ratio's logarithm is
    /// `k_c ln(theta/p) + k_s ln((1-theta)/(1-p))`, which is `k_c d - k ln(1 + p (e^d - 1))`: in this form
    /// nothing is lost where p is near 0 or 1, and p = 1 needs no exception.
    pub(super) fn add(&mut self, look: Share, side: Side) {
        for (log, (distance, growth)) in self.logs.iter_mut().zip(grid(side)) {
            *log += look.candidate * distance - look.all * (look.expected * growth).ln_1p();
        }
    }

    /// Raises each likelihood ratio to at least the one whose logarithm is given.
    pub(super) fn raise_to(&mut self, ln: f64) {
        for log in &mut self.logs {
            *log = log.max(ln);
        }
    }

    /// Adds a stake, given by its logarithm, to each likelihood ratio.
    pub(super) fn stake(&mut self, ln: f64) {
        for log in &mut self.logs {
            *log = ln_sum(*log, ln);
        }
    }

    /// Whether no likelihood ratio is over the one whose logarithm is given.
    pub(super) fn is_under(&self, ln: f64) -> bool {
        self.logs.iter().all(|log| *log <= ln)
    }

    /// The logarithm of the mean of the likelihood ratios, each logarithm divided by `dispersion` (at least 1).
    pub(super) fn ln_mean(&self, dispersion: f64) -> f64 {
        let logs = || self.logs.iter().filter(|log| log.is_finite()).map(|log| log / dispersion);
        let largest = logs().fold(f64::MIN, f64::max);
        let sum: f64 = logs().map(|log| (log - largest).exp()).sum();
        // With no finite logarithm at all the sum is 0, and nothing is known.
        if sum > 0.0 { largest + (sum / 24.0).ln() } else { f64::MIN }
    }
}

/// The logarithm of the sum of two numbers given by their logarithms, of which the second is finite. What is not
/// finite in the first counts as nothing.
pub(super) fn ln_sum(one: f64, other: f64) -> f64 {
    if !one.is_finite() {
        return other;
    }
    let (most, least) = if one > other { (one, other) } else { (other, one) };
    most + (least - most).exp().ln_1p()
}

/// The grid: d and e^d - 1 of 24 alternatives, each d by the same factor farther than the one before. Denser near
/// the null hypothesis than equal steps, because a small difference takes many events and a large one only few.
fn grid(side: Side) -> &'static [(f64, f64); GRID] {
    static ABOVE: LazyLock<[(f64, f64); GRID]> = LazyLock::new(|| distances(1.0, NEAREST));
    static BELOW: LazyLock<[(f64, f64); GRID]> = LazyLock::new(|| distances(-1.0, NEAREST_BELOW));
    match side {
        Side::Above => &ABOVE,
        Side::Below => &BELOW,
    }
}

fn distances(sign: f64, nearest: f64) -> [(f64, f64); GRID] {
    let growth = (FARTHEST / nearest).ln() / 23.0;
    let mut distance = nearest * sign;
    std::array::from_fn(|_| {
        let one = (distance, distance.exp_m1());
        distance *= growth.exp();
        one
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(looks: &[(f64, f64, f64)], side: Side) -> Mixture {
        let mut mixture = Mixture::default();
        for &(candidate, all, expected) in looks {
            mixture.add(Share { candidate, all, expected }, side);
        }
        mixture
    }

    #[test]
    fn a_ratio_is_that_of_the_two_binomials() {
        let (candidate, control, p) = (7.0, 30.0, 0.1);
        let mixture = after(&[(candidate, candidate + control, p)], Side::Above);
        for (log, (d, _)) in mixture.logs.iter().zip(grid(Side::Above)) {
            let theta = p * d.exp() / (p * d.exp() + 1.0 - p);
            let expected = candidate * (theta / p).ln() + control * ((1.0 - theta) / (1.0 - p)).ln();
            assert!((log - expected).abs() < 1e-12, "{log} {expected}");
        }
    }

    #[test]
    fn shares_at_the_ends_say_nothing_instead_of_everything() {
        for side in [Side::Above, Side::Below] {
            // All bad events are the candidate's, as they must be where only it could have any.
            assert!(after(&[(1e12, 1e12, 1.0)], side).ln_mean(1.0).abs() < 1.0);
            assert!(after(&[(0.0, 1e12, 0.0)], side).ln_mean(1.0).abs() < 1e-9);
        }
        // A share of one in 10^15 that gets a third of the events is not chance.
        assert!(after(&[(10.0, 30.0, 1e-15)], Side::Above).ln_mean(1.0) > 15.0);
    }

    #[test]
    fn the_mean_of_huge_and_of_spoilt_logarithms_is_a_number() {
        let all = |log: f64| Mixture { logs: [log; GRID] }.ln_mean(1.0);
        assert_eq!(all(1e300), 1e300);
        assert_eq!(all(-1e300), -1e300);
        assert_eq!(all(f64::NAN), f64::MIN);
        assert_eq!(all(f64::INFINITY), f64::MIN);
        let mut one = Mixture::default();
        one.logs[0] = f64::NAN;
        assert!((one.ln_mean(1.0) - (23.0_f64 / 24.0).ln()).abs() < 1e-12);
    }
}
