//! The cases of `cases.yaml`: a call, and what the application gets.

use super::driver::Sdk;
use serde_json::{Map, Value, json};
use tidegate::flag::Literal;
use tidegate::source::{Format, parse};

const CASES: &str = include_str!("cases.yaml");

/// One call.
#[derive(Debug)]
pub struct Case {
    pub name: String,
    fields: Value,
}

/// All of them.
pub fn cases() -> Vec<Case> {
    let parsed = parse("cases.yaml", CASES.as_bytes(), Format::Yaml).expect("the cases are YAML");
    let cases: Value = serde_json::from_str(&Literal::of(&parsed.documents[0]).to_json()).expect("JSON");
    let case = |(name, fields): (&String, &Value)| Case { name: name.clone(), fields: fields.clone() };
    cases.as_object().expect("cases by name").iter().map(case).collect()
}

impl Case {
    /// Whether this SDK can make the call at all.
    pub fn is_for(&self, sdk: Sdk) -> bool {
        self.fields["only"].as_array().is_none_or(|names| names.contains(&sdk.name().into()))
    }

    /// The call, as the drivers of the server SDKs take it.
    pub fn call(&self) -> Value {
        let field = |name: &str| self.fields[name].clone();
        json!({ "flag": field("flag"), "type": field("type"), "default": field("default"), "context": field("context") })
    }

    pub fn context(&self) -> &Value {
        &self.fields["context"]
    }

    /// What is wrong with an answer, member by member.
    pub fn check(&self, sdk: Sdk, answer: &Value) -> Option<String> {
        let expected = self.expected(sdk);
        let differs = |(name, value): &(&String, &Value)| !same(sdk, value, &answer[name.as_str()]);
        let wrong: Vec<_> = expected.iter().filter(differs).map(|(name, value)| format!("{name} {value}")).collect();
        (!wrong.is_empty()).then(|| format!("{} by {}: {answer}, expected {}", self.name, sdk.name(), wrong.join(", ")))
    }

    /// `gives`, with what is said of this SDK laid over it. Without a value the caller's own default is
    /// expected, without an error none.
    fn expected(&self, sdk: Sdk) -> Map<String, Value> {
        let mut expected = Map::new();
        expected.insert("value".to_owned(), self.fields["default"].clone());
        expected.insert("error".to_owned(), Value::Null);
        for part in ["gives", sdk.name()] {
            expected.extend(self.fields[part].as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
        }
        expected
    }
}

/// JavaScript has one kind of number; elsewhere 2 is not 2.0.
fn same(sdk: Sdk, expected: &Value, found: &Value) -> bool {
    match (sdk, expected, found) {
        (Sdk::Node | Sdk::Web, Value::Number(expected), Value::Number(found)) => expected.as_f64() == found.as_f64(),
        _ => expected == found,
    }
}
