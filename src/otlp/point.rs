//! A metric's point as far as outcomes are read from it.

use super::attribute::Attributes;
use super::malformed::Malformed;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// How many buckets one histogram may have. OpenTelemetry's own have 16, or 160.
pub(super) const MOST_BUCKETS: usize = 2_048;

/// One point of a counter or a histogram.
#[derive(Debug)]
pub(super) struct Point<'b> {
    /// The metric's unit, as UCUM writes it: `s`, `ms`.
    pub unit: &'b str,
    /// From when on it was counted, in nanoseconds since 1970.
    pub start: u64,
    /// Until when.
    pub time: u64,
    /// It counts from `start`, and the next one will too; otherwise the next one begins where this one ends.
    pub cumulative: bool,
    /// Who exports it.
    pub producer: Producer,
    /// What its stream has in common with others of the same metric.
    pub metric: StreamId,
    /// What tells its stream of points from all others of the same beginning.
    pub stream: StreamId,
    /// Its attributes.
    pub attributes: Attributes<'b>,
    /// What was counted.
    pub counts: Counts,
}

/// A process that exports, by a hash of its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Producer(u64);

impl Producer {
    /// The one with that resource, as it was written.
    #[must_use]
    pub fn of(resource: &[u8]) -> Self {
        Self(xxh3_64(resource))
    }
}

impl Producer {
    /// The same as far as it exports one metric of one flag: what it exports of others may be heard of earlier.
    #[must_use]
    pub fn of_flag(self, metric: StreamId, flag: &str) -> Self {
        let StreamId(of_flag) = metric.with(flag.as_bytes());
        Self(xxh3_64(&of_flag.to_le_bytes()).wrapping_add(self.0))
    }
}

/// A stream of points, by a hash of what identifies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(u128);

impl StreamId {
    /// Streams of one metric of one scope of one producer.
    #[must_use]
    pub fn of_metric(producer: Producer, scope: &[u8], metric: &str) -> Self {
        let parts =
            u128::from(producer.0).rotate_left(64) ^ xxh3_128(scope).rotate_left(1) ^ xxh3_128(metric.as_bytes());
        Self(xxh3_128(&parts.to_le_bytes()))
    }

    /// The one with that attribute too, in whatever order they come.
    #[must_use]
    pub fn with(self, attribute: &[u8]) -> Self {
        Self(self.0.wrapping_add(xxh3_128(attribute)))
    }
}

/// What a point counted.
#[derive(Debug, Clone, PartialEq)]
pub enum Counts {
    /// How many.
    Sum(u64),
    /// How many in buckets with given bounds. There is one more bucket than there are bounds.
    Explicit {
        /// The buckets' upper bounds, ascending.
        bounds: Vec<f64>,
        /// How many in each.
        counts: Vec<u64>,
        /// The largest of all, where it is known.
        max: Option<f64>,
    },
    /// How many in buckets that grow by the same factor, 2 to the power of 2 to the power of minus the scale.
    Exponential {
        /// The scale.
        scale: i32,
        /// How many are zero or next to it.
        zero: u64,
        /// How many in each bucket over zero, by its index.
        counts: BTreeMap<i32, u64>,
    },
}

/// A part of what was counted: how many, and how long each took in the metric's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Portion {
    /// How many.
    pub times: u64,
    /// What stands for each; `None` where nothing is known of it.
    pub value: Option<f64>,
}

/// In how many places of a bucket its counts are set, evenly spread as Prometheus reads its histograms.
const PLACES: u64 = 8;

impl Counts {
    /// Refuses what contradicts itself.
    ///
    /// # Errors
    /// When the buckets do not fit their bounds.
    pub fn checked(self) -> Result<Self, Malformed> {
        if let Self::Explicit { bounds, counts, .. } = &self {
            let fits = counts.len() == bounds.len().saturating_add(1) || counts.is_empty() && bounds.is_empty();
            if !fits || !bounds.is_sorted_by(|a, b| a < b) {
                return Err(Malformed::Wrong("a histogram's buckets do not fit its bounds"));
            }
        }
        Ok(self)
    }

    /// How many numbers it holds.
    #[must_use]
    pub fn weight(&self) -> usize {
        match self {
            Self::Sum(_) => 1,
            Self::Explicit { bounds, counts, .. } => bounds.len().saturating_add(counts.len()),
            Self::Exponential { counts, .. } => counts.len().saturating_add(1),
        }
    }

    /// What was counted since an earlier point of the same stream; `None` when something is less than it was, so that
    /// it was counted anew.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Option<Self> {
        match (self, earlier) {
            (Self::Sum(now), Self::Sum(then)) => now.checked_sub(*then).map(Self::Sum),
            (Self::Explicit { bounds, counts, max }, Self::Explicit { bounds: old_bounds, counts: then, .. })
                if bounds == old_bounds && counts.len() == then.len() =>
            {
                let counts: Option<Vec<u64>> =
                    counts.iter().zip(then).map(|(now, then)| now.checked_sub(*then)).collect();
                Some(Self::Explicit { bounds: bounds.clone(), counts: counts?, max: *max })
            }
            (
                Self::Exponential { scale, zero, counts },
                Self::Exponential { scale: old, zero: old_zero, counts: then },
            ) => {
                let common = *scale.min(old);
                let (mut now, then) = (rescaled(counts, *scale, common), rescaled(then, *old, common));
                for (index, count) in then {
                    let left = now.get(&index).copied().unwrap_or(0).checked_sub(count)?;
                    now.insert(index, left);
                }
                now.retain(|_, count| *count > 0);
                Some(Self::Exponential { scale: common, zero: zero.checked_sub(*old_zero)?, counts: now })
            }
            (Self::Sum(_) | Self::Explicit { .. } | Self::Exponential { .. }, _) => None,
        }
    }

    /// Calls `each` with every part that is not empty.
    pub fn portions(&self, mut each: impl FnMut(Portion)) {
        match self {
            Self::Sum(times) if *times > 0 => each(Portion { times: *times, value: None }),
            Self::Sum(_) => {}
            Self::Explicit { bounds, counts, max } => {
                for (index, times) in counts.iter().enumerate().filter(|(_, times)| **times > 0) {
                    let low = index.checked_sub(1).and_then(|below| bounds.get(below)).copied().unwrap_or(0.0);
                    // Of the last bucket nothing is known but what the largest was.
                    let high = bounds.get(index).copied().or(*max).filter(|high| *high > low).unwrap_or(low);
                    spread(low.min(high), high, *times, &mut each);
                }
            }
            Self::Exponential { scale, zero, counts } => {
                if *zero > 0 {
                    each(Portion { times: *zero, value: Some(0.0) });
                }
                for (index, times) in counts {
                    let (low, high) = (edge(*scale, *index), edge(*scale, index.saturating_add(1)));
                    each(Portion { times: *times, value: Some(f64::midpoint(low, high)) });
                }
            }
        }
    }
}

