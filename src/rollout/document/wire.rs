//! The rollout document's shape as a JSON Schema, so that editors complete and check what is written.
//!
//! Documents are not read through these types but field by field, with the place of each fault; a
//! test keeps the two in step.

use super::telemetry_wire::TelemetryDocument;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::Value;
use std::collections::BTreeMap;

/// A rollout: waves for one flag, and what must be true to open and to close them.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "Tidegate rollout")]
pub struct RolloutDocument {
    /// Where this schema is, for editors.
    #[schemars(rename = "$schema")]
    pub schema: Option<String>,
    /// What this document is.
    pub kind: RolloutKind,
    /// The rollout's name: letters, digits, `.`, `_` and `-`.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub name: String,
    /// The environment it belongs to; `default` when left out.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub environment: Option<String>,
    /// The key of the flag whose exposure it drives.
    #[schemars(length(min = 1, max = 200))]
    pub flag: String,
    /// The variant that is rolled out.
    #[schemars(length(min = 1, max = 200))]
    pub candidate: String,
    /// The variant that everybody else gets.
    #[schemars(length(min = 1, max = 200))]
    pub stable: String,
    /// The context attribute that decides who is in a share; `targetingKey` when left out.
    #[schemars(length(min = 1, max = 200))]
    pub bucket_by: Option<String>,
    /// Hashed before that attribute, so that rollouts do not share their first users; the rollout's
    /// name when left out. Rollouts with the same salt open to the same users first.
    #[schemars(length(min = 1, max = 200))]
    pub salt: Option<String>,
    /// The slice of a layer that the rollout keeps to. Rollouts with slices that do not overlap never share a user.
    pub layer: Option<LayerDocument>,
    /// Who has the candidate first in another attempt; `same` when left out.
    pub retry: Option<RetryWord>,
    /// By what the users of both groups are counted, to see whether there are as many as there should be; `outcomes`
    /// when left out.
    pub exposures: Option<ExposuresWord>,
    /// When it begins by itself, such as `2026-03-02T09:00:00+01:00`. Nobody can begin it earlier.
    pub start: Option<String>,
    /// Over how long before the first wave the baseline is taken.
    pub baseline: Option<DurationText>,
    /// How often a sound candidate may be called worse; `0.01` when left out.
    pub alpha: Option<AlphaDocument>,
    /// What the candidate may cost.
    pub budget: Option<BudgetDocument>,
    /// Which spans or metric points of traced applications become outcomes; every span that names the flag when
    /// left out.
    pub telemetry: Option<TelemetryDocument>,
    /// The metrics that conditions may speak of, by name.
    pub metrics: Option<BTreeMap<String, MetricDocument>>,
    /// What is looked at in every wave, and in the watch after them.
    pub always: Option<AlwaysDocument>,
    /// The waves, in their order. Each adds to those before it: nobody loses the candidate from one to the next.
    #[schemars(length(min = 1, max = 100))]
    pub waves: Vec<WaveDocument>,
    /// The watch after the last wave.
    pub after: Option<AfterDocument>,
}

/// The kind of document.
#[derive(Debug, JsonSchema)]
pub enum RolloutKind {
    /// A rollout.
    Rollout,
}

