//! Durations.

use schemars::JsonSchema;

/// A duration such as `30s`, `15m`, `1h30m` or `14d`.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub struct DurationText(#[schemars(regex(pattern = r"^([0-9]+(ms|s|m|h|d|w))+$"))] pub String);
