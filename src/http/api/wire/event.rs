//! Posted events, and what they did.

use serde::{Deserialize, Serialize};

/// An event, as `POST /api/v1/events` takes it, alone or in a list. Of `rollout` and `flag` at most one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What happened.
    pub event: String,
    /// The sender's own identity of this report.
    pub id: String,
    /// How many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The rollout that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<String>,
    /// The flag whose rollout it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
    /// Only rollouts of this environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What there is to say of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What posted events did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventsPosted {
    /// The rollouts that they closed.
    pub closed: Vec<String>,
    /// The rollouts that were closed before.
    pub already_closed: Vec<String>,
    /// The rollouts that counted at least one of them now.
    pub counted: Vec<String>,
    /// The rollouts that had counted at least one of them before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repeated: Vec<String>,
    /// The events that nobody counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_counted: Vec<EventNotCounted>,
}

/// An event that nobody counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventNotCounted {
    /// Its place in the list, from 0.
    pub item: usize,
    /// What it was.
    pub event: String,
    /// Why nobody counts it.
    pub why: String,
    /// What may have been meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}
