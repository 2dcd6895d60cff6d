//! The context of a user, as the command line says it.

use super::exit::{Exit, Failure};
use serde_json::{Map, Value};

/// Reads a JSON object, or after an `@` the file with one; nothing is an empty one.
pub(super) fn read_context(text: Option<&str>) -> Result<Map<String, Value>, Failure> {
    let usage =
        |what: String| Failure::new(Exit::Usage, format!("--context: {what}")).hint("such as '{\"plan\": \"pro\"}'");
    let text = match text.map(|text| (text, text.strip_prefix('@'))) {
        None => "{}".to_owned(),
        Some((_, Some(file))) => std::fs::read_to_string(file).map_err(|error| usage(format!("{file}: {error}")))?,
        Some((text, None)) => text.to_owned(),
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(context)) => Ok(context),
        Ok(_) => Err(usage("not a JSON object".to_owned())),
        Err(error) => Err(usage(format!("not JSON: {error}"))),
    }
}

/// The context of somebody with that targeting key.
pub(super) fn with_user(mut context: Map<String, Value>, key: Option<&str>) -> Map<String, Value> {
    if let Some(key) = key {
        context.insert("targetingKey".to_owned(), Value::String(key.to_owned()));
    }
    context
}
