//! Where a metric has been, in few points.

use crate::units::UnixMillis;
use std::time::Duration;

/// The most points a trail has.
pub const MOST_POINTS: usize = 96;

/// The values of a metric over the last stretch of time, averaged into at most 96 points, spaced evenly where
/// values come often enough.
#[derive(Debug, Clone, PartialEq)]
pub struct Trail {
    /// How much time it remembers. Over 0.
    pub window: Duration,
    /// The points, the oldest first. The first may be older than the window, if the second is not.
    pub points: Vec<TrailPoint>,
}

/// The mean of the values of a short time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrailPoint {
    /// When the first of them was true.
    pub at: UnixMillis,
    /// Their mean. Finite.
    pub value: f64,
    /// How many there are.
    pub values: u32,
}

impl Trail {
    /// An empty trail over a window.
    #[must_use]
    pub const fn over(window: Duration) -> Self {
        Self { window, points: Vec::new() }
    }

    /// The end of it: as much as a shorter window would remember.
    #[must_use]
    pub fn within(&self, window: Duration, now: UnixMillis) -> Self {
        let mut end = Self { window: window.min(self.window), points: self.points.clone() };
        end.points.retain(|point| point.at <= now);
        end.forget(now);
        end
    }

    /// Takes a value. One that is not finite is no value. Points of the future are of a clock that was set back
    /// since; they are forgotten.
    pub fn push(&mut self, at: UnixMillis, value: f64) {
        self.points.retain(|point| point.at <= at && point.value.is_finite());
        if value.is_finite() {
            // A gap less than there are points, so that both ends of the window have one.
            let spacing = self.part(95);
            match self.points.last_mut().filter(|last| at.since(last.at) < spacing) {
                Some(last) => last.join(value),
                None => self.points.push(TrailPoint { at, value, values: 1 }),
            }
        }
        self.forget(at);
    }

    /// Forgets what is too old. The last point before the window stays, because between checks the window's start
    /// would otherwise be without one; but not if it is much older.
    fn forget(&mut self, now: UnixMillis) {
        let start = now.minus(self.window);
        let long_ago = start.minus(self.part(10));
        let before = self.points.iter().take_while(|point| point.at <= start).count().saturating_sub(1);
        let surplus = self.points.len().saturating_sub(MOST_POINTS);
        self.points.drain(..before.max(surplus).min(self.points.len()));
        self.points.retain(|point| point.at >= long_ago);
    }

    /// That part of the window.
    fn part(&self, of: u32) -> Duration {
        self.window.checked_div(of).unwrap_or_default()
    }

    /// How much of the window the points cover. A gap counts for no more than a seventh of the window, so eight
    /// points cover all of it if they are spaced evenly, and never less than eight do.
    #[must_use]
    pub fn covered(&self, now: UnixMillis) -> Duration {
        let moments = || self.points.iter().map(|point| point.at);
        let gaps = moments().zip(moments().skip(1).chain([now]));
        // The last gap, up to now, is time in which nothing was seen yet: it covers nothing beyond its share either.
        let most = self.part(7);
        let covered = gaps.map(|(from, to)| to.since(from).min(most)).fold(Duration::ZERO, Duration::saturating_add);
        covered.min(self.window)
    }
}

impl TrailPoint {
    fn join(&mut self, value: f64) {
        self.values = self.values.saturating_add(1);
        let mean = self.value + (value / f64::from(self.values) - self.value / f64::from(self.values));
        self.value = if mean.is_finite() { mean } else { self.value };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn minute(minutes: u64) -> UnixMillis {
        UnixMillis::new(1_700_000_000_000).plus(Duration::from_secs(60 * minutes))
    }

    fn trail(minutes: impl Iterator<Item = u64>) -> Trail {
        let mut trail = Trail::over(DAY);
        for at in minutes {
            trail.push(minute(at), at as f64);
            assert!(trail.points.len() <= MOST_POINTS);
        }
        trail
    }

    #[test]
    fn a_month_of_minutes_keeps_the_last_day() {
        let trail = trail(0..30 * 1_440);
        assert!((90..=96).contains(&trail.points.len()), "{}", trail.points.len());
        assert_eq!(trail.covered(minute(30 * 1_440)), DAY);
        let first = trail.points[0];
        assert!(first.values >= 15 && (first.value - (29.0 * 1_440.0)).abs() < 30.0, "{first:?}");
    }

    #[test]
    fn checks_every_three_hours_cover_a_day_although_none_is_on_time() {
        let late = trail((0..40).map(|check| check * 180 + check % 5));
        assert!(late.covered(minute(39 * 180 + 4)) >= DAY.mul_f64(0.9));
        assert!(trail((0..5).map(|check| check * 180)).covered(minute(4 * 180)) < DAY.mul_f64(0.9));
    }

    #[test]
    fn a_gap_is_not_covered() {
        let gap = trail((0..60).chain(1_380..1_440));
        assert!(gap.covered(minute(1_440)) < DAY / 3);
        // After a week without values nothing of before is left.
        assert_eq!(trail((0..1_440).chain([10 * 1_440])).points.len(), 1);
    }

    #[test]
    fn a_clock_set_back_and_values_that_are_none_leave_no_trace() {
        let mut trail = trail(0..1_440);
        trail.push(minute(1_440), f64::NAN);
        trail.push(minute(1_441), f64::INFINITY);
        assert!(trail.points.iter().all(|point| point.value.is_finite() && point.at < minute(1_440)));
        trail.push(minute(100), 5.0);
        assert!(trail.points.iter().all(|point| point.at <= minute(100)));
        let mut zero = Trail::over(Duration::ZERO);
        for at in [i64::MIN, 0, i64::MAX] {
            zero.push(UnixMillis::new(at), f64::MAX);
            assert!(zero.points.len() <= 2);
        }
    }
}
