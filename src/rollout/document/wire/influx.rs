//! Metrics asked from InfluxDB.

use super::duration::DurationText;
use super::metric::{JudgedDocument, UnitWord};
use schemars::JsonSchema;

/// Asked from InfluxDB.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct InfluxDocument {
    /// A query that gives one series. `{{variant}}` and `{{flag}}` are filled in inside of quotes, and `{{window}}`.
    pub query: String,
    /// The language of the query; `influxql` when left out.
    pub language: Option<LanguageWord>,
    /// The database that is asked in InfluxQL; the connection's when left out.
    pub database: Option<String>,
    /// The organization that is asked in Flux; the connection's when left out.
    pub organization: Option<String>,
    /// What `{{window}}` stands for; `5m` when left out.
    pub window: Option<DurationText>,
    /// The connection of the server's settings that is asked; `influxdb` when left out.
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

/// A query language of InfluxDB.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum LanguageWord {
    /// InfluxQL, of version 1 and of what answers as it does.
    InfluxQl,
    /// Flux, of version 2.
    Flux,
}
