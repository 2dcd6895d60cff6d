//! Drives the real Rust SDK: one JSON object per line in, one per line out.
//!
//! The first line says where the server is: `{"url": ..., "key": ...}`. Each further line is a call:
//! `{"flag": ..., "type": "boolean", "default": ..., "context": {...}}`.

mod context;
mod value;

use context::context_of;
use open_feature::{Client, EvaluationDetails, EvaluationError, EvaluationErrorCode, OpenFeature};
use open_feature_ofrep::{OfrepOptions, OfrepProvider};
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::{Value, json};
use std::io::BufRead;
use value::{Fields, metadata_of};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut lines = std::io::stdin().lock().lines().map(|line| parsed(&line.expect("a line")));
    let client = connect(&lines.next().expect("settings")).await;
    for call in lines {
        println!("{}", evaluate(&client, &call).await);
    }
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).expect("JSON")
}

async fn connect(settings: &Value) -> Client {
    let mut headers = HeaderMap::new();
    if let Some(key) = settings["key"].as_str() {
        headers.insert(AUTHORIZATION, format!("Bearer {key}").parse().expect("a header"));
    }
    let base_url = settings["url"].as_str().expect("a URL").to_owned();
    let provider = OfrepProvider::new(OfrepOptions { base_url, headers, ..OfrepOptions::default() });
    let mut api = OpenFeature::singleton_mut().await;
    api.set_provider(provider.await.expect("a provider")).await;
    api.create_client()
}

async fn evaluate(client: &Client, call: &Value) -> Value {
    let flag = call["flag"].as_str().expect("a flag");
    let context = context_of(&call["context"]);
    let context = Some(&context);
    let found = match call["type"].as_str().expect("a type") {
        "boolean" => client.get_bool_details(flag, context, None).await.map(described),
        "string" => client.get_string_details(flag, context, None).await.map(described),
        "integer" => client.get_int_details(flag, context, None).await.map(described),
        "float" => client.get_float_details(flag, context, None).await.map(described),
        "object" => client.get_struct_details::<Fields>(flag, context, None).await.map(described),
        other => panic!("no type: {other}"),
    };
    // This SDK leaves the default to the application; the other drivers' SDKs fill it in.
    found.unwrap_or_else(|error| failed(&error, &call["default"]))
}

fn described<T: Into<Value>>(found: EvaluationDetails<T>) -> Value {
    json!({
        "value": found.value.into(),
        "variant": found.variant,
        "reason": found.reason.map(|reason| reason.to_string()),
        "error": null,
        "message": null,
        "metadata": metadata_of(&found.flag_metadata),
    })
}

fn failed(error: &EvaluationError, default: &Value) -> Value {
    let code = match error.code {
        EvaluationErrorCode::ProviderNotReady => "PROVIDER_NOT_READY",
        EvaluationErrorCode::FlagNotFound => "FLAG_NOT_FOUND",
        EvaluationErrorCode::ParseError => "PARSE_ERROR",
        EvaluationErrorCode::TypeMismatch => "TYPE_MISMATCH",
        EvaluationErrorCode::TargetingKeyMissing => "TARGETING_KEY_MISSING",
        EvaluationErrorCode::InvalidContext => "INVALID_CONTEXT",
        EvaluationErrorCode::General(_) => "GENERAL",
    };
    json!({ "value": default, "variant": null, "reason": "ERROR", "error": code, "message": error.message, "metadata": {} })
}