/// The lower edge of an exponential bucket.
fn edge(scale: i32, index: i32) -> f64 {
    (f64::from(index) * f64::from(scale.saturating_neg()).exp2()).exp2()
}

/// The same counts in buckets of a smaller scale: two of a scale make one of the next smaller.
fn rescaled(counts: &BTreeMap<i32, u64>, from: i32, to: i32) -> BTreeMap<i32, u64> {
    let halvings = u32::try_from(from.saturating_sub(to)).unwrap_or(0).min(31);
    let mut wider = BTreeMap::new();
    for (index, count) in counts {
        let sum: &mut u64 = wider.entry(index >> halvings).or_default();
        *sum = sum.saturating_add(*count);
    }
    wider
}

fn spread(low: f64, high: f64, times: u64, each: &mut impl FnMut(Portion)) {
    let places = times.min(PLACES);
    for place in 0..places {
        let share = times.checked_div(places).unwrap_or(0);
        let rest = times.checked_rem(places).unwrap_or(0);
        let here = share.saturating_add(u64::from(place < rest));
        #[expect(clippy::cast_precision_loss, reason = "up to eight places")]
        let value = low + (high - low) * (place as f64 + 0.5) / places as f64;
        each(Portion { times: here, value: Some(value) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(counts: &Counts) -> Vec<(u64, f64)> {
        let mut parts = Vec::new();
        counts.portions(|part| parts.push((part.times, part.value.unwrap_or(-1.0))));
        parts
    }

    #[test]
    fn a_bucket_is_spread_evenly_and_the_last_one_ends_with_the_largest() {
        let explicit =
            |counts: &[u64], max| Counts::Explicit { bounds: vec![10.0, 20.0], counts: counts.to_vec(), max };
        assert_eq!(parts(&explicit(&[2, 0, 0], None)), [(1, 2.5), (1, 7.5)]);
        assert_eq!(parts(&explicit(&[0, 17, 0], None)).iter().map(|(times, _)| times).sum::<u64>(), 17);
        assert_eq!(parts(&explicit(&[0, 0, 1], Some(60.0))), [(1, 40.0)]);
        assert_eq!(parts(&explicit(&[0, 0, 1], None)), [(1, 20.0)]);
        assert_eq!(parts(&Counts::Sum(3)), [(3, -1.0)]);
    }

    #[test]
    fn what_was_counted_since_is_the_difference_and_less_is_a_new_beginning() {
        assert_eq!(Counts::Sum(5).since(&Counts::Sum(3)), Some(Counts::Sum(2)));
        assert_eq!(Counts::Sum(2).since(&Counts::Sum(3)), None);
        let explicit = |counts: &[u64]| Counts::Explicit { bounds: vec![1.0], counts: counts.to_vec(), max: None };
        assert_eq!(explicit(&[4, 4]).since(&explicit(&[1, 4])), Some(explicit(&[3, 0])));
        assert_eq!(explicit(&[4, 3]).since(&explicit(&[1, 4])), None);
        assert_eq!(explicit(&[4, 3]).since(&Counts::Sum(1)), None);
    }

    #[test]
    fn exponential_buckets_of_two_scales_are_compared_in_the_wider_ones() {
        let of = |scale, counts: &[(i32, u64)]| Counts::Exponential {
            scale,
            zero: 1,
            counts: counts.iter().copied().collect(),
        };
        let (fine, wide) = (of(1, &[(-1, 2), (0, 1), (3, 4)]), of(0, &[(-1, 2), (0, 3), (1, 9)]));
        let Some(Counts::Exponential { scale: 0, zero: 0, counts }) = wide.since(&fine) else { panic!() };
        assert_eq!(counts, BTreeMap::from([(0, 2), (1, 5)]));
        assert_eq!(parts(&of(0, &[(1, 1)])), [(1, 0.0), (1, 3.0)]);
    }

    #[test]
    fn buckets_that_do_not_fit_are_refused() {
        for (bounds, counts) in [
            (vec![1.0], vec![1]),
            (vec![2.0, 1.0], vec![1, 1, 1]),
            (vec![f64::NAN], vec![1, 1]),
            (vec![1.0, 1.0], vec![0, 0, 0]),
        ] {
            let one = bounds.len() == 1 && bounds[0].is_nan();
            let counts = Counts::Explicit { bounds, counts, max: None };
            assert!(counts.checked().is_err() || one);
        }
        assert!(Counts::Explicit { bounds: vec![], counts: vec![], max: None }.checked().is_ok());
    }
}
