//! From JSON to the SDK's context. It has no nested values; a call that has some is not for this SDK.

use open_feature::EvaluationContext;
use serde_json::Value;

pub fn context_of(attributes: &Value) -> EvaluationContext {
    let mut context = EvaluationContext::default();
    for (name, value) in attributes.as_object().into_iter().flatten() {
        match value {
            Value::String(text) if name == "targetingKey" => context.targeting_key = Some(text.clone()),
            Value::String(text) => context.add_custom_field(name, text.clone()),
            Value::Bool(value) => context.add_custom_field(name, *value),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => context.add_custom_field(name, integer),
                None => context.add_custom_field(name, number.as_f64().expect("a number")),
            },
            Value::Null | Value::Array(_) | Value::Object(_) => panic!("the SDK has no such context: {name}"),
        }
    }
    context
}
