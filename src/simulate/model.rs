//! What a metric's values are while all is well, and what they are when the candidate is worse.

use super::limits::{Limits, Side};
use crate::analysis::{Direction, Quantity};
use crate::rollout::{Better, Measure, Metric, MetricSource, Plan, Unit};
use crate::units::MetricName;

/// How far from nothing to its bound a sound value lies: well on the good side, and so near that twice as much is
/// on the other.
const WITHIN: f64 = 0.6;

/// How far a metric that must be heading somewhere goes, as a part of its value.
const COURSE: f64 = 0.3;

/// The values of one metric.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    /// Of users of the stable variant.
    pub(super) control: f64,
    /// Of users of a sound candidate.
    pub(super) candidate: f64,
    better: Better,
    /// A share cannot be more than 1.
    is_share: bool,
    /// How much is done, which is neither good nor bad.
    is_volume: bool,
    heads: Option<Direction>,
    /// Readings are not exactly the value: conditions that look at the course of a metric would see things in it.
    pub(super) jitters: bool,
}

impl Model {
    /// Of a metric of the plan, so that nothing in the plan finds fault with it.
    pub(super) fn of(plan: &Plan, name: &MetricName, metric: &Metric) -> Self {
        let limits = Limits::of(plan, name);
        let quantity = metric.unit.quantity();
        let is_volume = metric.better == Better::Lower && is_volume(metric, &limits);
        let control = placed(&limits, metric, is_volume);
        let is_counted = quantity == Quantity::Count || limits.exact.is_some();
        Self {
            control,
            candidate: beside(control, &limits),
            better: metric.better,
            is_share: quantity == Quantity::Ratio,
            is_volume,
            heads: limits.heads,
            jitters: !limits.is_followed && !is_counted,
        }
    }

    /// A value that is so many times as bad. What is good when it is high falls; of a share the rest grows.
    pub(super) fn worse(&self, value: f64, times: f64) -> f64 {
        let worse = match (self.is_volume, self.better, self.is_share) {
            (true, _, _) => value,
            (false, Better::Lower, _) => value * times,
            (false, Better::Higher, true) => (1.0 - value).mul_add(-times, 1.0),
            (false, Better::Higher, false) => value / times,
        };
        if self.is_share { worse.clamp(0.0, 1.0) } else { worse }
    }

    /// A value after that part of the rollout's planned time, 0 being its beginning: it settles where it must be
    /// heading.
    pub(super) fn course(&self, value: f64, part: f64) -> f64 {
        let gone = COURSE * (1.0 - (-part).exp());
        match self.heads {
            Some(Direction::Down) => value * (1.0 - gone),
            Some(Direction::Up) => value * (1.0 + gone),
            None => value,
        }
    }
}

/// Whether it says how much was done. Where the plan bounds such a metric only from below, it asks for enough.
fn is_volume(metric: &Metric, limits: &Limits) -> bool {
    let counts = matches!(metric.source, MetricSource::Outcomes { measure: Measure::Count, .. });
    let only_from_below = limits.low.is_some() && limits.high.is_none();
    counts || only_from_below && matches!(metric.unit.quantity(), Quantity::Count | Quantity::Number)
}

fn placed(limits: &Limits, metric: &Metric, is_volume: bool) -> f64 {
    let quantity = metric.unit.quantity();
    let found = match (limits.exact, limits.low, limits.high) {
        (Some(exact), _, _) => exact,
        (None, None, None) => usual(metric),
        (None, low, Some(high)) => {
            let value = if high < 0.0 { high / WITHIN } else { high * WITHIN };
            match low {
                Some(low) if value <= low => (high - low).mul_add(WITHIN, low),
                Some(_) | None => value,
            }
        }
        (None, Some(low), None) if quantity == Quantity::Ratio => (1.0 - low).mul_add(-WITHIN, 1.0),
        (None, Some(low), None) if low < 0.0 => low * WITHIN,
        (None, Some(low), None) => (low / WITHIN).max(if is_volume { usual(metric) } else { 0.0 }),
    };
    match (quantity, metric.better) {
        (Quantity::Count, Better::Lower) if !is_volume => found.floor(),
        (Quantity::Count, Better::Lower | Better::Higher) => found.ceil(),
        (Quantity::Ratio | Quantity::Time | Quantity::Size | Quantity::Number, _) => found,
    }
}

/// A sound candidate is like its control, unless the plan asks for more.
fn beside(control: f64, limits: &Limits) -> f64 {
    let mut value = control;
    for (side, by) in &limits.beside {
        let bound = by.from(control);
        let apart = 0.2 * bound.abs().min(control.abs());
        match side {
            Side::Under if value >= bound && bound < control => value = bound - apart,
            Side::Over if value <= bound && bound > control => value = bound + apart,
            Side::Under | Side::Over => {}
        }
    }
    value
}

/// What a metric is of which the plan says nothing: of a service like many.
const fn usual(metric: &Metric) -> f64 {
    let high = matches!(metric.better, Better::Higher);
    match (&metric.source, metric.unit) {
        (MetricSource::Outcomes { measure, .. }, _) => match measure {
            Measure::ErrorRatio => 0.01,
            Measure::SuccessRatio => 0.99,
            Measure::SlowRatio(_) => 0.02,
            Measure::LatencyP50 => 80.0,
            Measure::LatencyP95 => 240.0,
            Measure::LatencyP99 => 400.0,
            Measure::Count => 1_000.0,
            Measure::Errors => 10.0,
            Measure::ValueMean => 100.0,
        },
        (MetricSource::Events { .. }, _) => 0.0,
        (MetricSource::Query(_), Unit::Ratio | Unit::Percent) => {
            if high {
                0.99
            } else {
                0.01
            }
        }
        (MetricSource::Query(_), Unit::Seconds | Unit::Milliseconds) => 200.0,
        (MetricSource::Query(_), Unit::Bytes) => 536_870_912.0,
        (MetricSource::Query(_), Unit::Count) => 10.0,
        (MetricSource::Query(_), Unit::Number) => 100.0,
    }
}
