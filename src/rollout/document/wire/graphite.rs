//! Metrics asked from Graphite.

use super::duration::DurationText;
use super::metric::{JudgedDocument, UnitWord};
use schemars::JsonSchema;

/// Asked from Graphite: the newest value.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct GraphiteDocument {
    /// A target that gives one series. `{{variant}}`, `{{flag}}` and `{{window}}` are filled in.
    pub query: String,
    /// Over how long it is asked; `5m` when left out.
    pub window: Option<DurationText>,
    /// The connection of the server's settings that is asked; `graphite` when left out.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub connection: Option<String>,
    /// Another server than a configured one, such as `https://metrics.example`.
    #[schemars(regex(pattern = "^https?://"))]
    pub address: Option<String>,
    /// What the query answers in; `number` when left out.
    pub unit: Option<UnitWord>,
    /// How it is judged.
    #[schemars(flatten)]
    pub judged: JudgedDocument,
}
