//! Metrics printed by a command.

use super::duration::DurationText;
use super::metric::{JudgedDocument, UnitWord};
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// Printed by a command that the server's settings allow.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ExecDocument {
    /// The name under which it is allowed.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub command: String,
    /// What its arguments are, by their names. `{{variant}}`, `{{flag}}` and `{{window}}` are filled in.
    pub arguments: Option<BTreeMap<String, String>>,
    /// The JSONPath of the value, where it prints JSON; it prints a number when left out.
    #[schemars(regex(pattern = r"^\$"))]
    pub value: Option<String>,
    /// The JSONPath of the number of samples.
    #[schemars(regex(pattern = r"^\$"))]
    pub samples: Option<String>,
    /// Fewer samples than this are no data.
    pub min_samples: Option<u64>,
    /// What `{{window}}` stands for; `5m` when left out.
    pub window: Option<DurationText>,
    /// The connection of the server's settings that is asked; `exec` when left out.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub connection: Option<String>,
    /// What the query answers in; `number` when left out.
    pub unit: Option<UnitWord>,
    /// How it is judged.
    #[schemars(flatten)]
    pub judged: JudgedDocument,
}
