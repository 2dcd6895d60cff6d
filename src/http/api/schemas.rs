//! JSON Schemas, for editors.

use axum::Json;
use axum::http::{HeaderName, header};
use serde_json::Value;

pub(super) async fn rollout() -> ([(HeaderName, &'static str); 1], Json<Value>) {
    ([(header::CONTENT_TYPE, "application/schema+json")], Json(crate::rollout::json_schema()))
}
