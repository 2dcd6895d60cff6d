//! By how much the readings of a candidate lie over those of a control, whatever their distribution.

/// How many readings of each variant are looked at, the last ones: the work grows with their product.
const MOST: usize = 400;

/// The 99th percentile of the standard normal distribution: both ends of a 98 % interval.
const Z_98: f64 = 2.326_347_874_040_841;

/// A shift of readings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The Hodges-Lehmann estimate: the median of all differences between a reading of the candidate and one of
    /// the control.
    pub estimate: f64,
    /// The lower end of its 98 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The shift between two sets of readings with its 98 % interval, from the Mann-Whitney statistic in its normal
/// approximation (Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, chapter 4): the ends are the
/// differences number mn/2 -+ 2.326 sqrt(mn (m + n + 1) / 12), in order of size. Readings that are not finite are
/// left out; of many readings the last 400 count. `None` when there are too few for an interval: under about 5
/// of each.
#[must_use]
pub fn mann_whitney(candidate: &[f64], control: &[f64]) -> Option<Shift> {
    let (candidate, control) = (recent(candidate), recent(control));
    let mut differences: Vec<f64> =
        candidate.iter().flat_map(|one| control.iter().map(move |other| one - other)).collect();
    let (n, m) = (candidate.len() as f64, control.len() as f64);
    let beyond = n * m / 2.0 - Z_98 * (n * m * (n + m + 1.0) / 12.0).sqrt();
    if beyond.is_nan() || beyond < 1.0 {
        return None;
    }
    differences.sort_unstable_by(f64::total_cmp);
    // That many differences lie outside at each end.
    let outside = usize::try_from(super::finding::whole(beyond)).ok()?;
    let last = differences.len().checked_sub(1)?;
    let at = |index: usize| differences.get(index).copied().map(|value| value.clamp(f64::MIN, f64::MAX));
    let half = differences.len() / 2;
    let estimate = match differences.len() % 2 {
        0 => at(half.checked_sub(1)?)?.midpoint(at(half)?),
        _ => at(half)?,
    };
    Some(Shift { estimate, low: at(outside)?, high: at(last.checked_sub(outside)?)? })
}

/// The last readings that are numbers.
fn recent(readings: &[f64]) -> Vec<f64> {
    readings.iter().rev().copied().filter(|reading| reading.is_finite()).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(from: u32, count: u32) -> Vec<f64> {
        (from..from + count).map(f64::from).collect()
    }

    #[test]
    fn the_estimate_is_the_median_difference() {
        let shift = mann_whitney(&steps(110, 21), &steps(100, 21)).unwrap();
        assert_eq!(shift.estimate, 10.0);
        assert!(shift.low > 4.0 && shift.low < 10.0 && shift.high > 10.0 && shift.high < 16.0, "{shift:?}");
        // An outlier moves nothing.
        let mut wild = steps(110, 21);
        wild[20] = 1e12;
        assert_eq!(mann_whitney(&wild, &steps(100, 21)).unwrap().estimate, 10.0);
    }

    #[test]
    fn few_and_spoilt_readings_give_nothing() {
        assert_eq!(mann_whitney(&steps(0, 3), &steps(0, 3)), None);
        assert_eq!(mann_whitney(&[], &steps(0, 30)), None);
        assert_eq!(mann_whitney(&[f64::NAN; 30], &steps(0, 30)), None);
        let extreme = mann_whitney(&[f64::MAX; 20], &[f64::MIN; 20]).unwrap();
        assert_eq!(extreme.estimate, f64::MAX);
        assert!(mann_whitney(&vec![1.0; 100_000], &vec![1.0; 100_000]).is_some());
    }
}
