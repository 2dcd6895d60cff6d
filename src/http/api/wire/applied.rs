//! Plans and verbs that are sent, and what a plan did.

use super::rollout::Rollout;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What `POST /api/v1/rollouts` did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// What happened to it.
    pub change: Change,
    /// As it is now.
    pub rollout: Rollout,
    /// What changed in the plan's text, as a unified diff, if it replaced another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
}

/// What an application of a plan did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Created,
    /// The plan was replaced.
    Updated,
    /// It was this one already.
    Unchanged,
}

/// The body of a verb; all of it may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who asks, as they call themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// The media type of [`PlanWithFiles`].
pub const PLAN_WITH_FILES: &str = "application/vnd.tidegate.plan+json";

/// A plan together with the files that it names, as `POST /api/v1/rollouts` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanWithFiles {
    /// The document.
    pub plan: String,
    /// How it is written.
    #[serde(default)]
    pub format: PlanFormat,
    /// The files' texts, by the names that the plan has for them.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

/// How a plan is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanFormat {
    /// As YAML.
    #[default]
    Yaml,
    /// As JSON.
    Json,
}
