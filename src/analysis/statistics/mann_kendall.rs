//! Whether a metric rises or falls.

use super::trail::Trail;
use crate::units::UnixMillis;
use std::time::Duration;

/// The fewest points that can show a trend.
const FEWEST: usize = 8;

/// The share of the window that must be covered.
const COVERED: f64 = 0.9;

/// The 95th percentile of the standard normal distribution.
const Z_95: f64 = 1.644_853_626_951_472;

/// Where a metric is heading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heading {
    /// Where.
    pub toward: Toward,
    /// The median slope (Theil and Sen), in the metric's base unit per second; 0 with fewer than two points.
    pub slope: f64,
    /// How many standard deviations the order of the values is from that of chance; positive when they rise.
    pub z: f64,
    /// Of all pairs of its points, how many more rise than fall; negative where more fall.
    pub rises: f64,
    /// So many more must rise for it to rise, and as many more fall for it to fall; infinite where all points are alike.
    pub least: f64,
    /// How much of the window has values.
    pub covered: Duration,
    /// How many points it rests on.
    pub points: usize,
}

/// Where a metric is heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    /// It rises: chance alone would look so in under 5 % of cases.
    Up,
    /// It falls, likewise.
    Down,
    /// Neither.
    Level,
    /// There are too few values, or too much of the window has none.
    Inconclusive,
}

impl Trail {
    /// Where the metric is heading at a moment: the one-sided test of Mann and Kendall at 5 %, with the correction
    /// for ties, and the slope of Theil and Sen. The test takes points for independent; values that wander, each
    /// near the one before, look like a trend more often than that.
    #[must_use]
    pub fn heading(&self, now: UnixMillis) -> Heading {
        let (rises, deviation) = (self.rises(), self.deviation());
        // One less for the continuity of what is counted in whole numbers.
        let z = if deviation > 0.0 && rises != 0.0 { (rises - rises.signum()) / deviation } else { 0.0 };
        let least = if deviation > 0.0 { Z_95.mul_add(deviation, 1.0).floor() + 1.0 } else { f64::INFINITY };
        let covered = self.covered(now);
        let enough = self.points.len() >= FEWEST && covered.as_secs_f64() >= COVERED * self.window.as_secs_f64();
        let toward = match () {
            () if !enough => Toward::Inconclusive,
            () if z > Z_95 => Toward::Up,
            () if z < -Z_95 => Toward::Down,
            () => Toward::Level,
        };
        Heading { toward, slope: self.theil_sen(), z, rises, least, covered, points: self.points.len() }
    }

    /// Each pair of points, the older first.
    fn pairs(&self) -> impl Iterator<Item = (Duration, f64)> {
        let later = |index: usize| self.points.iter().skip(index).skip(1);
        self.points
            .iter()
            .enumerate()
            .flat_map(move |(index, one)| later(index).map(|other| (other.at.since(one.at), other.value - one.value)))
    }

    /// How many more pairs rise than fall.
    fn rises(&self) -> f64 {
        self.pairs().map(|(_, rise)| f64::from(i8::from(rise > 0.0)) - f64::from(i8::from(rise < 0.0))).sum()
    }

    /// The standard deviation of that number where the order of the values is one of chance.
    fn deviation(&self) -> f64 {
        let cubic = |count: f64| count * (count - 1.0) * (2.0 * count + 5.0);
        let mut values: Vec<f64> = self.points.iter().map(|point| point.value).collect();
        values.sort_unstable_by(f64::total_cmp);
        let ties: f64 = values.chunk_by(|one, other| one == other).map(|tied| cubic(tied.len() as f64)).sum();
        ((cubic(values.len() as f64) - ties) / 18.0).max(0.0).sqrt()
    }

    /// The median of the slopes between all pairs, per second.
    fn theil_sen(&self) -> f64 {
        let timed = self.pairs().filter(|(span, _)| !span.is_zero());
        let mut slopes: Vec<f64> =
            timed.map(|(span, rise)| (rise / span.as_secs_f64()).clamp(f64::MIN, f64::MAX)).collect();
        let half = slopes.len() / 2;
        slopes.sort_unstable_by(f64::total_cmp);
        let at = |index: usize| slopes.get(index).copied().unwrap_or(0.0);
        let median =
            if slopes.len().is_multiple_of(2) { at(half.saturating_sub(1)).midpoint(at(half)) } else { at(half) };
        if median.is_finite() { median } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(value: impl Fn(u32) -> f64, checks: u32) -> Heading {
        let hour = Duration::from_secs(3_600);
        let mut trail = Trail::over(24 * hour);
        let start = UnixMillis::new(1_700_000_000_000);
        for check in 0..checks {
            trail.push(start.plus(hour * check), value(check));
        }
        trail.heading(start.plus(hour * (checks - 1)))
    }

    /// Goes up and down by one without going anywhere.
    fn noise(check: u32) -> f64 {
        f64::from(check * 7 % 5) - 2.0
    }

    #[test]
    fn what_rises_rises_although_not_at_each_step() {
        let up = heading(|check| f64::from(check) + noise(check), 25);
        assert_eq!(up.toward, Toward::Up);
        assert!((up.slope * 3_600.0 - 1.0).abs() < 0.1, "{}", up.slope * 3_600.0);
        let down = heading(|check| 3.0 - f64::from(check), 25);
        assert_eq!((down.toward, down.points, down.covered), (Toward::Down, 25, Duration::from_secs(86_400)));
        assert!((down.slope * 3_600.0 + 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_goes_nowhere_is_level() {
        assert_eq!(heading(noise, 25).toward, Toward::Level);
        assert_eq!(heading(|_| 0.0, 25).toward, Toward::Level, "all alike");
        assert_eq!(
            heading(|check| if check == 20 { 1e300 } else { noise(check) }, 25).toward,
            Toward::Level,
            "an outlier"
        );
    }

    /// How far it is from a trend is said in rises: the number named is the first with which it is one.
    #[test]
    fn so_many_rises_are_a_trend_and_one_less_is_none() {
        let mut seen = [false; 2];
        for fallen in 0..25 {
            // It rises all the way, but for the last few values, which fall back to the first.
            let heading = heading(|check| if check < 25 - fallen { f64::from(check) } else { -f64::from(check) }, 25);
            assert_eq!(heading.toward == Toward::Up, heading.rises >= heading.least, "{heading:?}");
            assert_eq!(heading.toward == Toward::Down, heading.rises <= -heading.least, "{heading:?}");
            seen[usize::from(heading.toward == Toward::Up)] = true;
        }
        assert_eq!(seen, [true, true]);
        let alike = heading(|_| 1.0, 25);
        assert_eq!((alike.rises, alike.least), (0.0, f64::INFINITY));
    }

    #[test]
    fn too_little_of_the_window_is_inconclusive() {
        assert_eq!(heading(f64::from, 20).toward, Toward::Inconclusive, "19 of 24 hours");
        assert_eq!(heading(f64::from, 23).toward, Toward::Up);
        assert_eq!(heading(f64::from, 1).toward, Toward::Inconclusive);
        assert_eq!(Trail::over(Duration::ZERO).heading(UnixMillis::new(0)).toward, Toward::Inconclusive);
        let huge = heading(|check| if check % 2 == 0 { f64::MAX } else { f64::MIN }, 25);
        assert!(huge.slope.is_finite() && huge.z.is_finite());
    }
}
