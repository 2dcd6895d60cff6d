//! The conditions that rest on more than one reading.

use super::condition::Comparison;
use crate::units::MetricName;
use std::time::Duration;

/// `error_rate trending down over 24h`, `error_rate not trending up over 24h`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trend {
    /// Which metric.
    pub metric: MetricName,
    /// Whether it must head there, or must not.
    pub wanted: bool,
    /// Where.
    pub direction: Direction,
    /// Over how long. At most 31 days.
    pub over: Duration,
}

/// Where a metric is heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// It grows.
    Up,
    /// It falls.
    Down,
}

/// `burn_rate(error_rate, 99.9%) > 14.4 over 1h and 5m`: both windows must exceed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Burn {
    /// The share of what fails.
    pub metric: MetricName,
    /// The share that must succeed: over 0, under 1.
    pub objective: f64,
    /// `Greater` or `AtLeast`.
    pub comparison: Comparison,
    /// How many times faster than sustainable. Over 0.
    pub rate: f64,
    /// The longer window.
    pub long: Duration,
    /// The shorter window.
    pub short: Duration,
}

/// `error_rate regresses by 20% at alpha 0.01`.
#[derive(Debug, Clone, PartialEq)]
pub struct Regresses {
    /// Which metric.
    pub metric: MetricName,
    /// How much worse than the control it may be, as a share of the control: 0 to 100.
    pub tolerance: f64,
    /// How often a sound candidate may be called worse; `None` is this condition's part of the plan's.
    pub alpha: Option<f64>,
}

/// `error_rate proved safe within 20% at alpha 0.01`.
#[derive(Debug, Clone, PartialEq)]
pub struct ProvedSafe {
    /// Which metric.
    pub metric: MetricName,
    /// How much worse than the control it may be, as a share of the control: over 0, at most 100.
    pub margin: f64,
    /// How often a candidate beyond the margin may be called safe; `None` is this condition's part of the plan's.
    pub alpha: Option<f64>,
}

/// `score(p95 weight 2, error_rate critical) >= 75`.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// What is judged: at least one, each metric once.
    pub parts: Vec<ScorePart>,
    /// `Greater` or `AtLeast`.
    pub comparison: Comparison,
    /// From 0 to 100.
    pub bound: f64,
}

/// One metric of a score.
#[derive(Debug, Clone, PartialEq)]
pub struct ScorePart {
    /// Which metric.
    pub metric: MetricName,
    /// How much it counts; over 0, finite. 1 when nothing is said.
    pub weight: f64,
    /// Whether the whole score is 0 when it does not pass.
    pub critical: bool,
}