/// A named reading.
#[derive(Debug, JsonSchema)]
#[schemars(tag = "provider", rename_all = "snake_case", deny_unknown_fields)]
pub enum MetricDocument {
    /// Kept by Tidegate itself from the outcomes that applications post.
    Outcomes {
        /// The figure.
        measure: MeasureWord,
        /// Over how long, at most `3d`; `5m` when left out.
        window: Option<DurationText>,
        /// Fewer outcomes than this are no data; 20 when left out, and 0 for `count`.
        min_samples: Option<u64>,
        /// What the posted values are in; only for `value_mean`.
        unit: Option<UnitWord>,
        /// From which latency on an outcome is slow; only for `slow_ratio`.
        slower_than: Option<DurationText>,
        /// What the metric may cause.
        role: Option<RoleWord>,
        /// Which way is good; `higher` for `success_ratio`, `lower` for all else when left out.
        better: Option<BetterWord>,
        /// What happens while there is no data.
        no_data: Option<NoDataDocument>,
        /// What is wanted, such as `< 2%`: it must be so to go on.
        target: Option<String>,
        /// What warns, such as `> 5%`.
        warning: Option<String>,
        /// What comes of a warning; `hold` when left out.
        on_warning: Option<WarningWord>,
        /// What closes the flag, such as `> 10% for 5m`.
        critical: Option<String>,
    },
    /// Asked from Prometheus, or what speaks its query API. It has a `query` or a `ratio`.
    Prometheus {
        /// PromQL that gives one number. `{{variant}}`, `{{flag}}` and `{{window}}` are filled in.
        query: Option<String>,
        /// By how much one counter grew, as a share of how much another did.
        ratio: Option<RatioDocument>,
        /// Fewer counts than this are no data; 20 when left out. Only for a `ratio`.
        min_samples: Option<u64>,
        /// What `{{window}}` stands for, and over how long a `ratio` counts; `5m` when left out.
        window: Option<DurationText>,
        /// The connection of the server's settings that is asked; `prometheus` when left out.
        #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
        connection: Option<String>,
        /// Another server than a configured one, such as `http://prometheus:9090`.
        #[schemars(regex(pattern = "^https?://"))]
        address: Option<String>,
        /// What the query answers in; `number` when left out.
        unit: Option<UnitWord>,
        /// What the metric may cause.
        role: Option<RoleWord>,
        /// Which way is good; `higher` for `success_ratio`, `lower` for all else when left out.
        better: Option<BetterWord>,
        /// What happens while there is no data.
        no_data: Option<NoDataDocument>,
        /// What is wanted, such as `< 2%`: it must be so to go on.
        target: Option<String>,
        /// What warns, such as `> 5%`.
        warning: Option<String>,
        /// What comes of a warning; `hold` when left out.
        on_warning: Option<WarningWord>,
        /// What closes the flag, such as `> 10% for 5m`.
        critical: Option<String>,
    },
    /// Counted by the rollout from what is posted as having happened.
    Events {
        /// Which event; the metric's own name when left out.
        event: Option<String>,
        /// From when on: `wave`, `start`, or over a time such as `24h`; `wave` when left out.
        since: Option<String>,
        /// What the metric may cause.
        role: Option<RoleWord>,
        /// Which way is good; `higher` for `success_ratio`, `lower` for all else when left out.
        better: Option<BetterWord>,
        /// What happens while there is no data.
        no_data: Option<NoDataDocument>,
        /// What is wanted, such as `< 2%`: it must be so to go on.
        target: Option<String>,
        /// What warns, such as `> 5%`.
        warning: Option<String>,
        /// What comes of a warning; `hold` when left out.
        on_warning: Option<WarningWord>,
        /// What closes the flag, such as `> 10% for 5m`.
        critical: Option<String>,
    },
    /// Asked from Amazon CloudWatch: the newest complete period. It has a `metric`, or `queries` with an `expression`,
    /// or an `expression` alone.
    #[schemars(rename = "cloudwatch")]
    CloudWatch {
        /// The region that is asked; the connection's when left out.
        #[schemars(regex(pattern = "^[a-z0-9-]{1,40}$"))]
        region: Option<String>,
        /// Over how long each value is taken: a multiple of a minute, or 1, 5, 10, 20 or 30 seconds; `1m` when left out.
        period: Option<DurationText>,
        /// The namespace of the metric.
        namespace: Option<String>,
        /// The name of the metric.
        metric: Option<String>,
        /// The metric's dimensions, all of them. `{{variant}}` and `{{flag}}` are filled in.
        dimensions: Option<BTreeMap<String, String>>,
        /// Such as `Sum`, `Average` or `p99`.
        statistic: Option<String>,
        /// Metrics with names for an `expression`: each is a metric, or an expression itself.
        queries: Option<BTreeMap<String, FigureDocument>>,
        /// Metric math over the `queries`, or a query of Metrics Insights.
        expression: Option<String>,
        /// Which of the `queries` counts the samples.
        samples: Option<String>,
        /// Fewer samples than this are no data.
        min_samples: Option<u64>,
        /// The connection of the server's settings that is asked; `cloudwatch` when left out.
        #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
        connection: Option<String>,
        /// What the query answers in; `number` when left out.
        unit: Option<UnitWord>,
        /// What the metric may cause.
        role: Option<RoleWord>,
        /// Which way is good; `lower` when left out.
        better: Option<BetterWord>,
        /// What happens while there is no data.
        no_data: Option<NoDataDocument>,
        /// What is wanted, such as `< 2%`: it must be so to go on.
        target: Option<String>,
        /// What warns, such as `> 5%`.
        warning: Option<String>,
        /// What comes of a warning; `hold` when left out.
        on_warning: Option<WarningWord>,
        /// What closes the flag, such as `> 10% for 5m`.
        critical: Option<String>,
    },
    /// Asked from Datadog. It has a `query`, or `queries` with a `formula`.
    Datadog {
        /// A metric query that gives one number. `{{variant}}` and `{{flag}}` are filled in.
        query: Option<String>,
        /// Queries with names for a `formula`.
        queries: Option<BTreeMap<String, String>>,
        /// What is computed from the `queries`.
        formula: Option<String>,
        /// How the values of the window become one; `avg` when left out.
        aggregator: Option<AggregatorWord>,
        /// Which of the `queries` counts the samples.
        samples: Option<String>,
        /// Fewer samples than this are no data.
        min_samples: Option<u64>,
        /// Over how long it is asked; `5m` when left out.
        window: Option<DurationText>,
        /// The connection of the server's settings that is asked; `datadog` when left out.
        #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
        connection: Option<String>,
        /// What the query answers in; `number` when left out.
        unit: Option<UnitWord>,
        /// What the metric may cause.
        role: Option<RoleWord>,
        /// Which way is good; `lower` when left out.
        better: Option<BetterWord>,
        /// What happens while there is no data.
        no_data: Option<NoDataDocument>,
        /// What is wanted, such as `< 2%`: it must be so to go on.
        target: Option<String>,
        /// What warns, such as `> 5%`.
        warning: Option<String>,
        /// What comes of a warning; `hold` when left out.
        on_warning: Option<WarningWord>,
        /// What closes the flag, such as `> 10% for 5m`.
        critical: Option<String>,
    },
    /// Asked from an endpoint that answers in JSON.
    Web {
        /// What comes behind the address. `{{variant}}`, `{{flag}}` and `{{window}}` are filled in, here and below.
        #[schemars(regex(pattern = "^[/?]"))]
        path: Option<String>,
        /// `POST` where there is a body, `GET` where there is none, when left out.
        method: Option<MethodWord>,
        /// Headers by their names. Secrets belong to the connection.
        headers: Option<BTreeMap<String, String>>,
        /// What is sent.
        body: Option<String>,
        /// What the body is; `application/json` when left out.
        content_type: Option<ContentTypeWord>,
        /// The JSONPath of the value, such as `$.data.value`.
        #[schemars(regex(pattern = r"^\$"))]
        value: String,
        /// The JSONPath of the number of samples.
        #[schemars(regex(pattern = r"^\$"))]
        samples: Option<String>,
        /// The JSONPath of the value's time: RFC 3339, or seconds or milliseconds since 1970.
        #[schemars(regex(pattern = r"^\$"))]
        time: Option<String>,
        /// Fewer samples than this are no data.
        min_samples: Option<u64>,
        /// What `{{window}}` stands for; `5m` when left out.
        window: Option<DurationText>,
        /// The connection of the server's settings that is asked; `web` when left out.
        #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
        connection: Option<String>,
        /// Another server than a configured one, such as `https://metrics.example`.
        #[schemars(regex(pattern = "^https?://"))]
        address: Option<String>,
        /// What the query answers in; `number` when left out.
        unit: Option<UnitWord>,
        /// What the metric may cause.
        role: Option<RoleWord>,
        /// Which way is good; `lower` when left out.
        better: Option<BetterWord>,
        /// What happens while there is no data.
        no_data: Option<NoDataDocument>,
        /// What is wanted, such as `< 2%`: it must be so to go on.
        target: Option<String>,
        /// What warns, such as `> 5%`.
        warning: Option<String>,
        /// What comes of a warning; `hold` when left out.
        on_warning: Option<WarningWord>,
        /// What closes the flag, such as `> 10% for 5m`.
        critical: Option<String>,
    },
    /// Asked from Graphite: the newest value.
    Graphite {
        /// A target that gives one series. `{{variant}}`, `{{flag}}` and `{{window}}` are filled in.
        query: String,
        /// Over how long it is asked; `5m` when left out.
        window: Option<DurationText>,
        /// The connection of the server's settings that is asked; `graphite` when left out.
        #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
        connection: Option<String>,
        /// Another server than a configured one, such as `https://metrics.example`.
        #[schemars(regex(pattern = "^https?://"))]
        address: Option<String>,
        /// What the query answers in; `number` when left out.
        unit: Option<UnitWord>,
        /// What the metric may cause.
        role: Option<RoleWord>,
        /// Which way is good; `lower` when left out.
        better: Option<BetterWord>,
        /// What happens while there is no data.
        no_data: Option<NoDataDocument>,
        /// What is wanted, such as `< 2%`: it must be so to go on.
        target: Option<String>,
        /// What warns, such as `> 5%`.
        warning: Option<String>,
        /// What comes of a warning; `hold` when left out.
        on_warning: Option<WarningWord>,
        /// What closes the flag, such as `> 10% for 5m`.
        critical: Option<String>,
    },
    /// Asked from InfluxDB.
    #[schemars(rename = "influxdb")]
    Influx {
        /// A query that gives one series. `{{variant}}` and `{{flag}}` are filled in inside of quotes, and `{{window}}`.
        query: String,
        /// The language of the query; `influxql` when left out.
        language: Option<LanguageWord>,
        /// The database that is asked in InfluxQL; the connection's when left out.
        database: Option<String>,
        /// The organization that is asked in Flux; the connection's when left out.
        organization: Option<String>,
        /// What `{{window}}` stands for; `5m` when left out.
        window: Option<DurationText>,
        /// The connection of the server's settings that is asked; `influxdb` when left out.
        #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
        connection: Option<String>,
        /// Another server than a configured one, such as `https://metrics.example`.
        #[schemars(regex(pattern = "^https?://"))]
        address: Option<String>,
        /// What the query answers in; `number` when left out.
        unit: Option<UnitWord>,
        /// What the metric may cause.
        role: Option<RoleWord>,
        /// Which way is good; `lower` when left out.
        better: Option<BetterWord>,
        /// What happens while there is no data.
        no_data: Option<NoDataDocument>,
        /// What is wanted, such as `< 2%`: it must be so to go on.
        target: Option<String>,
        /// What warns, such as `> 5%`.
        warning: Option<String>,
        /// What comes of a warning; `hold` when left out.
        on_warning: Option<WarningWord>,
        /// What closes the flag, such as `> 10% for 5m`.
        critical: Option<String>,
    },
    /// Printed by a command that the server's settings allow.
    Exec {
        /// The name under which it is allowed.
        #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
        command: String,
        /// What its arguments are, by their names. `{{variant}}`, `{{flag}}` and `{{window}}` are filled in.
        arguments: Option<BTreeMap<String, String>>,
        /// The JSONPath of the value, where it prints JSON; it prints a number when left out.
        #[schemars(regex(pattern = r"^\$"))]
        value: Option<String>,
        /// The JSONPath of the number of samples.
        #[schemars(regex(pattern = r"^\$"))]
        samples: Option<String>,
        /// Fewer samples than this are no data.
        min_samples: Option<u64>,
        /// What `{{window}}` stands for; `5m` when left out.
        window: Option<DurationText>,
        /// The connection of the server's settings that is asked; `exec` when left out.
        #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
        connection: Option<String>,
        /// What the query answers in; `number` when left out.
        unit: Option<UnitWord>,
        /// What the metric may cause.
        role: Option<RoleWord>,
        /// Which way is good; `lower` when left out.
        better: Option<BetterWord>,
        /// What happens while there is no data.
        no_data: Option<NoDataDocument>,
        /// What is wanted, such as `< 2%`: it must be so to go on.
        target: Option<String>,
        /// What warns, such as `> 5%`.
        warning: Option<String>,
        /// What comes of a warning; `hold` when left out.
        on_warning: Option<WarningWord>,
        /// What closes the flag, such as `> 10% for 5m`.
        critical: Option<String>,
    },
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

/// How an endpoint is asked.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "UPPERCASE")]
pub enum MethodWord {
    /// With all that is asked in the address.
    Get,
    /// With a body.
    Post,
}

/// What a body is.
#[derive(Debug, JsonSchema)]
pub enum ContentTypeWord {
    /// JSON.
    #[schemars(rename = "application/json")]
    Json,
    /// A form.
    #[schemars(rename = "application/x-www-form-urlencoded")]
    Form,
}

/// A query language of InfluxDB.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum LanguageWord {
    /// InfluxQL, of version 1 and of what answers as it does.
    InfluxQl,
    /// Flux, of version 2.
    Flux,
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

/// What a metric may cause.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum RoleWord {
    /// May close the flag. This is so when nothing is said.
    Guardrail,
    /// May only hold.
    Signal,
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

/// Who has the candidate first in another attempt.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum RetryWord {
    /// The same users as before.
    Same,
    /// Others.
    Fresh,
}

