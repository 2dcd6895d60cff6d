//! Metrics counted from posted events.

use super::metric::JudgedDocument;
use schemars::JsonSchema;

/// Counted by the rollout from what is posted as having happened.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EventsDocument {
    /// Which event; the metric's own name when left out.
    pub event: Option<String>,
    /// From when on: `wave`, `start`, or over a time such as `24h`; `wave` when left out.
    pub since: Option<String>,
    /// How it is judged.
    #[schemars(flatten)]
    pub judged: JudgedDocument,
}
