//! The schemas that editors check against and the readers that decide must know the same words.

use super::shape::{self, Shape, Words};
use super::wire::{json_schema, plan_json_schema, train_json_schema};
use serde_json::Value;
use std::collections::BTreeSet;

/// A definition of the schemas; the root of the rollout's for `""`, and of the train's for `train`.
fn definition(name: &str) -> Value {
    let (rollout, train) = (json_schema(), train_json_schema());
    match name {
        "" => rollout,
        "train" => train,
        name => rollout["$defs"].get(name).unwrap_or(&train["$defs"][name]).clone(),
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
    check_fields("StatisticDocument", &shape::STATISTIC);
    check_fields("RatioDocument", &shape::RATIO);
    check_fields("train", &shape::TRAIN);
    check_fields("MemberFields", &shape::MEMBER);
}

#[test]
fn the_schema_offers_exactly_the_words_that_are_read() {
    check_words("MeasureWord", shape::MEASURES);
    check_words("UnitWord", shape::UNITS);
    check_words("RoleWord", shape::ROLES);
    check_words("NoDataWord", shape::NO_DATA);
    check_words("AggregatorWord", shape::AGGREGATORS);
    check_words("MethodWord", shape::METHODS);
    check_words("ContentTypeWord", shape::BODIES);
    check_words("LanguageWord", shape::LANGUAGES);
    check_words("BetterWord", shape::BETTER);
    check_words("WarningWord", shape::ON_WARNING);
    check_words("RetryWord", shape::RETRY);
    check_words("ExtentWord", shape::EXTENTS);
    check_words("CohortsWord", shape::COHORTS);
    let metric = definition("MetricDocument");
    let providers: Vec<_> = metric["oneOf"].as_array().expect("alternatives").iter().collect();
    for (provider, (word, _)) in providers.iter().zip(shape::PROVIDERS) {
        assert_eq!(provider["properties"]["provider"]["const"], *word);
    }
    for (provider, (_, kind)) in providers.iter().zip(shape::PROVIDERS) {
        for (field, owners) in shape::OWNED.iter().copied() {
            assert_eq!(properties(provider).contains(field), owners.contains(kind), "{field}: {provider:#}");
        }
    }
}

/// An editor that offers `null` or takes any field sends its user into an error here.
#[test]
fn the_schema_is_closed_and_described() {
    let text = format!("{} {} {}", json_schema(), train_json_schema(), plan_json_schema());
    assert!(!text.contains("\"null\""), "{text}");
    let mappings = ["", "AlwaysDocument", "WaveDocument", "GroupDocument", "AfterDocument", "LayerDocument"];
    for name in mappings.into_iter().chain(["train", "MemberFields"]) {
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
fn the_schemas_ask_for_what_a_rollout_and_a_train_need() {
    let required = |name: &str| definition(name)["required"].clone();
    assert_eq!(required(""), serde_json::json!(["kind", "name", "flag", "candidate", "stable", "waves"]));
    assert_eq!(required("WaveDocument"), serde_json::json!(["name", "bake"]));
    assert_eq!(required("AfterDocument"), serde_json::json!(["watch"]));
    assert_eq!(required("LayerDocument"), serde_json::json!(["name", "from", "to"]));
    assert_eq!(required("train"), serde_json::json!(["kind", "name", "rollouts"]));
    assert_eq!(required("MemberFields"), serde_json::json!(["rollout"]));
}