/// By what it is seen whom each variant is given to.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum ExposuresWord {
    /// Those of whom outcomes are posted.
    Outcomes,
    /// Those to whom this server's evaluation door gave a variant.
    Evaluations,
}

/// A slice of a layer: the users whose bucket in the layer is from `from` up to, but without, `to`.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LayerDocument {
    /// The layer's name: letters, digits, `.`, `_` and `-`. It decides which users are in which slice.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub name: String,
    /// Where the slice begins, such as `0%`.
    #[schemars(regex(pattern = r"^[0-9]+(\.[0-9]+)?\s*%$"))]
    pub from: String,
    /// Where it ends, such as `50%`.
    #[schemars(regex(pattern = r"^[0-9]+(\.[0-9]+)?\s*%$"))]
    pub to: String,
}

/// How often a sound candidate may be called worse.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum AlphaDocument {
    /// As a percentage such as `1%`.
    Percentage(String),
    /// As a share such as `0.01`.
    Share(f64),
}

/// The cap on the harm that a rollout may do.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct BudgetDocument {
    /// The metric that is the share of what fails.
    pub metric: String,
    /// The share that must succeed, such as `99.9%`.
    pub objective: String,
    /// How much of what may fail the rollout may use up, such as `10%`.
    pub share: String,
    /// Over how long the objective is kept; `30d` when left out.
    pub window: Option<DurationText>,
}

