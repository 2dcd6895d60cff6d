//! Metrics asked from Datadog.

use super::duration::DurationText;
use super::metric::{JudgedDocument, UnitWord};
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// Asked from Datadog. It has a `query`, or `queries` with a `formula`.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DatadogDocument {
    /// A metric query that gives one number. `{{variant}}` and `{{flag}}` are filled in.
    pub query: Option<String>,
    /// Queries with names for a `formula`.
    pub queries: Option<BTreeMap<String, String>>,
    /// What is computed from the `queries`.
    pub formula: Option<String>,
    /// How the values of the window become one; `avg` when left out.
    pub aggregator: Option<AggregatorWord>,
    /// Which of the `queries` counts the samples.
    pub samples: Option<String>,
    /// Fewer samples than this are no data.
    pub min_samples: Option<u64>,
    /// Over how long it is asked; `5m` when left out.
    pub window: Option<DurationText>,
    /// The connection of the server's settings that is asked; `datadog` when left out.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub connection: Option<String>,
    /// What the query answers in; `number` when left out.
    pub unit: Option<UnitWord>,
    /// How it is judged.
    #[schemars(flatten)]
    pub judged: JudgedDocument,
}

/// How several values become one.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum AggregatorWord {
    /// Their mean.
    Avg,
    /// The last one.
    Last,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// Their sum.
    Sum,
}
