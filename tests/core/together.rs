//! All flags at once: the same answers as flag by flag, however many there are and whatever they share.

use crate::served::{NOW, catalog, with_overlay};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tidegate::eval::{Bucketing, Context, Snapshot};
use tidegate::flag::{Gate, Overlay, Part, Parts, Rank, Share};
use tidegate::units::{Exposure, FlagKey, Generation, RolloutName, VariantName};

/// Shapes of rules: those that many flags have the same, and those that are another for each flag.
const RULES: [&str; 12] = [
    r#"{"fractional":[["on",25],["off",75]]}"#,
    r#"{"fractional":[["on",1],["off",1],["third",1]]}"#,
    r#"{"fractional":[["off",50],["on",50]]}"#,
    r#"{"fractional":[["off",0],["on",0]]}"#,
    r#"{"if":[{"==":[{"var":"plan"},"pro"]},"on",{"fractional":[["on",10],["off",90]]}]}"#,
    r#"{"if":[{"==":[{"var":"plan"},"pro"]},"on",null]}"#,
    r#"{"if":[{"in":["7",{"var":"$flagd.flagKey"}]},"on","off"]}"#,
    r#"{"fractional":[{"cat":[{"var":"$flagd.flagKey"},{"var":"email"}]},["on",50],["off",50]]}"#,
    r#"{"fractional":[{"var":"email"},["on",50],["off",50]]}"#,
    r#"{"if":[{"fractional":[["true",50],["",50]]},"on","off"]}"#,
    r#"{"var":"choice"}"#,
    r#"{"if":[{"reduce":[{"var":"many"},{"+":[{"var":"accumulator"},1]},0]},"on","off"]}"#,
];

const CONTEXTS: [&str; 9] = [
    "{}",
    r#"{"targetingKey":""}"#,
    r#"{"targetingKey":5}"#,
    r#"{"targetingKey":"a"}"#,
    r#"{"targetingKey":"abc","plan":"pro"}"#,
    r#"{"targetingKey":"user-17","email":"a@b.example","plan":"free"}"#,
    r#"{"targetingKey":"user-18","email":7,"choice":"third"}"#,
    r#"{"targetingKey":"日本語のかなり長い鍵日本語のかなり長い鍵日本語のかなり長い鍵","choice":"none","many":[1,2]}"#,
    r#"{"targetingKey":"00000000-1111-2222-3333-444444444444-00000000-1111-2222-3333-444444444444","plan":"pro","choice":"on"}"#,
];