/// What is judged in every wave.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AlwaysDocument {
    /// When one is true the flag closes.
    pub close_when: Option<Conditions>,
    /// When one is true the rollout goes back to the wave before; from the first wave and in the watch it closes.
    pub step_back_when: Option<Conditions>,
    /// While one is true the rollout stays where it is.
    pub hold_when: Option<Conditions>,
    /// When one becomes true somebody is told.
    pub notify_when: Option<Conditions>,
}

/// A step of exposure, and what must be true to leave it.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WaveDocument {
    /// Its name: letters, digits, `.`, `_` and `-`.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub name: String,
    /// The share of the audience that gets the candidate, such as `25%`; the smallest step is 0.0001%. A wave has
    /// this or a `group`.
    #[schemars(regex(pattern = r"^[0-9]+(\.[0-9]+)?\s*%$"))]
    pub exposure: Option<String>,
    /// From that share on in equal steps up to another.
    pub ramp: Option<RampDocument>,
    /// Who may be in the share, as a rule in JSONLogic; everybody when left out.
    pub audience: Option<serde_json::Map<String, Value>>,
    /// The users that get the candidate, instead of `exposure` and `audience`.
    pub group: Option<GroupDocument>,
    /// The least time under observation before the next wave.
    pub bake: DurationText,
    /// The time between checks; `1m` when left out.
    pub every: Option<DurationText>,
    /// So many outcomes of the candidate must have been seen in the wave before the next.
    pub min_samples: Option<u64>,
    /// Who must agree before this wave opens.
    pub approval: Option<ApprovalDocument>,
    /// All must be true to go on.
    pub advance_when: Option<Conditions>,
    /// When all are true the bake is over before its time.
    pub early_when: Option<Conditions>,
    /// When one becomes true somebody is told.
    pub notify_when: Option<Conditions>,
    /// While one is true the rollout stays where it is.
    pub hold_when: Option<Conditions>,
    /// When one is true the rollout goes back to the wave before.
    pub step_back_when: Option<Conditions>,
    /// When one is true the flag closes.
    pub close_when: Option<Conditions>,
}

