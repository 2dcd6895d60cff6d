//! What rules give, operator by operator; the cases are in `testdata/operators.yaml`.

use crate::served::{answer, snapshot};
use tidegate::eval::Bucketing;
use tidegate::flag::{Literal, Operator};
use tidegate::source::{Entry, Format, Node, parse};

const CASES: &str = include_str!("testdata/operators.yaml");

fn groups() -> Vec<Entry<'static>> {
    let mut parsed = parse("operators.yaml", CASES.as_bytes(), Format::Yaml).expect("the cases are YAML");
    parsed.documents.swap_remove(0).as_object().expect("groups by operator").to_vec()
}

/// The variant that was chosen, or `null`, or the error's code.
fn outcome(rule: &str, context: &str) -> String {
    let variants = r#"{"true":"t","false":"f","a":"1","b":"2","c":"3"}"#;
    let document = format!(r#"{{"flags":{{"flag":{{"state":"ENABLED","variants":{variants},"targeting":{rule}}}}}}}"#);
    let answer = answer(&snapshot(&document, Bucketing::V3), "flag", context);
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("an answer is JSON");
    match (answer.get("variant"), answer.get("errorCode")) {
        (Some(variant), _) => variant.to_string(),
        (None, Some(code)) => format!(r#"{{"error":{code}}}"#),
        (None, None) => "null".to_owned(),
    }
}

#[test]
fn every_case_gives_what_it_says() {
    let json = |node: &Node<'_>| Literal::of(node).to_json();
    let mut wrong = Vec::new();
    let mut count = 0;
    for group in groups() {
        for case in group.value.as_array().expect("a list of cases") {
            let [rule, context, expected] = case.as_array().expect("a case") else { panic!("three parts: {case:?}") };
            let (rule, context, expected) = (json(rule), json(context), json(expected));
            let found = outcome(&rule, &context);
            count += 1;
            if found != expected {
                wrong.push(format!("{rule} for {context}: {found}, expected {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 200, "cases got lost: {count}");
}

#[test]
fn every_operator_has_cases() {
    for group in groups() {
        let known = group.key == "fractional" || Operator::named(&group.key).is_some();
        assert!(known, "{} is an operator", group.key);
    }
    assert_eq!(groups().len(), 22);
}
