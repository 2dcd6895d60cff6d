//! Metrics asked from an endpoint that answers in JSON.

use super::duration::DurationText;
use super::metric::{JudgedDocument, UnitWord};
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// Asked from an endpoint that answers in JSON.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WebDocument {
    /// What comes behind the address. `{{variant}}`, `{{flag}}` and `{{window}}` are filled in, here and below.
    #[schemars(regex(pattern = "^[/?]"))]
    pub path: Option<String>,
    /// `POST` where there is a body, `GET` where there is none, when left out.
    pub method: Option<MethodWord>,
    /// Headers by their names. Secrets belong to the connection.
    pub headers: Option<BTreeMap<String, String>>,
    /// What is sent.
    pub body: Option<String>,
    /// What the body is; `application/json` when left out.
    pub content_type: Option<ContentTypeWord>,
    /// The JSONPath of the value, such as `$.data.value`.
    #[schemars(regex(pattern = r"^\$"))]
    pub value: String,
    /// The JSONPath of the number of samples.
    #[schemars(regex(pattern = r"^\$"))]
    pub samples: Option<String>,
    /// The JSONPath of the value's time: RFC 3339, or seconds or milliseconds since 1970.
    #[schemars(regex(pattern = r"^\$"))]
    pub time: Option<String>,
    /// Fewer samples than this are no data.
    pub min_samples: Option<u64>,
    /// What `{{window}}` stands for; `5m` when left out.
    pub window: Option<DurationText>,
    /// The connection of the server's settings that is asked; `web` when left out.
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

/// How an endpoint is asked.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "UPPERCASE")]
pub enum MethodWord {
    /// With all that is asked in the address.
    Get,
    /// With a body.
    Post,
}

/// What a body is.
#[derive(Debug, JsonSchema)]
pub enum ContentTypeWord {
    /// JSON.
    #[schemars(rename = "application/json")]
    Json,
    /// A form.
    #[schemars(rename = "application/x-www-form-urlencoded")]
    Form,
}
