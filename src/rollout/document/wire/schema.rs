//! The schemas as editors want them.

use super::rollout::RolloutDocument;
use super::train::{PlanDocument, TrainDocument};
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::Value;

/// The JSON Schema (draft 2020-12) of a rollout document.
#[must_use]
pub fn json_schema() -> Value {
    schema_of::<RolloutDocument>()
}

/// The JSON Schema (draft 2020-12) of a train document.
#[must_use]
pub fn train_json_schema() -> Value {
    schema_of::<TrainDocument>()
}

/// The JSON Schema (draft 2020-12) of the documents of a file that has rollouts and trains.
#[must_use]
pub fn plan_json_schema() -> Value {
    schema_of::<PlanDocument>()
}

/// The JSON Schema of a document, without `null`.
fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(NoNulls));
    settings.into_generator().into_root_schema_for::<T>().into()
}

/// A field that may be left out may still not be `null`: the schema must not offer it.
#[derive(Debug, Clone)]
struct NoNulls;

impl Transform for NoNulls {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        let Some(Value::Array(choices)) = schema.get_mut("anyOf") else { return };
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            only.into_iter().for_each(|(key, value)| {
                schema.insert(key, value);
            });
        }
    }
}
