//! What rules and flags give, case by case; the cases are in `testdata/eval/`. Their results are those of
//! JSONLogic's reference and of flagd, not what this evaluator happened to give.

use crate::served::{NOW, catalog};
use std::collections::BTreeSet;
use tidegate::eval::{Bucketing, Context, Outcome, Snapshot};
use tidegate::flag::{Literal, Operator};
use tidegate::source::{Format, Node, parse};
use tidegate::units::Generation;

/// Groups by operator, each a list of `[rule, context, result]`.
const RULES: [(&str, &str); 9] = [
    ("access.yaml", include_str!("testdata/eval/access.yaml")),
    ("arithmetic.yaml", include_str!("testdata/eval/arithmetic.yaml")),
    ("equality.yaml", include_str!("testdata/eval/equality.yaml")),
    ("lists.yaml", include_str!("testdata/eval/lists.yaml")),
    ("logic.yaml", include_str!("testdata/eval/logic.yaml")),
    ("order.yaml", include_str!("testdata/eval/order.yaml")),
    ("split.yaml", include_str!("testdata/eval/split.yaml")),
    ("text.yaml", include_str!("testdata/eval/text.yaml")),
    ("versions.yaml", include_str!("testdata/eval/versions.yaml")),
];

/// Documents with flags, each with cases of `[flag, context, result]`.
const FLAGS: &str = include_str!("testdata/eval/flags.yaml");

fn read(name: &str, text: &str) -> Node<'static> {
    parse(name, text.as_bytes(), Format::Yaml).expect("the cases are YAML").documents.swap_remove(0)
}

fn json(node: &Node<'_>) -> String {
    Literal::of(node).to_json()
}

fn three<'n, 't>(case: &'n Node<'t>) -> [&'n Node<'t>; 3] {
    let [first, second, third] = case.as_array().expect("a case") else { panic!("three parts: {case:?}") };
    [first, second, third]
}

fn served(document: &str, bucketing: Bucketing) -> Snapshot {
    Snapshot::build(Generation::new(1), catalog("flags.json", document).flags(), &[].into(), bucketing, None)
}

/// The variant that was chosen with its reason, or the reason that there is none, or the error.
fn outcome(served: &Snapshot, flag: &str, context: &str) -> String {
    let body = format!(r#"{{"context":{context}}}"#);
    let context = Context::from_json(context.as_bytes()).expect("a context").at(NOW);
    let resolution = served.evaluate(flag, &context);
    let bulk = served.evaluate_all(&context).resolutions().find(|one| one.flag().is_some_and(|one| one.key() == flag));
    assert_eq!(bulk.expect("the flag").outcome(), resolution.outcome(), "of all flags together: {body}");
    let mut asked = Context::of("whoever asked before").at(NOW);
    served.read_context(&mut asked, body.as_bytes()).expect("a body");
    assert_eq!(served.evaluate(flag, &asked).outcome(), resolution.outcome(), "of what rules look at: {body}");
    match resolution.outcome() {
        Outcome::Variant { reason, .. } => {
            let (variant, value) = (resolution.variant().expect("named"), resolution.value_json().expect("a value"));
            format!("{} {variant} {value}", reason.as_str())
        }
        Outcome::CallerDefault { reason } => reason.as_str().to_owned(),
        Outcome::Failed(failure) => failure.code().as_str().to_owned(),
    }
}

/// What a rule gives: a variant of the names that cases use, `null`, or an error.
fn given(rule: &str, context: &str) -> String {
    let variants = r#"{"true":"t","false":"f","a":"1","b":"2","c":"3"}"#;
    let document = format!(r#"{{"flags":{{"flag":{{"state":"ENABLED","variants":{variants},"targeting":{rule}}}}}}}"#);
    let told = outcome(&served(&document, Bucketing::V3), "flag", context);
    match told.split(' ').collect::<Vec<_>>()[..] {
        ["TARGETING_MATCH", variant, _] => format!("\"{variant}\""),
        ["DEFAULT"] => "null".to_owned(),
        _ => format!(r#"{{"error":"{told}"}}"#),
    }
}

#[test]
fn every_rule_gives_what_its_case_says() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (file, text) in RULES {
        for group in read(file, text).as_object().expect("groups by operator") {
            for case in group.value.as_array().expect("a list of cases") {
                let [rule, context, expected] = three(case).map(json);
                let mut check = |rule: &str, expected: &str| {
                    let found = given(rule, &context);
                    if found != expected {
                        wrong.push(format!("{file}: {rule} for {context}: {found}, expected {expected}"));
                    }
                };
                count += 1;
                check(&rule, &expected);
                // A condition goes another way through the evaluator; of these results two are not truthy.
                match expected.as_str() {
                    "null" | "\"false\"" => check(&format!(r#"{{"if":[{rule},"a","b"]}}"#), "\"b\""),
                    error if error.contains("error") => {}
                    _ => check(&format!(r#"{{"if":[{rule},"a","b"]}}"#), "\"a\""),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 1_000, "cases got lost: {count}");
}

#[test]
fn every_operator_has_cases() {
    let read = RULES.map(|(file, text)| read(file, text));
    let groups: BTreeSet<_> =
        read.iter().flat_map(|file| file.as_object().expect("groups")).map(|group| &*group.key).collect();
    for group in &groups {
        assert!(*group == "fractional" || Operator::named(group).is_some(), "{group} is an operator");
    }
    assert_eq!(groups.len(), 39);
}

#[test]
fn every_flag_answers_what_its_case_says() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for scene in read("flags.yaml", FLAGS).as_array().expect("scenes") {
        let part = |name: &str| scene.get(name).unwrap_or_else(|| panic!("{name} of {scene:?}"));
        let served = |bucketing| served(&json(part("document")), bucketing);
        let generations = match scene.get("bucketing").and_then(Node::as_str) {
            None => vec![served(Bucketing::V2), served(Bucketing::V3)],
            Some("v2") => vec![served(Bucketing::V2)],
            Some(_) => vec![served(Bucketing::V3)],
        };
        for case in part("cases").as_array().expect("a list of cases") {
            let [flag, context, expected] = three(case);
            let (flag, context) = (flag.as_str().expect("a flag"), json(context));
            let expected = expected.as_str().expect("a result");
            for served in &generations {
                count += 1;
                let found = outcome(served, flag, &context);
                if found != expected {
                    wrong.push(format!(
                        "{flag} for {context} in {:?}: {found}, expected {expected}",
                        served.bucketing()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 80, "cases got lost: {count}");
}
