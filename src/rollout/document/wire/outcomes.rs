//! Metrics of the outcomes that applications post.

use super::duration::DurationText;
use super::metric::{JudgedDocument, UnitWord};
use schemars::JsonSchema;

/// Kept by Tidegate itself from the outcomes that applications post.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OutcomesDocument {
    /// The figure.
    pub measure: MeasureWord,
    /// Over how long, at most `3d`; `5m` when left out.
    pub window: Option<DurationText>,
    /// Fewer outcomes than this are no data; 20 when left out, and 0 for `count`.
    pub min_samples: Option<u64>,
    /// What the posted values are in; only for `value_mean`.
    pub unit: Option<UnitWord>,
    /// From which latency on an outcome is slow; only for `slow_ratio`.
    pub slower_than: Option<DurationText>,
    /// How it is judged.
    #[schemars(flatten)]
    pub judged: JudgedDocument,
}

/// A figure that posted outcomes give.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum MeasureWord {
    /// Failed outcomes by all outcomes.
    ErrorRatio,
    /// Outcomes that went well by all outcomes.
    SuccessRatio,
    /// Outcomes slower than `slower_than` by all with a latency.
    SlowRatio,
    /// Median latency.
    LatencyP50,
    /// 95th percentile of the latency.
    LatencyP95,
    /// 99th percentile of the latency.
    LatencyP99,
    /// How many outcomes.
    Count,
    /// How many failed outcomes.
    Errors,
    /// The mean of the posted values.
    ValueMean,
}
