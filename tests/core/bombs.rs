//! Rules and contexts that would take long, or much memory, or a deep stack: cut short, and harmless to
//! their neighbours.

use crate::served::{answer, expression, snapshot, with_overlay};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidegate::eval::{Bucketing, Context, Snapshot};
use tidegate::flag::{Gate, Overlay, Part, Parts, Rank, Share};
use tidegate::units::{Exposure, RolloutName, VariantName};

/// What an optimised build takes five milliseconds for at most, a debug build may take fifty times for.
const LONGEST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 250 } else { 5 });

fn outcome(rule: &str, context: &str) -> (String, Duration) {
    let document = format!(
        r#"{{"flags":{{"f":{{"state":"ENABLED","variants":{{"a":1}},"targeting":{{"if":[{rule},"a","a"]}}}},
            "neighbour":{{"state":"ENABLED","variants":{{"a":1}},"defaultVariant":"a"}}}}}}"#
    );
    let served = snapshot(&document, Bucketing::V3);
    let context = tidegate::eval::Context::from_json(context.as_bytes()).expect("a context");
    let begin = Instant::now();
    let resolution = served.evaluate("f", &context);
    let took = begin.elapsed();
    let told = resolution.error().map_or("served", |(_, details)| details).to_owned();
    assert!(answer(&served, "neighbour", "{}").contains("STATIC"));
    (told, took)
}

const STEPS: &str = "the targeting rule took more than 50000 steps, or all rules together took too many";