/// Users that a wave opens to: one of `users`, `rule` and `file`.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct GroupDocument {
    /// They themselves: what the context has under `bucket_by`.
    #[schemars(length(min = 1, max = 100_000))]
    pub users: Option<Vec<String>>,
    /// A rule in JSONLogic that is true for them.
    pub rule: Option<serde_json::Map<String, Value>>,
    /// A file beside or below the plan's own: one user a line, comments begin with `#`.
    #[schemars(length(min = 1, max = 200))]
    pub file: Option<String>,
    /// How many of them; `100%` when left out.
    #[schemars(regex(pattern = r"^[0-9]+(\.[0-9]+)?\s*%$"))]
    pub exposure: Option<String>,
}

/// The watch at the last wave's exposure, before the rollout counts as completed.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AfterDocument {
    /// How long.
    pub watch: DurationText,
    /// The time between checks; `1m` when left out.
    pub every: Option<DurationText>,
    /// The share of everybody that stays without the candidate until the watch is over, such as `1%`.
    pub holdback: Option<String>,
    /// When one becomes true somebody is told.
    pub notify_when: Option<Conditions>,
    /// While one is true the watch does not go on.
    pub hold_when: Option<Conditions>,
    /// When one is true the flag closes: in the watch there is no wave to go back to.
    pub step_back_when: Option<Conditions>,
    /// When one is true the flag closes.
    pub close_when: Option<Conditions>,
}

