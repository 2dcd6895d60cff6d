//! The schema that editors check against and the reader that decides must know the same words.

use super::shape::{self, Shape, Words};
use super::wire::json_schema;
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
    check_fields("AfterDocument", &shape::AFTER);
}

#[test]
fn the_schema_offers_exactly_the_words_that_are_read() {
    check_words("MeasureWord", shape::MEASURES);
    check_words("UnitWord", shape::UNITS);
    check_words("RoleWord", shape::ROLES);
    check_words("NoDataWord", shape::NO_DATA);
    let metric = definition("MetricDocument");
    let providers: Vec<_> = metric["oneOf"].as_array().expect("alternatives").iter().collect();
    for (provider, (word, _)) in providers.iter().zip(shape::PROVIDERS) {
        assert_eq!(provider["properties"]["provider"]["const"], *word);
    }
    for (provider, foreign) in providers.iter().zip([shape::ONLY_PROMETHEUS, shape::ONLY_OUTCOMES]) {
        assert!(foreign.iter().all(|field| !properties(provider).contains(*field)), "{provider:#}");
    }
}

/// An editor that offers `null` or takes any field sends its user into an error here.
#[test]
fn the_schema_is_closed_and_described() {
    let text = json_schema().to_string();
    assert!(!text.contains("\"null\""), "{text}");
    for name in ["", "AlwaysDocument", "WaveDocument", "AfterDocument"] {
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
    assert_eq!(required("WaveDocument"), serde_json::json!(["name", "exposure", "bake"]));
    assert_eq!(required("AfterDocument"), serde_json::json!(["watch"]));
}
