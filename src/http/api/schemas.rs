//! JSON Schemas, for editors.

use axum::Json;
use axum::http::{HeaderName, header};
use serde_json::Value;

type Schema = ([(HeaderName, &'static str); 1], Json<Value>);

pub(super) async fn rollout() -> Schema {
    schema(crate::rollout::json_schema())
}

pub(super) async fn train() -> Schema {
    schema(crate::rollout::train_json_schema())
}

pub(super) async fn plan() -> Schema {
    schema(crate::rollout::plan_json_schema())
}

fn schema(schema: Value) -> Schema {
    ([(header::CONTENT_TYPE, "application/schema+json")], Json(schema))
}
