//! Which fields each mapping of a rollout document has, and which a later version will have.

use crate::rollout::{Measure, Role, Unit};

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
        "metrics",
        "always",
        "waves",
        "after",
    ],
    later: &["depends_on", "notify", "route", "windows"],
};

pub(super) const METRIC: Shape = Shape {
    what: "a metric",
    fields: &["provider", "measure", "window", "min_samples", "unit", "role", "query", "address", "no_data"],
    later: &[],
};

/// The fields of [`METRIC`] that only one provider has.
pub(super) const ONLY_OUTCOMES: [&str; 2] = ["measure", "min_samples"];
pub(super) const ONLY_PROMETHEUS: [&str; 2] = ["query", "address"];

pub(super) const ALWAYS: Shape = Shape { what: "`always`", fields: &["close_when", "hold_when"], later: &[] };

pub(super) const WAVE: Shape = Shape {
    what: "a wave",
    fields: &[
        "name",
        "exposure",
        "audience",
        "group",
        "bake",
        "every",
        "approval",
        "advance_when",
        "hold_when",
        "close_when",
    ],
    later: &["windows"],
};

pub(super) const GROUP: Shape = Shape { what: "a group", fields: &["users", "rule", "file", "exposure"], later: &[] };

/// The fields of [`GROUP`] that say who is in it: one of them.
pub(super) const WHO: [&str; 3] = ["users", "rule", "file"];

pub(super) const AFTER: Shape = Shape { what: "`after`", fields: &["watch", "every"], later: &["holdback"] };

/// Words with what they stand for.
pub(super) type Words<T> = &'static [(&'static str, T)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    Outcomes,
    Prometheus,
}

pub(super) const PROVIDERS: Words<Provider> = &[("outcomes", Provider::Outcomes), ("prometheus", Provider::Prometheus)];
pub(super) const LATER_PROVIDERS: &[&str] = &["cloudwatch", "datadog", "exec", "web"];

pub(super) const MEASURES: Words<Measure> = &[
    ("error_ratio", Measure::ErrorRatio),
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

pub(super) const NO_DATA: Words<()> = &[("hold", ())];
pub(super) const LATER_NO_DATA: &[&str] = &["close", "fail", "ignore", "pass", "warn"];

pub(super) const LATER_KINDS: &[&str] = &["Calendar", "Deployment", "Policy", "Train"];
