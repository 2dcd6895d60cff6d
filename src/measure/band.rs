//! Where a quantile of latencies lies, however often one looks.

use super::latencies::{Bin, Latencies};
use crate::analysis::Band;

/// How far the share of latencies under any bound may be off, at any number of samples, but for a chance of `alpha`
/// over all of them together: the closed form of Howard and Ramdas, "Sequential estimation of quantiles" (2022),
/// around the inequality of Dvoretzky, Kiefer and Wolfowitz. Over 1 for few samples.
fn half_width(samples: f64, alpha: f64) -> f64 {
    let constant = 0.8 * (1_612.0 / alpha).ln();
    0.85 * (((1.0 + samples.ln()).ln() + constant) / samples).sqrt()
}

/// The band of a quantile, in milliseconds, rounded outwards to the edges of the bins. `None` without latencies.
pub(super) fn band(latencies: &Latencies<u64>, quantile: f64, alpha: f64) -> Option<Band> {
    let samples = latencies.total();
    if samples == 0 {
        return None;
    }
    let off = half_width(samples as f64, alpha);
    let low = match (quantile - off) * samples as f64 {
        before if before > 1.0 => latencies.at_rank(rank(before.ceil() - 1.0)).map_or(0.0, Bin::lower_edge),
        _ => 0.0,
    };
    // Where there is no latency of that rank the quantile may be anything.
    let high = latencies.at_rank(rank(((quantile + off) * samples as f64).floor()));
    Some(Band { low, high: high.map_or(f64::INFINITY, Bin::upper_edge), samples })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a number of latencies")]
const fn rank(of: f64) -> u64 {
    of as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latencies(count: u32) -> Latencies<u64> {
        let mut latencies = Latencies::default();
        (0..count).for_each(|number| latencies.add(Bin::of(f64::from(number % 10_000) / 100.0)));
        latencies
    }

    #[test]
    fn the_constant_is_that_of_the_paper() {
        for (alpha, constant) in [(0.05, 8.31), (0.01, 9.59), (0.001, 11.43)] {
            let of_one_sample = (half_width(1.0, alpha) / 0.85).powi(2);
            assert!((of_one_sample - constant).abs() < 0.01, "{alpha}: {of_one_sample}");
        }
    }

    #[test]
    fn a_band_holds_its_quantile_and_narrows() {
        let mut last = f64::INFINITY;
        for count in [10_000, 100_000, 1_000_000] {
            let band = band(&latencies(count), 0.5, 0.01).unwrap();
            assert!(band.low < 50.0 && 50.0 < band.high, "{band:?}");
            assert!(band.high - band.low < last, "{band:?}");
            last = band.high - band.low;
        }
        assert!(last < 3.0, "{last}");
    }

    #[test]
    fn too_few_samples_bound_nothing_from_above() {
        assert_eq!(band(&latencies(0), 0.95, 0.01), None);
        let few = band(&latencies(10), 0.95, 0.01).unwrap();
        assert_eq!((few.low, few.high, few.samples), (0.0, f64::INFINITY, 10));
        let some = band(&latencies(2_000), 0.95, 0.01).unwrap();
        assert!(some.low > 0.0 && some.high.is_infinite(), "{some:?}");
        assert!(band(&latencies(4_000), 0.95, 0.01).unwrap().high.is_finite());
    }
}
