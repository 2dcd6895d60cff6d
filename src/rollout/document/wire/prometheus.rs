//! Metrics asked from Prometheus.

use super::duration::DurationText;
use super::metric::{JudgedDocument, UnitWord};
use schemars::JsonSchema;

/// Asked from Prometheus, or what speaks its query API. It has a `query` or a `ratio`.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PrometheusDocument {
    /// PromQL that gives one number. `{{variant}}`, `{{flag}}` and `{{window}}` are filled in.
    pub query: Option<String>,
    /// By how much one counter grew, as a share of how much another did.
    pub ratio: Option<RatioDocument>,
    /// Fewer counts than this are no data; 20 when left out. Only for a `ratio`.
    pub min_samples: Option<u64>,
    /// What `{{window}}` stands for, and over how long a `ratio` counts; `5m` when left out.
    pub window: Option<DurationText>,
    /// The connection of the server's settings that is asked; `prometheus` when left out.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub connection: Option<String>,
    /// Another server than a configured one, such as `http://prometheus:9090`.
    #[schemars(regex(pattern = "^https?://"))]
    pub address: Option<String>,
    /// What the query answers in; `number` when left out.
    pub unit: Option<UnitWord>,
    /// How it is judged.
    #[schemars(flatten)]
    pub judged: JudgedDocument,
}

/// Two counters, each as a plain selector of any number of series.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RatioDocument {
    /// What went badly, such as `http_requests_total{code=~"5..",variant="{{variant}}"}`.
    pub bad: String,
    /// Everything, what went badly included.
    pub total: String,
}
