//! Which fields each mapping of a rollout document has, and which a later version will have.

use crate::rollout::train::{Cohorts, Extent};
use crate::rollout::{
    Aggregator, Better, Exposures, List, Measure, NoDataThen, RetrySalt, Role, SpanKind, Unit, WebMethod,
};

/// A kind of mapping.
#[derive(Debug)]
pub(super) struct Shape {
    /// What it is called in messages.
    pub(super) what: &'static str,
    /// The fields it may have.
    pub(super) fields: &'static [&'static str],
    /// Fields that a later version reads: refused, but not as a slip of the pen.
    pub(super) later: &'static [&'static str],
}

pub(super) const ROLLOUT: Shape = Shape {
    what: "a rollout",
    fields: &[
        "$schema",
        "kind",
        "name",
        "environment",
        "flag",
        "candidate",
        "stable",
        "bucket_by",
        "salt",
        "layer",
        "retry",
        "exposures",
        "start",
        "baseline",
        "alpha",
        "budget",
        "telemetry",
        "metrics",
        "always",
        "waves",
        "after",
    ],
    later: &["depends_on", "notify", "route", "windows"],
};

pub(super) const TRAIN: Shape = Shape {
    what: "a train",
    fields: &["$schema", "kind", "name", "environment", "watch", "rollback", "cohorts", "rollouts"],
    later: &["notify", "start", "windows"],
};

pub(super) const MEMBER: Shape =
    Shape { what: "a rollout of a train", fields: &["rollout", "watch", "needs"], later: &["approval"] };

pub(super) const METRIC: Shape = Shape {
    what: "a metric",
    fields: &[
        "provider",
        "measure",
        "slower_than",
        "window",
        "min_samples",
        "unit",
        "role",
        "better",
        "query",
        "ratio",
        "connection",
        "address",
        "region",
        "period",
        "namespace",
        "metric",
        "dimensions",
        "statistic",
        "expression",
        "queries",
        "formula",
        "aggregator",
        "samples",
        "method",
        "path",
        "headers",
        "body",
        "content_type",
        "value",
        "time",
        "language",
        "database",
        "organization",
        "command",
        "arguments",
        "event",
        "since",
        "no_data",
        "target",
        "warning",
        "critical",
        "on_warning",
    ],
    later: &[],
};

/// Which fields of [`METRIC`] only some providers have.
pub(super) const OWNED: &[(&str, &[Provider])] = {
    use Provider::{CloudWatch, Datadog, Events, Exec, Graphite, Influx, Outcomes, Prometheus, Web};
    &[
        ("measure", &[Outcomes]),
        ("slower_than", &[Outcomes]),
        ("min_samples", &[Outcomes, Prometheus, CloudWatch, Datadog, Web, Exec]),
        ("window", &[Outcomes, Prometheus, Datadog, Graphite, Influx, Web, Exec]),
        ("query", &[Prometheus, Datadog, Graphite, Influx]),
        ("ratio", &[Prometheus]),
        ("connection", &[Prometheus, CloudWatch, Datadog, Graphite, Influx, Web, Exec]),
        ("address", &[Prometheus, Graphite, Influx, Web]),
        ("region", &[CloudWatch]),
        ("period", &[CloudWatch]),
        ("namespace", &[CloudWatch]),
        ("metric", &[CloudWatch]),
        ("dimensions", &[CloudWatch]),
        ("statistic", &[CloudWatch]),
        ("expression", &[CloudWatch]),
        ("queries", &[CloudWatch, Datadog]),
        ("formula", &[Datadog]),
        ("aggregator", &[Datadog]),
        ("samples", &[CloudWatch, Datadog, Web, Exec]),
        ("method", &[Web]),
        ("path", &[Web]),
        ("headers", &[Web]),
        ("body", &[Web]),
        ("content_type", &[Web]),
        ("value", &[Web, Exec]),
        ("time", &[Web]),
        ("language", &[Influx]),
        ("database", &[Influx]),
        ("organization", &[Influx]),
        ("command", &[Exec]),
        ("arguments", &[Exec]),
        ("event", &[Events]),
        ("since", &[Events]),
    ]
};

/// A statistic of one CloudWatch metric among several.
pub(super) const STATISTIC: Shape =
    Shape { what: "a CloudWatch metric", fields: &["namespace", "metric", "dimensions", "statistic"], later: &[] };

pub(super) const RATIO: Shape = Shape { what: "`ratio`", fields: &["bad", "total"], later: &[] };

pub(super) const NO_DATA_POLICY: Shape = Shape { what: "`no_data`", fields: &["then", "after"], later: &[] };

pub(super) const ALWAYS: Shape =
    Shape { what: "`always`", fields: &["close_when", "step_back_when", "hold_when", "notify_when"], later: &[] };

pub(super) const CLAUSE: Shape = Shape { what: "a condition", fields: &["when", "observe"], later: &[] };

pub(super) const TELEMETRY: Shape =
    Shape { what: "`telemetry`", fields: &["spans", "metric", "user", "value", "failed_when"], later: &[] };

pub(super) const SPANS: Shape = Shape { what: "`spans`", fields: &["name", "kind"], later: &[] };

