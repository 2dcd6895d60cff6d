//! What a flag answers: reasons, defaults, failures, and what a rollout lays over it.

use crate::served::{answer, catalog, expression, snapshot, with_overlay};
use std::sync::Arc;
use tidegate::eval::{Bucketing, Snapshot};
use tidegate::flag::{Gate, Overlay, Part, Parts, Rank, Share};
use tidegate::units::{Exposure, FlagKey, Generation, RolloutName, VariantName};

const FLAGS: &str = r#"
metadata: { team: core, tier: 1 }
flags:
  plain: { state: ENABLED, variants: { on: true, off: false }, defaultVariant: "off", metadata: { tier: 2.0 } }
  ruled:
    state: ENABLED
    variants: { small: 0.0, large: 10 }
    defaultVariant: small
    targeting: { if: [ { ends_with: [ { var: email }, "@example.org" ] }, large, null ] }
  open-ended: { state: ENABLED, variants: { a: { x: [1, "ü\n"] } }, defaultVariant: null }
  disabled: { state: DISABLED, variants: { a: "1" }, defaultVariant: a }
  astray: { state: ENABLED, variants: { a: "1" }, targeting: { var: choice } }
"#;

fn share(ppm: u32, audience: Option<&str>) -> Gate {
    let exposure = Exposure::from_ppm(ppm).unwrap();
    let audience = audience.map(|rule| Arc::new(expression(rule)));
    Gate::Open(Share {
        parts: Parts::of(Part { step: 0, exposure, audience }),
        bucket_by: "targetingKey".into(),
        salt: "salt".into(),
        layer: None,
    })
}

fn overlay(candidate: &str, stable: &str, gate: Gate) -> Overlay {
    let name = |name| VariantName::new(name).unwrap();
    let rollout = RolloutName::new("r").unwrap();
    Overlay { rollout, rank: Rank::open(1, 0), candidate: name(candidate), stable: name(stable), gate }
}

