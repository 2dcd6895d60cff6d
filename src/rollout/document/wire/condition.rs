//! Conditions, and what is said of them.

use schemars::JsonSchema;

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
