//! A metric: where it comes from, and how it is judged.

use super::cloudwatch::CloudWatchDocument;
use super::datadog::DatadogDocument;
use super::duration::DurationText;
use super::events::EventsDocument;
use super::exec::ExecDocument;
use super::graphite::GraphiteDocument;
use super::influx::InfluxDocument;
use super::outcomes::OutcomesDocument;
use super::prometheus::PrometheusDocument;
use super::web::WebDocument;
use schemars::JsonSchema;

/// A named reading.
#[derive(Debug, JsonSchema)]
#[schemars(tag = "provider", rename_all = "snake_case", deny_unknown_fields)]
pub enum MetricDocument {
    /// Kept by Tidegate itself from the outcomes that applications post.
    Outcomes(OutcomesDocument),
    /// Asked from Prometheus, or what speaks its query API. It has a `query` or a `ratio`.
    Prometheus(PrometheusDocument),
    /// Counted by the rollout from what is posted as having happened.
    Events(EventsDocument),
    /// Asked from Amazon CloudWatch: the newest complete period. It has a `metric`, or `queries` with an `expression`,
    /// or an `expression` alone.
    #[schemars(rename = "cloudwatch")]
    CloudWatch(CloudWatchDocument),
    /// Asked from Datadog. It has a `query`, or `queries` with a `formula`.
    Datadog(DatadogDocument),
    /// Asked from an endpoint that answers in JSON.
    Web(WebDocument),
    /// Asked from Graphite: the newest value.
    Graphite(GraphiteDocument),
    /// Asked from InfluxDB.
    #[schemars(rename = "influxdb")]
    Influx(InfluxDocument),
    /// Printed by a command that the server's settings allow.
    Exec(ExecDocument),
}

/// What every metric has, wherever it comes from: what it may cause, and what is good.
#[derive(Debug, JsonSchema)]
pub struct JudgedDocument {
    /// What the metric may cause.
    pub role: Option<RoleWord>,
    /// Which way is good; `lower` when left out, but `higher` for outcomes' `success_ratio`.
    pub better: Option<BetterWord>,
    /// What happens while there is no data.
    pub no_data: Option<NoDataDocument>,
    /// What is wanted, such as `< 2%`: it must be so to go on.
    pub target: Option<String>,
    /// What warns, such as `> 5%`.
    pub warning: Option<String>,
    /// What comes of a warning; `hold` when left out.
    pub on_warning: Option<WarningWord>,
    /// What closes the flag, such as `> 10% for 5m`.
    pub critical: Option<String>,
}

/// What a metric may cause.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum RoleWord {
    /// May close the flag. This is so when nothing is said.
    Guardrail,
    /// May only hold.
    Signal,
}

/// Which way is good.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum BetterWord {
    /// Low values.
    Lower,
    /// High values.
    Higher,
}

/// What comes of a warning.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum WarningWord {
    /// The rollout stays where it is.
    Hold,
    /// Somebody is told.
    Notify,
}

/// What happens while a metric has no data, and from when on.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum NoDataDocument {
    /// What happens.
    Then(NoDataWord),
    /// What happens after how long.
    After(NoDataPolicyDocument),
}

/// What happens while a metric has no data, and from when on.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct NoDataPolicyDocument {
    /// What happens.
    pub then: NoDataWord,
    /// After how long without data; until then it holds.
    pub after: Option<DurationText>,
}

/// What happens while a metric has no data.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum NoDataWord {
    /// The rollout stays where it is. This is so when nothing is said.
    Hold,
    /// The flag closes, after five minutes when nothing is said.
    Close,
    /// Nothing holds for it; what must be true to go on is not true by it.
    Ignore,
}

/// The unit a provider answers in.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum UnitWord {
    /// A share, 1 being the whole.
    Ratio,
    /// A share, 100 being the whole.
    Percent,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Bytes.
    Bytes,
    /// How many.
    Count,
    /// Anything else.
    Number,
}