#[test]
fn each_kind_of_outcome_is_answered_as_ofrep_has_it() {
    let served = snapshot(FLAGS, Bucketing::V3);
    let team = r#""metadata":{"team":"core","tier":1}"#;
    for (flag, context, expected) in [
        (
            "plain",
            "{}",
            r#"{"reason":"STATIC","variant":"off","value":false,"key":"plain","metadata":{"team":"core","tier":2.0}}"#.to_owned(),
        ),
        (
            "ruled",
            r#"{"email":"a@example.org"}"#,
            format!(r#"{{"reason":"TARGETING_MATCH","variant":"large","value":10,"key":"ruled",{team}}}"#),
        ),
        ("ruled", "{}", format!(r#"{{"reason":"DEFAULT","variant":"small","value":0.0,"key":"ruled",{team}}}"#)),
        ("open-ended", "{}", format!(r#"{{"reason":"DEFAULT","key":"open-ended",{team}}}"#)),
        ("disabled", "{}", format!(r#"{{"reason":"DISABLED","key":"disabled",{team}}}"#)),
        ("astray", r#"{"choice":"a"}"#, format!(r#"{{"reason":"TARGETING_MATCH","variant":"a","value":"1","key":"astray",{team}}}"#)),
        ("astray", "{}", format!(r#"{{"reason":"DEFAULT","key":"astray",{team}}}"#)),
        (
            "astray",
            r#"{"choice":"secret"}"#,
            r#"{"key":"astray","errorCode":"GENERAL","errorDetails":"the targeting rule gave something that is no variant of the flag"}"#.to_owned(),
        ),
    ] {
        assert_eq!(answer(&served, flag, context), expected, "{flag} {context}");
    }
}

#[test]
fn a_broken_flag_without_a_good_version_says_parse_error_and_the_others_work() {
    let catalog = catalog("f.yaml", "flags: { bad: { state: ON }, good: { state: ENABLED, variants: { a: 1 } } }");
    let served = Snapshot::build(Generation::new(1), catalog.flags(), &[].into(), Bucketing::V3, None);
    let bad = answer(&served, "bad", "{}");
    assert!(bad.starts_with(r#"{"key":"bad","errorCode":"PARSE_ERROR","errorDetails":"f.yaml:1:"#), "{bad}");
    assert!(answer(&served, "good", "{}").contains("DEFAULT"));
}

#[test]
fn an_open_rollout_decides_what_the_definition_leaves_to_its_default() {
    let served = snapshot(FLAGS, Bucketing::V3);
    let all = with_overlay(&served, "ruled", overlay("large", "small", share(1_000_000, None)));
    assert!(answer(&all, "ruled", r#"{"targetingKey":"u"}"#).contains(r#""SPLIT","variant":"large""#));
    assert!(answer(&all, "ruled", "{}").contains(r#""SPLIT","variant":"small""#), "nobody to tell apart");
    assert!(answer(&all, "ruled", r#"{"targetingKey":""}"#).contains(r#""variant":"small""#));
    let explicit = answer(&all, "ruled", r#"{"targetingKey":"u","email":"@example.org"}"#);
    assert!(explicit.contains("TARGETING_MATCH"), "an explicit result stands: {explicit}");
    let none = with_overlay(&served, "ruled", overlay("large", "small", share(0, None)));
    assert!(answer(&none, "ruled", r#"{"targetingKey":"u"}"#).contains(r#""variant":"small""#));
}

#[test]
fn only_the_audience_is_in_the_share() {
    let served = snapshot(FLAGS, Bucketing::V3);
    let rule = r#"{"==":[{"var":"plan"},"beta"]}"#;
    let beta = with_overlay(&served, "plain", overlay("on", "off", share(1_000_000, Some(rule))));
    assert!(answer(&beta, "plain", r#"{"targetingKey":"u","plan":"beta"}"#).contains(r#""variant":"on""#));
    assert!(answer(&beta, "plain", r#"{"targetingKey":"u","plan":"free"}"#).contains(r#""variant":"off""#));
    let truthy = with_overlay(&served, "plain", overlay("on", "off", share(1_000_000, Some(r#"{"var":"plan"}"#))));
    assert!(answer(&truthy, "plain", r#"{"targetingKey":"u","plan":"x"}"#).contains(r#""variant":"off""#));
}

#[test]
fn a_closed_candidate_is_served_to_nobody_by_any_way() {
    let served = snapshot(FLAGS, Bucketing::V3);
    let closed = with_overlay(&served, "ruled", overlay("large", "small", Gate::Closed));
    let explicit = answer(&closed, "ruled", r#"{"targetingKey":"u","email":"@example.org"}"#);
    assert!(explicit.contains(r#""DEFAULT","variant":"small""#), "{explicit}");
    let by_default = with_overlay(&served, "plain", overlay("off", "on", Gate::Closed));
    assert!(answer(&by_default, "plain", "{}").contains(r#""DEFAULT","variant":"on""#));
    let no_stable = with_overlay(&served, "plain", overlay("off", "gone", Gate::Closed));
    assert!(!answer(&no_stable, "plain", "{}").contains("variant"), "the default is the candidate itself");
    let disabled = with_overlay(&served, "disabled", overlay("a", "a", Gate::Closed));
    assert!(answer(&disabled, "disabled", "{}").contains("DISABLED"));
}

#[test]
fn an_overlay_of_unknown_variants_serves_what_there_is() {
    let served = snapshot(FLAGS, Bucketing::V3);
    let gone = with_overlay(&served, "plain", overlay("gone", "on", share(1_000_000, None)));
    assert!(answer(&gone, "plain", r#"{"targetingKey":"u"}"#).contains(r#""variant":"on""#));
    let both = with_overlay(&served, "plain", overlay("gone", "lost", share(1_000_000, None)));
    assert!(answer(&both, "plain", r#"{"targetingKey":"u"}"#).contains(r#""DEFAULT","variant":"off""#));
}

#[test]
fn an_overlay_is_taken_away_without_a_trace_and_one_of_a_missing_flag_changes_nothing() {
    let served = snapshot(FLAGS, Bucketing::V3);
    let key = FlagKey::new("plain").unwrap();
    let closed = with_overlay(&served, "plain", overlay("off", "on", Gate::Closed));
    assert_eq!(closed.flag("plain").and_then(|flag| flag.overlay()).map(|overlay| &overlay.gate), Some(&Gate::Closed));
    let free = closed.with_overlay(Generation::new(9), &key, None);
    assert_eq!(free.generation(), Generation::new(9));
    assert_eq!(answer(&free, "plain", "{}"), answer(&served, "plain", "{}"));
    assert!(answer(&closed, "plain", "{}").contains("\"on\""), "the older snapshot stays as it was");
    let missing = FlagKey::new("missing").unwrap();
    let same = served.with_overlay(Generation::new(2), &missing, Some(overlay("on", "off", Gate::Closed)));
    assert!(same.flag("missing").is_none());
    assert_eq!(same.len(), served.len());
}

#[test]
fn users_are_told_apart_by_texts_numbers_and_booleans_alone() {
    let served = snapshot(FLAGS, Bucketing::V3);
    let by = |attribute: &str| {
        let share = Share {
            parts: Parts::of(Part { step: 0, exposure: Exposure::ALL, audience: None }),
            bucket_by: attribute.into(),
            salt: "salt".into(),
            layer: None,
        };
        with_overlay(&served, "plain", overlay("on", "off", Gate::Open(share)))
    };
    for (value, variant) in [
        ("\"u\"", "on"),
        ("0", "on"),
        ("1.5", "on"),
        ("false", "on"),
        ("null", "off"),
        ("\"\"", "off"),
        ("[1]", "off"),
        ("{}", "off"),
    ] {
        let told = answer(&by("account.id"), "plain", &format!(r#"{{"account":{{"id":{value}}},"targetingKey":"u"}}"#));
        assert!(told.contains(&format!(r#""SPLIT","variant":"{variant}""#)), "{value}: {told}");
    }
}

#[test]
fn a_rule_that_produces_too_much_text_is_a_failure_not_a_burden() {
    let text = r#"flags: { f: { state: ENABLED, variants: { a: 1 }, defaultVariant: a,
        targeting: { if: [ { "==": [ { cat: [ { var: x }, { var: x } ] }, b ] }, a, null ] } } }"#;
    let served = snapshot(text, Bucketing::V3);
    let context = |length: usize| format!(r#"{{"x":"{}"}}"#, "x".repeat(length));
    assert!(answer(&served, "f", &context(32_768)).contains("DEFAULT"));
    let told = answer(&served, "f", &context(32_769));
    assert_eq!(
        told,
        r#"{"key":"f","errorCode":"GENERAL","errorDetails":"the targeting rule produced more than 64 KiB of text"}"#
    );
}

#[test]
fn an_integer_and_the_double_next_to_it_are_two_constants_in_the_rules_of_two_flags() {
    let flag = |name: &str, rule: &str| {
        let variants = r#"{"on":true,"off":false}"#;
        format!(r#""{name}":{{"state":"ENABLED","variants":{variants},"targeting":{{"if":[{rule},"on","off"]}}}}"#)
    };
    for (before, behind, context) in [
        (r#"{"in":[{"var":"id"},["#, "]]}", r#"{"id":9007199254740992}"#),
        (r#"{"in":["#, r#",{"var":"text"}]}"#, r#"{"text":"no 9007199254740992"}"#),
    ] {
        let rule = |number: &str| format!("{before}{number}{behind}");
        let (a, b) = (flag("a", &rule("9007199254740993")), flag("b", &rule("9007199254740992.0")));
        let served = snapshot(&format!("{{\"flags\":{{{a},{b}}}}}"), Bucketing::V3);
        assert!(answer(&served, "a", context).contains(r#""variant":"off""#), "{before}");
        assert!(answer(&served, "b", context).contains(r#""variant":"on""#), "{before}");
    }
}