#[test]
fn all_flags_together_have_a_budget_too() {
    let flag = |number: usize| {
        format!(
            r#""f{number:03}":{{"state":"ENABLED","variants":{{"a":1}},"defaultVariant":"a","targeting":{{"if":[{{"some":[{{"var":"x"}},{{"==":[{{"var":""}},{number}]}}]}},null,null]}}}}"#
        )
    };
    let flags: Vec<String> = (1..300).map(flag).collect();
    let plain = r#""plain":{"state":"ENABLED","variants":{"a":1},"defaultVariant":"a","targeting":{"if":[{"==":[{"var":"y"},1]},"a","a"]}}"#;
    let served: Snapshot = format!(r#"{{"flags":{{{},{plain}}}}}"#, flags.join(",")).parse().expect("flags");
    let context = format!(r#"{{"x":[{}0]}}"#, "0,".repeat(9_999));
    let context = Context::from_json(context.as_bytes()).expect("a context");
    let told: Vec<_> =
        served.evaluate_all(&context).resolutions().map(|one| one.error().map(|error| error.1)).collect();
    assert_eq!(told.first(), Some(&None), "the first is affordable");
    assert_eq!(told.get(298), Some(&Some(STEPS)), "three hundred are not");
    assert_eq!(told.last(), Some(&None), "a rule that takes no steps is served all the same");
}

#[test]
fn the_audiences_of_all_flags_together_have_it_too() {
    let rules = ["", r#","targeting":{"if":[{"==":[{"var":"plan"},"pro"]},"a"]}"#];
    let flags: Vec<String> = (0..300)
        .map(|number| {
            let rule = rules[number % 2];
            format!(r#""f{number:03}":{{"state":"ENABLED","variants":{{"a":1,"b":2}},"defaultVariant":"b"{rule}}}"#)
        })
        .collect();
    let mut served = snapshot(&format!(r#"{{"flags":{{{}}}}}"#, flags.join(",")), Bucketing::V3);
    let audience = Arc::new(expression(r#"{"some":[{"var":"x"},{"==":[{"var":""},7]}]}"#));
    for number in 0..300 {
        let share = Share {
            parts: Parts::of(Part { step: 0, exposure: Exposure::ALL, audience: Some(Arc::clone(&audience)) }),
            bucket_by: "targetingKey".into(),
            salt: "salt".into(),
            layer: None,
        };
        let overlay = Overlay {
            rollout: RolloutName::new("r").expect("a name"),
            rank: Rank::open(1, 0),
            candidate: VariantName::new("a").expect("a name"),
            stable: VariantName::new("b").expect("a name"),
            gate: Gate::Open(share),
        };
        served = with_overlay(&served, &format!("f{number:03}"), overlay);
    }
    let context = format!(r#"{{"targetingKey":"ann","x":[{}0]}}"#, "0,".repeat(8_999));
    let context = Context::from_json(context.as_bytes()).expect("a context");
    let alone = served.evaluate("f299", &context);
    assert_eq!(alone.error(), None, "each is affordable");
    let told: Vec<_> =
        served.evaluate_all(&context).resolutions().map(|one| one.error().map(|error| error.1)).collect();
    assert_eq!(told.first(), Some(&None));
    assert_eq!(told.last(), Some(&Some(STEPS)), "three hundred are not");
}

#[test]
fn a_rule_that_costs_too_much_is_paid_for_once() {
    let rule = |key: &str, name: &str, text: &str| {
        format!(
            r#""{key}":{{"state":"ENABLED","variants":{{"a":1}},"defaultVariant":"a","targeting":{{"if":[{{"==":[{{"var":"{name}"}},"{text}"]}},"a","a"]}}}}"#
        )
    };
    let nulls = |count: usize| vec!["null"; count].join(",");
    let context = format!(r#"{{"x":[{}],"y":[{}]}}"#, nulls(120_001), nulls(30_001));
    let context = Context::from_json(context.as_bytes()).expect("a context");
    // Seven that differ, and forty that are the same.
    for (flags, differ) in [(7, true), (40, false)] {
        let costly = |number: usize| {
            rule(&format!("f{number:02}"), "x", &if differ { format!("q{number}") } else { "q".to_owned() })
        };
        let mut flags: Vec<String> = (0..flags).map(costly).collect();
        flags.push(rule("z", "y", "q"));
        let served: Snapshot = format!(r#"{{"flags":{{{}}}}}"#, flags.join(",")).parse().expect("flags");
        let told: Vec<_> =
            served.evaluate_all(&context).resolutions().map(|one| one.error().map(|error| error.1)).collect();
        assert_eq!(told.first(), Some(&Some(STEPS)));
        assert_eq!(told.get(flags.len() - 2), Some(&Some(STEPS)));
        assert_eq!(told.last(), Some(&None), "what fails leaves enough for what does not");
    }
}

#[test]
fn what_would_take_long_is_cut_short() {
    let steps = STEPS;
    let text = "the targeting rule produced more than 64 KiB of text";
    let ten = "[0,1,2,3,4,5,6,7,8,9]";
    let nested = |operator: &str, body: &str| {
        let innermost = format!(r#"{{"{operator}":[{ten},{body}]}}"#);
        (0..7).fold(innermost, |inner, _| format!(r#"{{"{operator}":[{ten},{inner}]}}"#))
    };
    let deep = (0..60).fold("1".to_owned(), |inner, _| format!(r#"{{"map":[[1],{inner}]}}"#));
    let fold = |body: &str, initial: &str| format!(r#"{{"reduce":[{{"var":"x"}},{body},{initial}]}}"#);
    let accumulator = r#"{"var":"accumulator"}"#;
    let many = |item: &str, count: usize| format!(r#"{{"x":[{}]}}"#, vec![item; count].join(","));
    let hundred_kib = format!("\"{}\"", "ab".repeat(51_200));
    for (name, rule, context, expected) in [
        ("maps in maps", nested("map", "1"), "{}".to_owned(), steps),
        ("sixty maps in each other", deep, "{}".to_owned(), "served"),
        ("some in some", nested("some", "false"), "{}".to_owned(), steps),
        ("a list of a million", r#"{"map":[{"var":"x"},{"var":""}]}"#.to_owned(), many("1", 1_000_000), steps),
        (
            "a million to look through",
            r#"{"==":[true,{"in":[2,{"var":"x"}]}]}"#.to_owned(),
            many("1", 1_000_000),
            steps,
        ),
        ("the same where it is all that is asked", r#"{"in":[2,{"var":"x"}]}"#.to_owned(), many("1", 1_000_000), steps),
        ("a million to copy", r#"{"merge":[{"var":"x"},{"var":"x"}]}"#.to_owned(), many("1", 1_000_000), steps),
        (
            "all attributes, copied again and again",
            format!(r#"{{"cat":[{}]}}"#, [r#"{"var":""}"#; 1_000].join(",")),
            many("1", 40_000),
            steps,
        ),
        ("a million names", r#"{"missing":{"var":"x"}}"#.to_owned(), many("\"n\"", 1_000_000), steps),
        ("a million to join", r#"{"cat":{"var":"x"}}"#.to_owned(), many("\"\"", 1_000_000), steps),
        (
            "a million to compare",
            r#"{"!!":{"merge":{"==":[{"var":"x"},""]}}}"#.to_owned(),
            many("null", 1_000_000),
            steps,
        ),
        (
            "the same where it is all that is asked",
            r#"{"==":[{"var":"x"},""]}"#.to_owned(),
            many("null", 1_000_000),
            steps,
        ),
        ("a doubled text", fold(&format!(r#"{{"cat":[{accumulator},{accumulator}]}}"#), "\"ab\""), many("1", 64), text),
        ("a doubled list", fold(&format!(r#"{{"merge":[{accumulator},{accumulator}]}}"#), "[1]"), many("1", 64), steps),
        ("a tree", fold(&format!("[{accumulator},{accumulator}]"), "1"), many("1", 64), steps),
        (
            "lists in lists",
            fold(&format!("[{accumulator}]"), "1"),
            many("1", 10_000),
            "the targeting rule made a value that is nested deeper than 160 levels",
        ),
        (
            "a long text, copied again and again",
            r#"{"map":[{"var":"x"},{"substr":[{"var":""},1]}]}"#.to_owned(),
            many(&hundred_kib, 100),
            steps,
        ),
        (
            "a long text, searched again and again",
            format!(r#"{{"all":[{{"var":"x"}},{{"!":{{"in":[{{"var":""}},{hundred_kib}]}}}}]}}"#),
            many("\"bb\"", 10_000),
            steps,
        ),
        (
            "a long text, compared again and again",
            format!(r#"{{"all":[{{"var":"x"}},{{"!=":[{{"var":""}},{hundred_kib}]}}]}}"#),
            many("\"b\"", 10_000),
            steps,
        ),
    ] {
        let (told, took) = outcome(&rule, &context);
        assert_eq!(told, expected, "{name}");
        assert!(took < LONGEST, "{name} took {took:?}");
    }
}
