//! No document and no context ends the process, however strange.

use proptest::prelude::*;
use std::collections::BTreeMap;
use tidegate::eval::{Bucketing, Context, Snapshot};
use tidegate::flag::{Catalog, lower};
use tidegate::source::{Format, parse};
use tidegate::units::Generation;

const OPERATORS: [&str; 41] = [
    "var",
    "missing",
    "missing_some",
    "if",
    "==",
    "!=",
    "===",
    "!==",
    "!",
    "!!",
    "and",
    "or",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "cat",
    "starts_with",
    "ends_with",
    "sem_ver",
    "fractional",
    "fractional",
    "$ref",
    "max",
    "min",
    "+",
    "-",
    "*",
    "/",
    "%",
    "map",
    "filter",
    "reduce",
    "all",
    "none",
    "some",
    "merge",
    "substr",
    "log",
    "startswith",
];

/// Any JSON, with the words that our readers look for more likely than others.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let word = prop_oneof![
        Just("targetingKey".to_owned()),
        Just("x".to_owned()),
        Just("x.0".to_owned()),
        Just("$flagd.timestamp".to_owned()),
        Just("a".to_owned()),
        Just("1.2.3".to_owned()),
        Just(">=".to_owned()),
        Just(String::new()),
        "\\PC{0,8}",
    ];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (-3_i64..120).prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        word.clone().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            (prop::sample::select(&OPERATORS[..]), prop::collection::vec(inner.clone(), 0..5))
                .prop_map(|(operator, operands)| serde_json::json!({ operator: operands })),
            (prop::sample::select(&OPERATORS[..]), inner.clone())
                .prop_map(|(operator, operand)| serde_json::json!({ operator: operand })),
            prop::collection::hash_map(word.clone(), inner, 0..4)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Reads a document and resolves all it has.
fn evaluate(name: &str, document: &[u8], context: &serde_json::Value) {
    let format = Format::of(name).unwrap();
    let mut catalog = Catalog::new();
    catalog.update(name, parse(name, document, format).and_then(|parsed| lower(&parsed)));
    for problem in catalog.problems() {
        assert!(problem.line >= 1 && problem.column >= 1 && !problem.to_string().is_empty());
    }
    let context = context.to_string();
    let Ok(context) = Context::from_json(context.as_bytes()) else { return };
    for bucketing in [Bucketing::V2, Bucketing::V3] {
        let snapshot = Snapshot::build(Generation::new(1), catalog.flags(), &BTreeMap::new(), bucketing, None);
        for flag in snapshot.flags() {
            let mut out = Vec::new();
            flag.resolve(&context).write_ofrep(&mut out);
            let answer: serde_json::Value = serde_json::from_slice(&out).expect("an answer is JSON");
            assert!(answer.get("reason").is_some() != answer.get("errorCode").is_some());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_rule_is_evaluated_or_refused(rule in json(), evaluator in json(), x in json(), key in json()) {
        let flag = serde_json::json!({ "state": "ENABLED", "variants": { "a": 1, "true": 2 }, "targeting": rule });
        let document = serde_json::json!({ "$evaluators": { "x": evaluator }, "flags": { "f": flag } });
        evaluate("f.json", document.to_string().as_bytes(), &serde_json::json!({ "x": x, "targetingKey": key }));
    }

    #[test]
    fn any_document_is_read_or_refused(document in json(), flags in json(), flag in json()) {
        let context = serde_json::json!({});
        evaluate("f.json", document.to_string().as_bytes(), &context);
        evaluate("f.yaml", serde_json::json!({ "flags": flags }).to_string().as_bytes(), &context);
        evaluate("f.json", serde_json::json!({ "flags": { "f": flag }, "metadata": flags }).to_string().as_bytes(), &context);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[\\[\\]{}:,&*!|>\"'\\- \n\tax1#.~%@?]{0,120}") {
        for name in ["f.json", "f.yaml"] {
            evaluate(name, &bytes, &serde_json::Value::Null);
            evaluate(name, text.as_bytes(), &serde_json::Value::Null);
        }
        let _ = Context::from_ofrep_body(&bytes);
        let _ = Context::from_ofrep_body(text.as_bytes());
    }

    #[test]
    fn a_document_cut_off_anywhere_is_a_problem_and_nothing_is_lost(at in 0_usize..1000) {
        let whole = r#"{"flags": {"a": {"state": "ENABLED", "variants": {"on": true, "ö": false}, "defaultVariant": "on"}}}"#;
        let mut catalog = Catalog::new();
        let read = |bytes: &[u8]| parse("f.json", bytes, Format::Json).and_then(|parsed| lower(&parsed));
        catalog.update("f.json", read(whole.as_bytes()));
        catalog.update("f.json", read(&whole.as_bytes()[..at % whole.len()]));
        prop_assert_eq!(catalog.flags().count(), 1);
        prop_assert!(!catalog.problems().is_empty());
    }
}
