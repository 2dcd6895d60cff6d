//! The schema that editors check against and the reader that decides must know the same words.

use super::shape::{self, Shape, Words};
use super::wire::json_schema;
use crate::source::{Format, Node, Value as Written, parse};
use serde_json::Value;
use std::collections::BTreeSet;

/// A definition of the schema; the root for `""`.
fn definition(name: &str) -> Value {
    let schema = json_schema();
    match name {
        "" => schema,
        name => schema["$defs"][name].clone(),
    }
}

/// The fields of a definition, in all its alternatives.
fn properties(of: &Value) -> BTreeSet<String> {
    let own = of["properties"].as_object().into_iter().flat_map(|fields| fields.keys().cloned());
    let alternatives = of["oneOf"].as_array().into_iter().flatten().flat_map(properties);
    own.chain(alternatives).collect()
}

fn check_fields(name: &str, shape: &Shape) {
    let known: BTreeSet<String> = shape.fields.iter().map(|field| (*field).to_owned()).collect();
    assert_eq!(properties(&definition(name)), known, "{name}");
}

fn check_words<T>(name: &str, words: Words<T>) {
    let definition = definition(name);
    let listed = definition["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let alternatives = definition["oneOf"].as_array().into_iter().flatten().filter_map(|one| one["const"].as_str());
    let offered: BTreeSet<&str> = listed.chain(alternatives).collect();
    assert_eq!(offered, words.iter().map(|(word, _)| *word).collect(), "{name}");
}

#[test]
fn the_schema_offers_exactly_the_fields_that_are_read() {
    check_fields("", &shape::ROLLOUT);
    check_fields("MetricDocument", &shape::METRIC);
    check_fields("AlwaysDocument", &shape::ALWAYS);
    check_fields("WaveDocument", &shape::WAVE);
    check_fields("GroupDocument", &shape::GROUP);
    check_fields("AfterDocument", &shape::AFTER);
    check_fields("RampDocument", &shape::RAMP);
    check_fields("BudgetDocument", &shape::BUDGET);
    check_fields("LayerDocument", &shape::LAYER);
    check_fields("ClauseDocument", &shape::CLAUSE);
    check_fields("NoDataPolicyDocument", &shape::NO_DATA_POLICY);
}

#[test]
fn the_schema_offers_exactly_the_words_that_are_read() {
    check_words("MeasureWord", shape::MEASURES);
    check_words("UnitWord", shape::UNITS);
    check_words("RoleWord", shape::ROLES);
    check_words("NoDataWord", shape::NO_DATA);
    check_words("BetterWord", shape::BETTER);
    check_words("WarningWord", shape::ON_WARNING);
    check_words("RetryWord", shape::RETRY);
    let metric = definition("MetricDocument");
    let providers: Vec<_> = metric["oneOf"].as_array().expect("alternatives").iter().collect();
    for (provider, (word, _)) in providers.iter().zip(shape::PROVIDERS) {
        assert_eq!(provider["properties"]["provider"]["const"], *word);
    }
    for (provider, (_, kind)) in providers.iter().zip(shape::PROVIDERS) {
        for (field, owners) in shape::OWNED {
            assert_eq!(properties(provider).contains(field), owners.contains(kind), "{field}: {provider:#}");
        }
    }
}

/// An editor that offers `null` or takes any field sends its user into an error here.
#[test]
fn the_schema_is_closed_and_described() {
    let text = json_schema().to_string();
    assert!(!text.contains("\"null\""), "{text}");
    for name in ["", "AlwaysDocument", "WaveDocument", "GroupDocument", "AfterDocument", "LayerDocument"] {
        let definition = definition(name);
        assert_eq!(definition["additionalProperties"], false, "{name}");
        for (field, schema) in definition["properties"].as_object().expect("fields") {
            let described = schema["description"].as_str().is_some_and(|words| !words.is_empty());
            assert!(described, "{name}.{field} has no description");
        }
    }
    for provider in definition("MetricDocument")["oneOf"].as_array().expect("alternatives") {
        assert_eq!(provider["additionalProperties"], false);
    }
}

#[test]
fn the_schema_asks_for_what_a_rollout_needs() {
    let required = |name: &str| definition(name)["required"].clone();
    assert_eq!(required(""), serde_json::json!(["kind", "name", "flag", "candidate", "stable", "waves"]));
    assert_eq!(required("WaveDocument"), serde_json::json!(["name", "bake"]));
    assert_eq!(required("AfterDocument"), serde_json::json!(["watch"]));
    assert_eq!(required("LayerDocument"), serde_json::json!(["name", "from", "to"]));
}

/// Whether a value has the fields and types that a schema asks for. Patterns are not looked at.
fn fits(root: &Value, schema: &Value, node: &Node<'_>) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(root, &root["$defs"][reference.trim_start_matches("#/$defs/")], node);
    }
    if let Some(choices) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
        return choices.iter().any(|choice| fits(root, choice, node));
    }
    let words = || schema["enum"].as_array().into_iter().flatten().chain(schema.get("const"));
    match (&node.value, schema["type"].as_str()) {
        (Written::String(text), Some("string")) => words().next().is_none() || words().any(|word| word == &**text),
        (Written::Bool(_), Some("boolean")) | (Written::Number(_), Some("integer" | "number")) => true,
        (Written::Array(items), Some("array")) => items.iter().all(|item| fits(root, &schema["items"], item)),
        (Written::Object(entries), Some("object")) => {
            let field = |name: &str| {
                schema["properties"]
                    .get(name)
                    .or(schema["additionalProperties"].as_object().map(|_| &schema["additionalProperties"]))
            };
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let open = schema["additionalProperties"] == true;
            let mut required = required.map(|name| node.get(name).is_some());
            required.all(|there| there)
                && entries
                    .iter()
                    .all(|entry| open || field(&entry.key).is_some_and(|field| fits(root, field, &entry.value)))
        }
        _ => false,
    }
}

/// An editor that marks the shipped plans as wrong teaches its user to ignore the marks.
#[test]
fn the_shipped_plans_fit_the_schema() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/flags");
    let schema = json_schema();
    let mut seen = 0;
    for file in std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path()) {
        if file.to_string_lossy().ends_with(".rollout.yaml") {
            let parsed = parse("plan", &std::fs::read(&file).expect("the file"), Format::Yaml).expect("YAML");
            assert!(parsed.documents.iter().all(|document| fits(&schema, &schema, document)), "{}", file.display());
            seen += 1;
        }
    }
    assert!(seen >= 2, "the shipped plans are missing");
    let wrong = parse("plan", b"kind: Rollout\nname: x\nflga: y", Format::Yaml).expect("YAML");
    assert!(!fits(&schema, &schema, &wrong.documents[0]));
}
