//! What was posted of a rollout's variants, and who was served them.

use serde::{Deserialize, Serialize};

/// Both variants of a rollout since its wave began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenOutcomes {
    /// Since when, RFC 3339.
    pub since: String,
    /// The variant being rolled out.
    pub candidate: SeenVariant,
    /// The variant that everybody else gets.
    pub stable: SeenVariant,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenVariant {
    /// Its name.
    pub variant: String,
    /// How many outcomes there were.
    pub outcomes: u64,
    /// How many of them failed.
    pub errors: u64,
    /// How many came with a targeting key.
    pub keyed: u64,
    /// The users they came with.
    pub users: SeenUsers,
    /// How long they took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<SeenLatency>,
    /// Their values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<SeenValues>,
    /// To whom evaluations gave it; left out where that is not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposed: Option<SeenExposures>,
}

/// Distinct users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenUsers {
    /// How many.
    pub users: u64,
    /// For how many of them something failed.
    pub failed: u64,
    /// Of how many of a million users these are those that are remembered: all when there are not too many.
    pub of_million: u32,
}

/// Latencies, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeenLatency {
    /// The median.
    pub p50: f64,
    /// The 95th percentile.
    pub p95: f64,
    /// The 99th percentile.
    pub p99: f64,
}

/// Values, in the unit in which they were posted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeenValues {
    /// How many.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// The variance of one of them; larger where the values of a user go together.
    pub variance: f64,
}

/// Exposures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenExposures {
    /// How often the variant was given.
    pub times: u64,
    /// To how many distinct users.
    pub users: u64,
    /// Of how many of a million users these are those that are remembered.
    pub of_million: u32,
}
