//! Random draws that are the same for the same seed.

/// The most expected successes that are drawn one by one. Over that the normal distribution is near enough.
const DRAWN_SINGLY: f64 = 200.0;

/// `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): 64 bits of
/// state, every one of which any seed reaches. Good enough to draw users, and for nothing secret.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 up to but without 1, in steps of 2^-53.
    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From -1 up to but without 1.
    pub(super) fn swing(&mut self) -> f64 {
        self.share().mul_add(2.0, -1.0)
    }

    /// A whole number that is `expected` on average: one of the two beside it.
    pub(super) fn about(&mut self, expected: f64) -> u64 {
        let expected = expected.max(0.0);
        whole(expected.floor()).saturating_add(u64::from(self.share() < expected.fract()))
    }

    /// How many of `trials` succeed, each with that probability.
    pub(super) fn successes(&mut self, trials: u64, probability: f64) -> u64 {
        match probability {
            p if p.is_nan() || p <= 0.0 => 0,
            p if p >= 1.0 => trials,
            p if p > 0.5 => trials.saturating_sub(self.fewer(trials, 1.0 - p)),
            p => self.fewer(trials, p),
        }
    }

    /// As `successes`, for a probability over 0 and at most one half.
    fn fewer(&mut self, trials: u64, probability: f64) -> u64 {
        let expected = trials as f64 * probability;
        if expected > DRAWN_SINGLY {
            let deviation = (expected * (1.0 - probability)).sqrt();
            return whole((expected + deviation * self.normal()).round()).min(trials);
        }
        // Between two successes lies a geometric number of failures.
        let (mut found, mut at) = (0_u64, 0.0);
        loop {
            at += ((1.0 - self.share()).ln() / (-probability).ln_1p()).floor() + 1.0;
            if at > trials as f64 {
                return found;
            }
            found = found.saturating_add(1);
        }
    }

    /// The standard normal distribution, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.share()).cos()
    }
}

/// A number without its fraction; negative ones are 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN is 0")]
pub(super) const fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Drawn wrongly, a sound candidate would be found worse than its control.
    #[test]
    fn successes_have_the_mean_and_the_variance_of_a_binomial() {
        for (trials, probability) in [(10, 0.3), (1_000, 0.01), (1_000, 0.9), (100_000, 0.02), (7, 1.0), (7, 0.0)] {
            let mut dice = Dice::new(7);
            let rounds = 20_000;
            let drawn: Vec<f64> = (0..rounds).map(|_| dice.successes(trials, probability) as f64).collect();
            let mean = drawn.iter().sum::<f64>() / f64::from(rounds);
            let variance = drawn.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / f64::from(rounds);
            let expected = trials as f64 * probability;
            let spread = expected * (1.0 - probability);
            assert!(
                (mean - expected).abs() <= 4.0 * (spread / f64::from(rounds)).sqrt(),
                "{trials} {probability}: {mean}"
            );
            assert!((variance - spread).abs() <= 0.05 * spread, "{trials} {probability}: {variance} of {spread}");
        }
    }

    #[test]
    fn whole_numbers_are_right_on_average() {
        let mut dice = Dice::new(1);
        let sum: u64 = (0..10_000).map(|_| dice.about(2.25)).sum();
        assert!((22_000..23_000).contains(&sum), "{sum}");
        assert_eq!((dice.about(-3.0), dice.about(4.0)), (0, 4));
    }
}
