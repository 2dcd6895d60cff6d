//! Who is in which bucket: the same users as with flagd's own providers, in both generations.

use crate::served::{answer, snapshot};
use tidegate::eval::{Bucketing, Snapshot};

fn chosen(snapshot: &Snapshot, flag: &str, context: &str) -> String {
    let answer: serde_json::Value = serde_json::from_str(&answer(snapshot, flag, context)).expect("JSON");
    answer.get("variant").and_then(|variant| variant.as_str()).unwrap_or("none").to_owned()
}

fn cards(bucketing: Bucketing, flag: &str, by: &str) -> Snapshot {
    let document = format!(
        "flags: {{ {flag}: {{ state: ENABLED, variants: {{ C: 1, D: 2, H: 3, S: 4 }},
           targeting: {{ fractional: [ {by} [C, 25], [D, 25], [H, 25], [S, 25] ] }} }} }}"
    );
    snapshot(&document, bucketing)
}

#[test]
fn cards_fall_as_they_do_in_flagd() {
    let own = "{ cat: [ { var: $flagd.flagKey }, { var: name } ] },";
    let shared = "{ cat: [ shared-seed, { var: name } ] },";
    for (bucketing, by, expected) in [
        (
            Bucketing::V2,
            own,
            [("\"jack\"", "H"), ("\"queen\"", "S"), ("\"ten\"", "C"), ("\"nine\"", "D"), ("3", "C")].as_slice(),
        ),
        (Bucketing::V3, own, &[("\"jack\"", "D"), ("\"queen\"", "D"), ("\"ten\"", "C"), ("\"nine\"", "C"), ("3", "S")]),
        (Bucketing::V2, shared, &[("\"seven\"", "H"), ("\"eight\"", "D"), ("\"nine\"", "C"), ("\"two\"", "S")]),
        (Bucketing::V3, shared, &[("\"seven\"", "H"), ("\"eight\"", "H"), ("\"nine\"", "D"), ("\"two\"", "D")]),
    ] {
        let served = cards(bucketing, "fractional-flag", by);
        for (name, card) in expected {
            let found = chosen(&served, "fractional-flag", &format!(r#"{{"name":{name}}}"#));
            assert_eq!(found, *card, "{bucketing:?} {by} {name}");
        }
    }
}

#[test]
fn the_second_generation_splits_the_hash_in_halves() {
    let document = "flags: { f: { state: ENABLED, variants: { low: 1, high: 2 },
        targeting: { fractional: [ { var: id }, [low, 50], [high, 50] ] } } }";
    let served = snapshot(document, Bucketing::V2);
    for (id, half) in [("ejOoVL", "low"), ("bY9fO-", "low"), ("SI7p-", "low"), ("6LvT0", "high"), ("ceQdGm", "high")] {
        assert_eq!(chosen(&served, "f", &format!(r#"{{"id":"{id}"}}"#)), half, "{id}");
    }
}

#[test]
fn the_third_generation_takes_values_of_any_type() {
    let names: Vec<_> = (1..=25).map(|n| format!("b{n}")).collect();
    let variants = names.iter().map(|name| format!("{name}: {name}x")).collect::<Vec<_>>().join(", ");
    let entries = names.iter().map(|name| format!("[{name}, 4]")).collect::<Vec<_>>().join(", ");
    let document = format!(
        "flags: {{ f: {{ state: ENABLED, variants: {{ {variants} }},
           targeting: {{ fractional: [ {{ var: x }}, {entries} ] }} }} }}"
    );
    let served = snapshot(&document, Bucketing::V3);
    for (value, bucket) in [
        ("true", "b5"),
        ("\"user1\"", "b22"),
        ("1", "b23"),
        ("1.0", "b23"),
        ("0", "b8"),
        ("-0.0", "b8"),
        (r#"{"a":1,"b":2}"#, "b23"),
        (r#"{"b":2,"a":1.0}"#, "b23"),
        ("null", "none"),
        ("[1]", "none"),
    ] {
        assert_eq!(chosen(&served, "f", &format!(r#"{{"x":{value}}}"#)), bucket, "{value}");
    }
}

#[test]
fn without_a_value_the_second_generation_falls_back_to_the_keys() {
    let short = cards(Bucketing::V2, "f", "");
    let absent = cards(Bucketing::V2, "f", "{ var: nothing },");
    let written = cards(Bucketing::V2, "f", "{ cat: [ f, { var: targetingKey } ] },");
    for user in ["ann", "bob", "eve", "ü"] {
        let context = format!(r#"{{"targetingKey":"{user}"}}"#);
        let expected = chosen(&written, "f", &context);
        assert_eq!(chosen(&short, "f", &context), expected, "{user}");
        assert_eq!(chosen(&absent, "f", &context), expected, "{user}");
    }
    let number = cards(Bucketing::V2, "f", "{ var: x },");
    assert_eq!(chosen(&number, "f", r#"{"x":5,"targetingKey":"u"}"#), "none", "flagd takes only texts there");
    assert_eq!(chosen(&short, "f", "{}"), "none");
}

#[test]
fn a_long_value_is_hashed_as_a_short_one_is() {
    for bucketing in [Bucketing::V2, Bucketing::V3] {
        let joined = cards(bucketing, "f", "{ cat: [ { var: x }, { var: y } ] },");
        let whole = cards(bucketing, "f", "{ var: x },");
        for length in [1, 20, 100, 150, 151, 152, 200, 300, 5000, 70_000 / 2] {
            let (x, y) = ("x".repeat(length), "y".repeat(length));
            let parts = chosen(&joined, "f", &format!(r#"{{"x":"{x}","y":"{y}"}}"#));
            let one = chosen(&whole, "f", &format!(r#"{{"x":"{x}{y}"}}"#));
            if length < 32_768 {
                assert_eq!(parts, one, "{bucketing:?} {length}");
            } else {
                assert_eq!(parts, "none", "over what an answer may cost");
            }
        }
    }
}