pub(super) const FAILED_WHEN: Shape =
    Shape { what: "a test of an attribute", fields: &["attribute", "at_least", "is"], later: &[] };

pub(super) const BUDGET: Shape =
    Shape { what: "`budget`", fields: &["metric", "objective", "share", "window"], later: &[] };

pub(super) const LAYER: Shape = Shape { what: "`layer`", fields: &["name", "from", "to"], later: &[] };

pub(super) const RAMP: Shape = Shape { what: "`ramp`", fields: &["to", "over", "steps"], later: &[] };

pub(super) const WAVE: Shape = Shape {
    what: "a wave",
    fields: &[
        "name",
        "exposure",
        "ramp",
        "audience",
        "group",
        "bake",
        "every",
        "min_samples",
        "approval",
        "advance_when",
        "early_when",
        "notify_when",
        "hold_when",
        "step_back_when",
        "close_when",
    ],
    later: &["windows"],
};

pub(super) const GROUP: Shape = Shape { what: "a group", fields: &["users", "rule", "file", "exposure"], later: &[] };

/// The fields of [`GROUP`] that say who is in it: one of them.
pub(super) const WHO: [&str; 3] = ["users", "rule", "file"];

pub(super) const AFTER: Shape = Shape {
    what: "`after`",
    fields: &["watch", "every", "holdback", "notify_when", "hold_when", "step_back_when", "close_when"],
    later: &[],
};

/// Words with what they stand for.
pub(super) type Words<T> = &'static [(&'static str, T)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    Outcomes,
    Prometheus,
    Events,
    CloudWatch,
    Datadog,
    Web,
    Graphite,
    Influx,
    Exec,
}

pub(super) const PROVIDERS: Words<Provider> = &[
    ("outcomes", Provider::Outcomes),
    ("prometheus", Provider::Prometheus),
    ("events", Provider::Events),
    ("cloudwatch", Provider::CloudWatch),
    ("datadog", Provider::Datadog),
    ("web", Provider::Web),
    ("graphite", Provider::Graphite),
    ("influxdb", Provider::Influx),
    ("exec", Provider::Exec),
];

pub(super) const AGGREGATORS: Words<Aggregator> = &[
    ("avg", Aggregator::Avg),
    ("last", Aggregator::Last),
    ("max", Aggregator::Max),
    ("min", Aggregator::Min),
    ("sum", Aggregator::Sum),
];

pub(super) const METHODS: Words<WebMethod> = &[("GET", WebMethod::Get), ("POST", WebMethod::Post)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyKind {
    Json,
    Form,
}

pub(super) const BODIES: Words<BodyKind> =
    &[("application/json", BodyKind::Json), ("application/x-www-form-urlencoded", BodyKind::Form)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    InfluxQl,
    Flux,
}

pub(super) const LANGUAGES: Words<Language> = &[("influxql", Language::InfluxQl), ("flux", Language::Flux)];

/// What `measure` may say; `slow_ratio` needs a bound besides.
pub(super) const MEASURES: Words<Measure> = &[
    ("error_ratio", Measure::ErrorRatio),
    ("success_ratio", Measure::SuccessRatio),
    ("slow_ratio", Measure::SlowRatio(0)),
    ("latency_p50", Measure::LatencyP50),
    ("latency_p95", Measure::LatencyP95),
    ("latency_p99", Measure::LatencyP99),
    ("count", Measure::Count),
    ("errors", Measure::Errors),
    ("value_mean", Measure::ValueMean),
];

pub(super) const UNITS: Words<Unit> = &[
    ("ratio", Unit::Ratio),
    ("percent", Unit::Percent),
    ("seconds", Unit::Seconds),
    ("milliseconds", Unit::Milliseconds),
    ("bytes", Unit::Bytes),
    ("count", Unit::Count),
    ("number", Unit::Number),
];

pub(super) const ROLES: Words<Role> = &[("guardrail", Role::Guardrail), ("signal", Role::Signal)];

pub(super) const NO_DATA: Words<NoDataThen> =
    &[("hold", NoDataThen::Hold), ("close", NoDataThen::Close), ("ignore", NoDataThen::Ignore)];

pub(super) const BETTER: Words<Better> = &[("lower", Better::Lower), ("higher", Better::Higher)];

pub(super) const ON_WARNING: Words<List> = &[("hold", List::Hold), ("notify", List::Notify)];

pub(super) const SPAN_KINDS: Words<SpanKind> = &[
    ("internal", SpanKind::Internal),
    ("server", SpanKind::Server),
    ("client", SpanKind::Client),
    ("producer", SpanKind::Producer),
    ("consumer", SpanKind::Consumer),
];

pub(super) const RETRY: Words<RetrySalt> = &[("same", RetrySalt::Same), ("fresh", RetrySalt::Fresh)];

pub(super) const EXPOSURES: Words<Exposures> =
    &[("outcomes", Exposures::Outcomes), ("evaluations", Exposures::Evaluations)];

pub(super) const EXTENTS: Words<Extent> = &[("all", Extent::All), ("dependents", Extent::Dependents)];

pub(super) const COHORTS: Words<Cohorts> = &[("same", Cohorts::Same), ("disjoint", Cohorts::Disjoint)];

pub(super) const LATER_KINDS: &[&str] = &["Calendar", "Deployment", "Policy"];
