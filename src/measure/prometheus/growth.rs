//! By how much counters grew, from their own samples.

use super::answer::Samples;
use crate::units::UnixMillis;
use std::collections::{BTreeMap, HashMap};

/// The labels of a series.
pub(super) type Labels = BTreeMap<String, String>;

/// By how much the counters of one selector grew from a moment on. Each sample is counted once: what a counter had at the
/// moment is where it begins, what it has at the end is where the next growth begins. A counter that fell was reset, and
/// grew from nothing to what it has then; what it had grown in between is lost with the program that counted it.
#[derive(Debug)]
pub(super) struct Growth {
    from: UnixMillis,
    last: HashMap<Labels, f64>,
    grown: f64,
}

/// What is known of a series when its first sample comes that is after the moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Before {
    /// It had this the last time, however long ago.
    Had(f64),
    /// It was not there: it began with nothing.
    New,
    /// Nobody looked. Where it stands is where it begins.
    Unknown,
}

impl Growth {
    pub(super) fn since(from: UnixMillis) -> Self {
        Self { from, last: HashMap::new(), grown: 0.0 }
    }

    /// Whether a series has samples that are not known to follow on one.
    pub(super) fn needs_past(&self, series: &Samples) -> bool {
        let begins_later = series.points.first().is_some_and(|(at, _)| *at > self.from);
        begins_later && !self.last.contains_key(&series.labels)
    }

    /// Takes the next samples of a series.
    pub(super) fn take(&mut self, series: Samples, before: Before) {
        let known = self.last.get(&series.labels).copied();
        let mut last = known.or(match before {
            Before::Had(value) => Some(value),
            Before::New => Some(0.0),
            Before::Unknown => None,
        });
        for (at, value) in series.points {
            if at > self.from
                && let Some(last) = last
            {
                self.grown += if value >= last { value - last } else { value.max(0.0) };
            }
            last = Some(value);
        }
        if let Some(last) = last {
            self.last.insert(series.labels, last);
        }
    }

    /// How much all of them grew together, in whole counts.
    pub(super) fn counted(&self) -> u64 {
        let rounded = self.grown.round();
        // Far beyond any real count, and still exact as a float.
        let sane = rounded.is_finite() && rounded < 9.0e15;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was just checked")]
        let counted = if sane && rounded > 0.0 { rounded as u64 } else { 0 };
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(pod: &str, points: &[(i64, f64)]) -> Samples {
        let labels = BTreeMap::from([("pod".to_owned(), pod.to_owned())]);
        Samples { labels, points: points.iter().map(|(at, value)| (UnixMillis::new(*at), *value)).collect() }
    }

    fn grown(points: &[(i64, f64)], before: Before) -> u64 {
        let mut growth = Growth::since(UnixMillis::new(100));
        growth.take(samples("a", points), before);
        growth.counted()
    }

    #[test]
    fn what_was_there_at_the_beginning_is_not_counted_and_what_came_after_is_counted_once() {
        assert_eq!(grown(&[(80, 10.0), (100, 12.0), (110, 15.0), (120, 15.0), (130, 20.0)], Before::Unknown), 8);
        // The next look begins where this one ended.
        let mut next = Growth::since(UnixMillis::new(130));
        next.take(samples("a", &[(100, 12.0), (130, 20.0), (140, 21.0)]), Before::Unknown);
        assert_eq!(next.counted(), 1);
    }

    #[test]
    fn a_counter_that_fell_was_reset() {
        assert_eq!(grown(&[(100, 500.0), (110, 510.0), (120, 3.0), (130, 9.0)], Before::Unknown), 19);
        assert_eq!(grown(&[(100, 500.0), (110, 0.0), (120, 0.0)], Before::Unknown), 0);
        assert_eq!(grown(&[(100, 500.0), (110, 499.0)], Before::Unknown), 499, "one that fell by little was reset too");
    }

    #[test]
    fn a_series_that_was_not_there_begins_with_nothing_unless_nobody_looked() {
        let later = [(110, 7.0), (120, 9.0)];
        assert_eq!(grown(&later, Before::New), 9);
        assert_eq!(grown(&later, Before::Unknown), 2);
        assert_eq!(grown(&later, Before::Had(4.0)), 5);
        assert_eq!(grown(&later, Before::Had(400.0)), 9, "it was away, and was reset meanwhile");
    }

    #[test]
    fn samples_that_come_in_pieces_follow_on_each_other() {
        let mut growth = Growth::since(UnixMillis::new(100));
        for (pod, points) in
            [("a", &[(100, 1.0), (110, 2.0)][..]), ("b", &[(110, 5.0)]), ("a", &[(120, 4.0)]), ("b", &[(120, 1.0)])]
        {
            let series = samples(pod, points);
            let before = if growth.needs_past(&series) { Before::New } else { Before::Unknown };
            growth.take(series, before);
        }
        assert_eq!(growth.counted(), 3 + 5 + 1);
    }
}
