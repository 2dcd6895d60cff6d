//! Where a quantile of latencies lies, however often one looks.

use super::latencies::{Bin, Latencies};
use crate::analysis::Band;
use crate::analysis::statistics::deviation;

/// The band of a quantile, in milliseconds, rounded outwards to the edges of the bins: the latencies at the ranks
/// between which it lies however often one looks, but for a chance of `alpha`. `None` without latencies.
pub(super) fn band(latencies: &Latencies<u64>, quantile: f64, alpha: f64) -> Option<Band> {
    let samples = latencies.total();
    if samples == 0 {
        return None;
    }
    let off = deviation(samples, alpha);
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
        (0..count).for_each(|number| latencies.add(Bin::of(f64::from(number % 10_000) / 100.0), 1));
        latencies
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
