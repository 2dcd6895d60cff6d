//! From the SDK's values to JSON.

use open_feature::{FlagMetadata, FlagMetadataValue, StructValue, Value as Found};
use serde_json::{Map, Value};

/// A struct value as it came.
pub struct Fields(StructValue);

impl TryFrom<StructValue> for Fields {
    type Error = String;

    fn try_from(fields: StructValue) -> Result<Self, String> {
        Ok(Self(fields))
    }
}

impl From<Fields> for Value {
    fn from(fields: Fields) -> Self {
        json_of(Found::Struct(fields.0))
    }
}

fn json_of(value: Found) -> Value {
    match value {
        Found::Bool(value) => value.into(),
        Found::Int(integer) => integer.into(),
        Found::Float(float) => float.into(),
        Found::String(text) => text.into(),
        Found::Array(items) => items.into_iter().map(json_of).collect(),
        Found::Struct(fields) => {
            let fields = fields.fields.into_iter().map(|(name, value)| (name, json_of(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

pub fn metadata_of(metadata: &FlagMetadata) -> Value {
    let fields = metadata.values.iter().map(|(name, value)| {
        let value = match value {
            FlagMetadataValue::Bool(value) => Value::from(*value),
            FlagMetadataValue::Int(integer) => Value::from(*integer),
            FlagMetadataValue::Float(float) => Value::from(*float),
            FlagMetadataValue::String(text) => Value::from(text.clone()),
        };
        (name.clone(), value)
    });
    Value::Object(fields.collect())
}
