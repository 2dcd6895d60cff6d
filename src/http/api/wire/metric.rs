//! A plan's queries, asked to see what comes back.

use serde::{Deserialize, Serialize};

/// What came of asking a plan's queries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricsTested {
    /// The rollout whose plan it is.
    pub rollout: String,
    /// Whether there is a query at all and all had data.
    pub data: bool,
    /// What came, by metric and variant.
    pub metrics: Vec<MetricAsked>,
    /// The metrics that Tidegate counts itself, which were not asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counted: Vec<String>,
}

/// What came of asking one metric for one variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricAsked {
    /// The metric's name.
    pub metric: String,
    /// Of which variant; left out where it asks for all alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// What kind of system it asks.
    pub provider: String,
    /// The connection of the server's settings, or the address.
    pub connection: String,
    /// The query: with all names filled in when it was asked, otherwise as the plan has it.
    pub query: String,
    /// Its value with unit, or why there is none.
    pub value: String,
    /// The value in the quantity's base unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<f64>,
    /// Whether there is a value.
    pub data: bool,
    /// Where there is none, of which kind that is: `error`, `absent`, `stale` or `inconclusive`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What can be done about having none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What should be known of the value, such as that nothing of what counts as bad was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// How many samples it rests on, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<u64>,
    /// How long the answer took, in milliseconds; left out when nothing was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
}
