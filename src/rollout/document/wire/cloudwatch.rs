//! Metrics asked from Amazon CloudWatch.

use super::duration::DurationText;
use super::metric::{JudgedDocument, UnitWord};
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// Asked from Amazon CloudWatch: the newest complete period. It has a `metric`, or `queries` with an `expression`,
/// or an `expression` alone.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CloudWatchDocument {
    /// The region that is asked; the connection's when left out.
    #[schemars(regex(pattern = "^[a-z0-9-]{1,40}$"))]
    pub region: Option<String>,
    /// Over how long each value is taken: a multiple of a minute, or 1, 5, 10, 20 or 30 seconds; `1m` when left out.
    pub period: Option<DurationText>,
    /// The namespace of the metric.
    pub namespace: Option<String>,
    /// The name of the metric.
    pub metric: Option<String>,
    /// The metric's dimensions, all of them. `{{variant}}` and `{{flag}}` are filled in.
    pub dimensions: Option<BTreeMap<String, String>>,
    /// Such as `Sum`, `Average` or `p99`.
    pub statistic: Option<String>,
    /// Metrics with names for an `expression`: each is a metric, or an expression itself.
    pub queries: Option<BTreeMap<String, FigureDocument>>,
    /// Metric math over the `queries`, or a query of Metrics Insights.
    pub expression: Option<String>,
    /// Which of the `queries` counts the samples.
    pub samples: Option<String>,
    /// Fewer samples than this are no data.
    pub min_samples: Option<u64>,
    /// The connection of the server's settings that is asked; `cloudwatch` when left out.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub connection: Option<String>,
    /// What the query answers in; `number` when left out.
    pub unit: Option<UnitWord>,
    /// How it is judged.
    #[schemars(flatten)]
    pub judged: JudgedDocument,
}

/// A CloudWatch metric, or an expression over others.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum FigureDocument {
    /// Metric math, or a query of Metrics Insights.
    Expression(String),
    /// A statistic of one metric.
    Statistic(StatisticDocument),
}

/// A statistic of one CloudWatch metric.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StatisticDocument {
    /// The namespace of the metric.
    pub namespace: String,
    /// The name of the metric.
    pub metric: String,
    /// The metric's dimensions, all of them. `{{variant}}` and `{{flag}}` are filled in.
    pub dimensions: Option<BTreeMap<String, String>>,
    /// Such as `Sum`, `Average` or `p99`.
    pub statistic: String,
}
