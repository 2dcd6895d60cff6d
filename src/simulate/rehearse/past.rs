//! What metrics were, over some weeks.

use crate::rollout::{MetricSource, Plan};
use crate::units::{MetricName, UnixMillis, format_duration};
use std::collections::BTreeMap;
use std::time::Duration;

/// A value counts until so many steps have passed without another: then there was none.
const FRESH_STEPS: u32 = 2;

/// The shortest past that says anything, in steps.
const FEWEST_STEPS: u64 = 10;

/// The values of metrics over a stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    from: UnixMillis,
    until: UnixMillis,
    step: Duration,
    /// In the base unit of each metric, in the order of time.
    series: BTreeMap<MetricName, Vec<(UnixMillis, f64)>>,
}

/// Why a past is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PastError {
    /// Its end comes too soon after its beginning.
    #[error("a past of {} in steps of {} is too short to say anything", format_duration(*.span), format_duration(*.step))]
    TooShort {
        /// How long it is.
        span: Duration,
        /// From one moment to the next.
        step: Duration,
    },
    /// Its values are not in the order of time, or not finite.
    #[error("the values of {0} are not in the order of time, or not all finite")]
    Disordered(MetricName),
}

/// Where the values of a metric in a rehearsal come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Its provider's past.
    Past,
    /// Made up, for its provider keeps no past: what the simulator takes for sound, drawn by dice.
    Model,
    /// Nobody posts events in a rehearsal.
    Nothing,
}

/// How a metric was.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Which.
    pub metric: MetricName,
    /// Where its values come from.
    pub source: Source,
    /// How many values there are; 0 of what is made up.
    pub points: u64,
    /// The part of the time in which there was one, from 0 to 1.
    pub covered: f64,
    /// Half of the values lie under this, in the base unit; of what is made up the one value.
    pub median: Option<f64>,
    /// 99 of 100 lie under this.
    pub p99: Option<f64>,
    /// The least.
    pub lowest: Option<f64>,
    /// The most.
    pub highest: Option<f64>,
}

impl Past {
    /// A stretch of time and what is known of it, in base units.
    ///
    /// # Errors
    /// When it is too short, or values are not in their order.
    pub fn new(
        (from, until): (UnixMillis, UnixMillis),
        step: Duration,
        series: BTreeMap<MetricName, Vec<(UnixMillis, f64)>>,
    ) -> Result<Self, PastError> {
        let span = until.since(from);
        let short =
            step.is_zero() || u128::from(FEWEST_STEPS) > span.as_millis().checked_div(step.as_millis()).unwrap_or(0);
        if short {
            return Err(PastError::TooShort { span, step });
        }
        for (metric, points) in &series {
            let ordered = points.is_sorted_by(|(one, _), (next, _)| one < next);
            if !ordered || points.iter().any(|(_, value)| !value.is_finite()) {
                return Err(PastError::Disordered(metric.clone()));
            }
        }
        Ok(Self { from, until, step, series })
    }

    /// When it begins.
    #[must_use]
    pub const fn from(&self) -> UnixMillis {
        self.from
    }

    /// When it ends.
    #[must_use]
    pub const fn until(&self) -> UnixMillis {
        self.until
    }

    /// From one moment to the next.
    #[must_use]
    pub const fn step(&self) -> Duration {
        self.step
    }

    /// How many weeks it is long.
    #[must_use]
    pub fn weeks(&self) -> f64 {
        self.until.since(self.from).as_secs_f64() / (7.0 * 86_400.0)
    }

    /// Whether anything is known of a metric.
    pub(super) fn has(&self, metric: &MetricName) -> bool {
        self.series.contains_key(metric)
    }

    /// A value at a moment; `None` where there was none.
    pub(super) fn at(&self, metric: &MetricName, at: UnixMillis) -> Option<f64> {
        let points = self.series.get(metric)?;
        let after = points.partition_point(|(when, _)| *when <= at);
        let (when, value) = points.get(after.checked_sub(1)?)?;
        (at.since(*when) <= self.step.saturating_mul(FRESH_STEPS)).then_some(*value)
    }

    /// All values after a moment and up to another.
    pub(super) fn between(&self, metric: &MetricName, after: UnixMillis, until: UnixMillis) -> &[(UnixMillis, f64)] {
        let points = self.series.get(metric).map(Vec::as_slice).unwrap_or_default();
        let ends = points.partition_point(|(when, _)| *when <= until);
        let points = points.get(..ends).unwrap_or_default();
        points.get(points.partition_point(|(when, _)| *when <= after)..).unwrap_or_default()
    }

    /// How much of a time had a value of some metric. Where all is made up all of it had.
    pub(super) fn seen_between(&self, from: UnixMillis, until: UnixMillis) -> Duration {
        let whole = until.since(from);
        if self.series.is_empty() {
            return whole;
        }
        let (mut steps, mut seen, mut at) = (0_u32, 0_u32, from);
        while at < until {
            steps = steps.saturating_add(1);
            seen = seen.saturating_add(u32::from(self.series.keys().any(|metric| self.at(metric, at).is_some())));
            at = at.plus(self.step);
        }
        if steps == 0 { Duration::ZERO } else { whole.mul_f64(f64::from(seen) / f64::from(steps)) }
    }

    /// The part of a metric's values that are so; 0 where nothing is known of it.
    pub(super) fn part_of(&self, metric: &MetricName, wanted: &dyn Fn(f64) -> bool) -> f64 {
        let Some(points) = self.series.get(metric).filter(|points| !points.is_empty()) else { return 0.0 };
        points.iter().filter(|(_, value)| wanted(*value)).count() as f64 / points.len() as f64
    }

    /// The mean of all that is known of a metric.
    pub(super) fn mean(&self, metric: &MetricName) -> Option<f64> {
        let points = self.series.get(metric).filter(|points| !points.is_empty())?;
        Some(points.iter().map(|(_, value)| value).sum::<f64>() / points.len() as f64)
    }

    /// The values of a metric in their order of size.
    pub(super) fn sorted(&self, metric: &MetricName) -> Vec<f64> {
        let mut values: Vec<f64> = self.series.get(metric).into_iter().flatten().map(|(_, value)| *value).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    /// How a metric of a plan was. `sound` is what it is taken for where nothing is known.
    pub(super) fn course(&self, plan: &Plan, metric: &MetricName, sound: Option<f64>) -> Course {
        let posted =
            plan.metrics.get(metric).is_some_and(|metric| matches!(metric.source, MetricSource::Events { .. }));
        let values = self.sorted(metric);
        let steps = self.until.since(self.from).as_secs_f64() / self.step.as_secs_f64();
        let source = match (self.has(metric), posted) {
            (true, _) => Source::Past,
            (false, true) => Source::Nothing,
            (false, false) => Source::Model,
        };
        let known = source == Source::Past;
        Course {
            metric: metric.clone(),
            source,
            points: u64::try_from(values.len()).unwrap_or(u64::MAX),
            covered: if known { (values.len() as f64 / steps).min(1.0) } else { 0.0 },
            median: if known { quantile(&values, 50) } else { sound.filter(|_| source == Source::Model) },
            p99: quantile(&values, 99),
            lowest: values.first().copied(),
            highest: values.last().copied(),
        }
    }
}

/// The value under which so many of a hundred lie.
pub(super) fn quantile(sorted: &[f64], percent: usize) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get(last.saturating_mul(percent).div_euclid(100)).copied()
}
