//! Whether the variants have the users that they were meant to have.

use super::ln_gamma::{half_ln_two_pi, ln_gamma, remainder};

/// The Bayes factor from which on a mismatch is taken for a fact.
pub const MISMATCH: f64 = 1_000.0;

/// How firmly the prior believes in the expected shares: as much as that many users.
const PRIOR: f64 = 100.0;

/// One variant's part of a wave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// The share of users it is meant to have. All shares are taken relative to their sum.
    pub expected: f64,
    /// The distinct users it has. Never requests: those of one user go together.
    pub users: u64,
}

/// How well the users fit the expected shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleRatio {
    /// The logarithm of the Bayes factor for "some other shares" against the expected ones. Never NaN.
    pub ln_bayes_factor: f64,
    /// Whether that is at least `MISMATCH`. Then something assigns or counts users wrongly, and nothing that rests
    /// on comparing them can be trusted. If all is well, this ever comes to be, over all looks of a wave, with a
    /// probability of at most 1 in 1,000.
    pub mismatch: bool,
    /// How many users it rests on.
    pub users: u64,
}

impl SampleRatio {
    /// Judges the distinct users seen since a wave began. `error` is the relative standard error of each number of
    /// users: 0 when they were counted, about 0.01 when they were estimated by a sketch. An error of the estimate
    /// would look like a mismatch once there are many users, so they count for no more than the estimate allows.
    ///
    /// The Bayes factor is that of a Dirichlet prior of 100 times the expected shares, in closed form; it is the
    /// product, user by user, of the predictive probability (a_i + n_i) / (a + n) over the expected share.
    #[must_use]
    pub fn of(parts: &[Part], error: f64) -> Self {
        let sum: f64 = parts.iter().map(|part| part.expected).filter(|share| *share > 0.0 && share.is_finite()).sum();
        let users = parts.iter().fold(0_u64, |users, part| users.saturating_add(part.users));
        let ln =
            if sum > 0.0 && sum.is_finite() { ln_bayes_factor(parts, sum) * weight(parts, sum, error) } else { 0.0 };
        let ln_bayes_factor = if ln.is_nan() { 0.0 } else { ln.clamp(f64::MIN, f64::MAX) };
        Self { ln_bayes_factor, mismatch: ln_bayes_factor >= MISMATCH.ln(), users }
    }
}

/// The Bayes factor's logarithm. The gammas of large numbers are joined before they are computed: what is left
/// is each share's deviation, so that nothing cancels at 10^15 users.
fn ln_bayes_factor(parts: &[Part], sum: f64) -> f64 {
    let users: f64 = parts.iter().map(|part| part.users as f64).sum();
    let whole = PRIOR + users;
    let mut ln = ln_gamma(PRIOR) - (PRIOR - 0.5) * whole.ln() - remainder(whole) - half_ln_two_pi();
    for part in parts {
        let share = part.expected / sum;
        if !(share > 0.0 && share.is_finite()) {
            // Nobody should be there.
            if part.users > 0 {
                return f64::MAX;
            }
            continue;
        }
        let (prior, seen) = (PRIOR * share, part.users as f64);
        let posterior = prior + seen;
        let deviation = (seen - share * users) / (share * whole);
        // Nobody of very many: the deviation is -1 then, whose logarithm is infinite, and nobody adds none of it.
        ln += if seen > 0.0 { seen * deviation.ln_1p() } else { 0.0 };
        ln += (prior - 0.5) * posterior.ln();
        ln += remainder(posterior) + half_ln_two_pi() - ln_gamma(prior);
    }
    ln
}

/// How much the users count for, from 1 down to nothing, when their numbers have an error. For two variants the
/// estimated share has a variance of p q / n from chance and 2 (p q error)^2 from the error; the users count for as
/// many as chance alone would need to have both. With more variants, for the largest share's p.
fn weight(parts: &[Part], sum: f64, error: f64) -> f64 {
    let users: f64 = parts.iter().map(|part| part.users as f64).sum();
    let share = parts.iter().map(|part| part.expected / sum).filter(|share| *share <= 1.0).fold(0.0, f64::max);
    let by_error = 2.0 * share * (1.0 - share) * error * error * users;
    if by_error > 0.0 { 1.0 / (1.0 + by_error) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(parts: &[(f64, u64)], error: f64) -> SampleRatio {
        let parts: Vec<Part> = parts.iter().map(|&(expected, users)| Part { expected, users }).collect();
        SampleRatio::of(&parts, error)
    }

    #[test]
    fn it_is_the_product_of_the_predictions() {
        let (expected, arms) = ([0.1, 0.9], [0, 1, 1, 0, 0, 1, 1, 0, 0, 1]);
        let (mut counts, mut ln) = ([0.0, 0.0], 0.0);
        for arm in arms {
            let predicted: f64 = (100.0 * expected[arm] + counts[arm]) / (100.0 + counts[0] + counts[1]);
            ln += (predicted / expected[arm]).ln();
            counts[arm] += 1.0;
        }
        let found = ratio(&[(0.1, 5), (0.9, 5)], 0.0);
        assert!((found.ln_bayes_factor - ln).abs() < 1e-11, "{} {ln}", found.ln_bayes_factor);
    }

    #[test]
    fn a_fault_of_assignment_is_found_and_chance_is_not() {
        assert!(ratio(&[(0.5, 10_500), (0.5, 9_500)], 0.0).mismatch);
        assert!(!ratio(&[(0.5, 10_100), (0.5, 9_900)], 0.0).mismatch);
        assert!(ratio(&[(0.1, 12_000), (0.9, 90_000)], 0.0).mismatch);
        assert!(ratio(&[(1.0, 5_000), (1.0, 5_000), (2.0, 9_000)], 0.0).mismatch, "three variants");
        assert!(ratio(&[(0.0, 1), (1.0, 9_000)], 0.0).mismatch, "nobody should have it");
        assert!(!ratio(&[(0.0, 0), (1.0, 9_000)], 0.0).mismatch);
    }

    #[test]
    fn estimated_numbers_of_users_are_not_taken_for_exact_ones() {
        let off_by_a_percent = [(0.5, 101_000_000), (0.5, 99_000_000)];
        assert!(ratio(&off_by_a_percent, 0.0).mismatch);
        assert!(!ratio(&off_by_a_percent, 0.01).mismatch, "a sketch may be off by that much");
        assert!(ratio(&[(0.5, 120_000_000), (0.5, 80_000_000)], 0.01).mismatch);
    }

    #[test]
    fn no_numbers_are_too_large_or_too_odd() {
        let exact = ratio(&[(0.1, 1_000_000_000_000_000), (0.9, 9_000_000_000_000_000)], 0.0);
        assert!((-40.0..0.0).contains(&exact.ln_bayes_factor), "{exact:?}");
        for share in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e-300, f64::MAX] {
            for users in [0, 1, u64::MAX] {
                for error in [0.0, 0.01, f64::NAN, f64::INFINITY, -1.0] {
                    assert!(ratio(&[(share, users), (0.5, 3), (0.5, u64::MAX)], error).ln_bayes_factor.is_finite());
                }
            }
        }
        assert!(ratio(&[(0.5, u64::MAX), (0.5, 0)], 0.0).mismatch);
        assert_eq!(ratio(&[], 0.0).ln_bayes_factor, 0.0);
    }
}