fn document(flags: usize) -> String {
    let mut text = String::from("{\"flags\":{");
    for number in 0..flags {
        let comma = if number == 0 { "" } else { "," };
        let key = format!("{}{number}", "é".repeat(number % 5));
        let rule = RULES[number % RULES.len()];
        // Not in step with the rules: the same rule is met with other variants, defaults and states.
        let variants = match number % 7 {
            0 => r#"{"third":"3","off":"","on":"1"}"#.to_owned(),
            1 => format!(r#"{{"on":"{}","off":"x","third":"y"}}"#, "long".repeat(number % 40)),
            _ => r#"{"on":true,"off":false,"third":false}"#.to_owned(),
        };
        let default = ["\"off\"", "\"on\"", "null"][number % 3];
        let state = if number % 11 == 10 { "DISABLED" } else { "ENABLED" };
        let metadata = format!(r#"{{"owner":"team-{number}","tier":{}}}"#, number % 3);
        let targeting = if number % 13 == 12 { String::new() } else { format!(r#","targeting":{rule}"#) };
        write!(
            text,
            r#"{comma}"{key}":{{"state":"{state}","variants":{variants},"defaultVariant":{default}{targeting}"#
        )
        .unwrap();
        text += &if number % 4 == 0 { format!(r#","metadata":{metadata}}}"#) } else { "}".to_owned() };
    }
    // One that is broken fails alone.
    if flags > 2 {
        text += r#","broken":{"state":"ENABLED","variants":{"on":true},"defaultVariant":"off"}"#;
    }
    text + "}}"
}

fn built(text: &str, bucketing: Bucketing, previous: Option<&Snapshot>) -> Snapshot {
    let catalog = catalog("flags.json", text);
    Snapshot::build(Generation::new(1), catalog.flags(), &BTreeMap::new(), bucketing, previous)
}

fn overlay(gate: Gate) -> Overlay {
    let name = |name| VariantName::new(name).unwrap();
    let rollout = RolloutName::new("r").unwrap();
    Overlay { rollout, rank: Rank::open(1, 0), candidate: name("on"), stable: name("off"), gate }
}

fn half() -> Gate {
    let exposure = Exposure::from_ppm(500_000).unwrap();
    Gate::Open(Share {
        parts: Parts::of(Part { step: 0, exposure, audience: None }),
        bucket_by: "targetingKey".into(),
        salt: "salt".into(),
        layer: None,
    })
}

/// Holds the answers of all flags at once to those of each alone, and gives the tags by context.
fn held(snapshot: &Snapshot) -> Vec<u128> {
    let tags = CONTEXTS.iter().map(|context| {
        let context = Context::from_json(context.as_bytes()).unwrap().at(NOW);
        let bulk = snapshot.evaluate_all(&context);
        let (mut together, mut singly) = (Vec::new(), Vec::new());
        bulk.write_ofrep(&mut together);
        for (position, flag) in snapshot.flags().enumerate() {
            let alone = snapshot.evaluate(flag.key(), &context);
            assert_eq!(bulk.outcomes()[position], alone.outcome(), "{} for {context:?}", flag.key());
            if position > 0 {
                singly.push(b',');
            }
            alone.write_ofrep(&mut singly);
        }
        assert_eq!(String::from_utf8_lossy(&together), String::from_utf8_lossy(&singly), "{context:?}");
        bulk.tag()
    });
    tags.collect()
}

#[test]
fn all_at_once_answer_as_each_alone() {
    for flags in [0, 1, 3, 255, 256, 257, 800] {
        for bucketing in [Bucketing::V2, Bucketing::V3] {
            held(&built(&document(flags), bucketing, None));
        }
    }
}

#[test]
fn all_at_once_answer_as_each_alone_under_overlays() {
    let mut snapshot = built(&document(300), Bucketing::V3, None);
    let untouched = held(&snapshot);
    let keys: Vec<String> = snapshot.flags().map(|flag| flag.key().to_owned()).collect();
    for (number, key) in keys.iter().enumerate().step_by(3) {
        let gate = if number % 2 == 0 { half() } else { Gate::Closed };
        snapshot = with_overlay(&snapshot, key, overlay(gate));
    }
    assert_ne!(held(&snapshot), untouched);
    for key in keys.iter().step_by(3) {
        let key = FlagKey::new(key.as_str()).unwrap();
        snapshot = snapshot.with_overlay(snapshot.generation().next(), &key, None);
    }
    assert_eq!(held(&snapshot), untouched);
}

/// What is taken over from the snapshot before must not be what has changed.
#[test]
fn a_snapshot_built_on_another_answers_as_one_built_anew() {
    let first = document(600);
    let changes: [fn(&str) -> String; 5] = [
        |text| text.replace(r#"["on",25],["off",75]"#, r#"["on",26],["off",74]"#),
        |text| text.replace("team-40\"", "team-forty\""),
        |text| text.replace(r#""broken":{"#, r#""3":{"state":"DISABLED","variants":{"on":true}},"broken":{"#),
        |text| text.replace(r#"{"third":"3","off":"","on":"1"}"#, r#"{"off":"","third":"3","on":"1"}"#),
        |text| {
            text.replace(
                r#"{"flags":{"#,
                r#"{"flags":{"!":{"state":"ENABLED","variants":{"on":1},"defaultVariant":"on"},"#,
            )
        },
    ];
    for (number, change) in changes.iter().enumerate() {
        let second = change(&first);
        assert_ne!(first, second, "change {number} changes something");
        let before = built(&first, Bucketing::V3, None);
        let (on_another, anew) = (built(&second, Bucketing::V3, Some(&before)), built(&second, Bucketing::V3, None));
        assert_eq!(held(&on_another), held(&anew), "change {number}");
        assert_ne!(held(&on_another), held(&before), "change {number}");
    }
}

#[test]
fn an_answer_that_nobody_is_given_may_be_long() {
    let long = "x".repeat(1_000_000);
    let text = format!(
        r#"{{"flags":{{"a":{{"state":"ENABLED","variants":{{"on":"{long}","off":"short"}},"defaultVariant":"off"}},
            "b":{{"state":"ENABLED","variants":{{"on":true}},"defaultVariant":"on"}}}}}}"#
    );
    let snapshot = built(&text, Bucketing::V3, None);
    held(&snapshot);
    let mut out = Vec::new();
    snapshot.evaluate_all(&Context::empty()).write_ofrep(&mut out);
    assert!(out.capacity() < 10_000, "room for {} bytes", out.capacity());
}