/// A ramp: from the wave's exposure up to another, in equal steps of equal time.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RampDocument {
    /// Where it ends, such as `50%`.
    pub to: String,
    /// How long it takes.
    pub over: DurationText,
    /// In how many steps.
    #[schemars(range(min = 1, max = 100))]
    pub steps: u64,
}

/// Whether and by whom a wave must be approved.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum ApprovalDocument {
    /// Whether some person must agree.
    Needed(bool),
    /// Who must agree.
    By(#[schemars(length(min = 1))] String),
}

/// Conditions such as `error_rate > 10% for 5m`: one, or a list.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Conditions {
    /// One.
    One(ConditionDocument),
    /// Several.
    Several(#[schemars(length(max = 100))] Vec<ConditionDocument>),
}

/// A condition such as `error_rate > 10% for 5m`, perhaps with more said of it.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum ConditionDocument {
    /// The condition alone.
    Plain(String),
    /// The condition, and more.
    Told(ClauseDocument),
}

/// A condition and what is said of it.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ClauseDocument {
    /// The condition.
    pub when: String,
    /// Whether it is only looked at and told.
    pub observe: Option<bool>,
}

/// A duration such as `30s`, `15m`, `1h30m` or `14d`.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct DurationText(#[schemars(regex(pattern = r"^([0-9]+(ms|s|m|h|d|w))+$"))] pub String);

/// The JSON Schema (draft 2020-12) of a rollout document.
#[must_use]
pub fn json_schema() -> Value {
    schema_of::<RolloutDocument>()
}

/// The JSON Schema of a document, without `null`.
pub(super) fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(NoNulls));
    settings.into_generator().into_root_schema_for::<T>().into()
}

/// A field that may be left out may still not be `null`: the schema must not offer it.
#[derive(Debug, Clone)]
struct NoNulls;

impl Transform for NoNulls {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        let Some(Value::Array(choices)) = schema.get_mut("anyOf") else { return };
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            only.into_iter().for_each(|(key, value)| {
                schema.insert(key, value);
            });
        }
    }
}
