//! Shipped plans against the schemas that editors check them with.

use serde_json::Value;
use tidegate::rollout::{json_schema, plan_json_schema, train_json_schema};
use tidegate::source::{Format, Node, Value as Written, parse};

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

/// The schema that a file names in its first line, for all its documents.
fn schema_named_by(text: &str) -> Value {
    match text.lines().next().and_then(|line| line.rsplit_once('/')) {
        Some((_, "plan.json")) => plan_json_schema(),
        Some((_, "train.json")) => train_json_schema(),
        Some((_, "rollout.json")) => json_schema(),
        other => panic!("no schema is named: {other:?}"),
    }
}

/// An editor that marks the shipped plans as wrong teaches its user to ignore the marks.
#[test]
fn the_shipped_plans_fit_the_schema() {
    let mut seen = 0;
    for folder in ["flags", "examples/plans"] {
        let folder = format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"));
        for file in std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path()) {
            let name = file.to_string_lossy();
            if name.ends_with(".rollout.yaml") || name.ends_with(".train.yaml") {
                let text = std::fs::read_to_string(&file).expect("the file");
                let (schema, parsed) = (schema_named_by(&text), parse("plan", text.as_bytes(), Format::Yaml));
                let documents = parsed.expect("YAML").documents;
                assert!(documents.iter().all(|document| fits(&schema, &schema, document)), "{name}");
                seen += documents.len();
            }
        }
    }
    assert!(seen >= 9, "the shipped plans are missing");
    let (rollouts, trains, plans) = (json_schema(), train_json_schema(), plan_json_schema());
    let wrong = parse("plan", b"kind: Rollout\nname: x\nflga: y", Format::Yaml).expect("YAML");
    assert!(!fits(&rollouts, &rollouts, &wrong.documents[0]) && !fits(&plans, &plans, &wrong.documents[0]));
    let wrong = parse("plan", b"kind: Train\nname: x\nrollouts: [ { rollot: a } ]", Format::Yaml).expect("YAML");
    assert!(!fits(&trains, &trains, &wrong.documents[0]) && !fits(&plans, &plans, &wrong.documents[0]));
}
