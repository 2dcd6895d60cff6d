//! Documents as people get them wrong: what they are told, and what is served all the same.

use crate::served::catalog;
use std::fmt::Write as _;
use tidegate::flag::{Catalog, CatalogEntry, lower};
use tidegate::source::{Format, Problem, parse};

/// One sound flag around which the cases are built.
const SOUND: &str = r#""sound": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}"#;

fn read(name: &str, bytes: &[u8]) -> Catalog {
    let format = Format::of(name).expect("a known ending");
    let mut catalog = Catalog::new();
    catalog.update(name, parse(name, bytes, format).and_then(|parsed| lower(&parsed)));
    catalog
}

fn render(problems: &[Problem]) -> String {
    let mut out = String::new();
    for problem in problems {
        writeln!(out, "{problem}").expect("a text can be written to");
        writeln!(out, "    | {}", problem.excerpt).expect("a text can be written to");
    }
    out
}

/// The problems of a flag `f` with these fields; the sound one beside it must always serve.
fn flag(fields: &str) -> String {
    let text = format!("{{\"flags\": {{\n{SOUND},\n\"f\": {{{fields}}}\n}}}}");
    let catalog = read("f.json", text.as_bytes());
    assert!(serves(&catalog, "sound"), "a wrong flag fails alone: {fields}");
    let mut out = render(&catalog.problems());
    if serves(&catalog, "f") {
        out.push_str("    (serves)\n");
    }
    out
}

fn serves(catalog: &Catalog, key: &str) -> bool {
    catalog.flags().any(|(known, entry)| known.as_str() == key && matches!(entry, CatalogEntry::Serving(_)))
}

#[test]
fn files_that_are_no_documents() {
    let utf16 = |mark: [u8; 2], swap: bool| {
        let units = "{\"flags\": {}}".encode_utf16();
        let bytes = units.flat_map(|unit| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() });
        mark.into_iter().chain(bytes).collect::<Vec<_>>()
    };
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("empty", "f.json", Vec::new()),
        ("white space", "f.yaml", b" \n\n".to_vec()),
        ("only a comment", "f.yaml", b"# nothing yet\n".to_vec()),
        ("null", "f.json", b"null".to_vec()),
        ("null in YAML", "f.yaml", b"~\n".to_vec()),
        ("truncated", "f.json", br#"{"flags": {"a": {"state": "ENAB"#.to_vec()),
        ("truncated after a value", "f.json", b"{\"flags\": {\"a\": {\n\"state\": \"ENABLED\"".to_vec()),
        ("truncated YAML", "f.yaml", b"flags:\n  a: { state: ENABLED, variants: { on: true".to_vec()),
        ("cut off with NULs", "f.json", b"{\"flags\": {}\0\0\0".to_vec()),
        ("UTF-16 LE", "f.json", utf16([0xFF, 0xFE], false)),
        ("UTF-16 BE", "f.json", utf16([0xFE, 0xFF], true)),
        ("Latin-1", "f.yaml", b"flags:\n  gr\xFCn: {}\n".to_vec()),
        ("a list", "f.json", b"[]".to_vec()),
        ("a text", "f.yaml", b"flags\n".to_vec()),
        ("two values", "f.json", b"{} {}".to_vec()),
        ("no flags", "f.json", b"{}".to_vec()),
        ("flags mistyped", "f.yaml", b"flgas: {}\n".to_vec()),
        ("flags null", "f.yaml", b"flags:\n".to_vec()),
        ("duplicate keys", "f.json", b"{\"flags\": {\n  \"a\": {},\n  \"a\": {}}}".to_vec()),
        ("duplicate keys in YAML", "f.yaml", b"flags:\n  a: { state: ENABLED, state: DISABLED }\n".to_vec()),
        ("a comment in JSON", "f.json", b"{\"flags\": {} /* none */}".to_vec()),
        ("a trailing comma", "f.json", b"{\"flags\": {},}".to_vec()),
        ("a number out of range", "f.json", b"{\"flags\": {\"a\": {\"variants\": {\"x\": 1e999}}}}".to_vec()),
        ("not a number", "f.yaml", b"flags: { a: { variants: { x: .nan } } }\n".to_vec()),
        ("tabs", "f.yaml", b"flags:\n\ta: 1\n".to_vec()),
        ("an unknown alias", "f.yaml", b"flags: { a: *nothing }\n".to_vec()),
        ("an alias inside itself", "f.yaml", b"flags: &f { a: *f }\n".to_vec()),
        ("a tag", "f.yaml", b"flags: !include other.yaml\n".to_vec()),
    ];
    let mut out = String::new();
    for (case, name, bytes) in cases {
        let catalog = read(name, &bytes);
        assert!(!catalog.problems().is_empty(), "{case} is a problem");
        assert_eq!(catalog.flags().count(), 0, "{case} has no flags");
        write!(out, "== {case}\n{}", render(&catalog.problems())).expect("a text can be written to");
    }
    insta::assert_snapshot!(out);
}

#[test]
fn flags_that_are_wrong() {
    let base = r#""state": "ENABLED", "variants": {"on": true, "off": false}"#;
    let targeted = |rule: &str| format!("{base},\n  \"targeting\": {rule}");
    let cases = [
        ("no state", r#""variants": {"on": true}"#.to_owned()),
        ("state in small letters", r#""state": "enabled", "variants": {"on": true}"#.to_owned()),
        ("state unknown", r#""state": "PAUSED", "variants": {"on": true}"#.to_owned()),
        ("state of a wrong type", r#""state": true, "variants": {"on": true}"#.to_owned()),
        ("field mistyped", r#""state": "ENABLED", "varients": {"on": true}"#.to_owned()),
        ("default mistyped", format!(r#"{base}, "defualtVariant": "on""#)),
        ("field unknown", format!(r#"{base}, "owner": "core""#)),
        ("variants empty", r#""state": "ENABLED", "variants": {}"#.to_owned()),
        ("variants a list", r#""state": "ENABLED", "variants": ["on"]"#.to_owned()),
        ("variants of two types", r#""state": "ENABLED", "variants": {"a": 1, "b": "2", "c": 3}"#.to_owned()),
        ("variants of no type", r#""state": "ENABLED", "variants": {"a": null, "b": [1]}"#.to_owned()),
        ("variant without a name", r#""state": "ENABLED", "variants": {"": 1}"#.to_owned()),
        ("default unknown", format!(r#"{base}, "defaultVariant": "onn""#)),
        ("default far off", format!(r#"{base}, "defaultVariant": "green""#)),
        ("default of a wrong type", format!(r#"{base}, "defaultVariant": true"#)),
        ("metadata nested", format!(r#"{base}, "metadata": {{"a": {{"b": 1}}, "c": null, "d": 1}}"#)),
        ("targeting a list", targeted("[]")),
        ("operator mistyped", targeted(r#"{"start_with": [{"var": "x"}, "y"]}"#)),
        ("operator unknown", targeted(r#"{"regex": [{"var": "x"}, ".*"]}"#)),
        ("two operators", targeted(r#"{"==": [1, 1], "!=": [1, 2]}"#)),
        ("no operator", targeted(r#"{"if": [true, "on", {}]}"#)),
        ("result unknown", targeted(r#"{"if": [{"var": "x"}, "onn", {"or": [{"var": "y"}, "green"]}]}"#)),
        ("result a number", targeted(r#"{"if": [{"var": "x"}, 1, ["on"]]}"#)),
        ("result without a variant", targeted(r#"{"if": [{"var": "x"}, true, null]}"#)),
        ("weights negative", targeted(r#"{"fractional": [["on", -1], ["off", 101]]}"#)),
        ("weights of nothing", targeted(r#"{"fractional": [["on", 0], ["off", 0]]}"#)),
        ("weights over the sum", targeted(r#"{"fractional": [["on", 2147483647], ["off", 1]]}"#)),
        ("weight over all", targeted(r#"{"fractional": [["on", 2147483648]]}"#)),
        ("weights not whole", targeted(r#"{"fractional": [["on", 0.5], ["off", "50"]]}"#)),
        ("split of unknown variants", targeted(r#"{"fractional": [["on", 50], ["of", 50]]}"#)),
        ("split without entries", targeted(r#"{"fractional": [{"var": "x"}]}"#)),
        ("split of bare names", targeted(r#"{"fractional": [{"var": "x"}, "on", ["off", 1, 2], []]}"#)),
        ("reference to nothing", targeted(r#"{"if": [{"$ref": "staff"}, "on", null]}"#)),
        (
            "many at once",
            "\"state\": \"ON\",\n\"varients\": 1,\n\"variants\": {\"a\": 1, \"b\": \"x\"},\n\"defaultVariant\": 5,\n\
             \"targeting\": {\"if\": [{\"startswith\": []}, {\"nope\": []}, null]},\n\"metadata\": []"
                .to_owned(),
        ),
    ];
    let mut out = String::new();
    for (case, fields) in cases {
        let told = flag(&fields);
        assert!(!told.is_empty(), "{case} is a problem");
        write!(out, "== {case}\n{told}").expect("a text can be written to");
    }
    insta::assert_snapshot!(out);
}

#[test]
fn references_that_lead_nowhere() {
    let text = "
$evaluators:
  fine: { ends_with: [ { var: email }, '@example.org' ] }
  loop-a: { and: [ true, { $ref: loop-b } ] }
  loop-b: { $ref: loop-a }
  self: { $ref: self }
  wrong: { and: [ { endswith: [ 1, 2 ] } ] }
  outer: { or: [ { $ref: wrong } ] }
  name: green
  dangling: { $ref: fien }
flags:
  good: { state: ENABLED, variants: { on: 1 }, targeting: { if: [ { $ref: fine }, on, null ] } }
  looped: { state: ENABLED, variants: { on: 1 }, targeting: { if: [ { $ref: loop-a }, on, null ] } }
  selfish: { state: ENABLED, variants: { on: 1 }, targeting: { $ref: self } }
  wrong: { state: ENABLED, variants: { on: 1 }, targeting: { if: [ { $ref: outer }, on, null ] } }
  unfit: { state: ENABLED, variants: { on: 1 }, targeting: { if: [ { $ref: fine }, { $ref: name }, null ] } }
  list: { state: ENABLED, variants: { on: 1 }, targeting: { $ref: [ fine ] } }
";
    let catalog = catalog("f.yaml", text);
    let serving: Vec<_> =
        catalog.flags().map(|(key, _)| key.as_str().to_owned()).filter(|key| serves(&catalog, key)).collect();
    assert_eq!(serving, ["good"]);
    insta::assert_snapshot!(render(&catalog.problems()));
}

#[test]
fn references_that_multiply_are_bounded() {
    let mut text = "$evaluators:\n  e0: [ 1, 1, 1, 1 ]\n".to_owned();
    for level in 1..40 {
        let below = level - 1;
        writeln!(text, "  e{level}: {{ or: [ {{ $ref: e{below} }}, {{ $ref: e{below} }} ] }}").expect("a text");
    }
    text.push_str(
        "flags: { f: { state: ENABLED, variants: { on: 1 }, targeting: { if: [ { $ref: e39 }, on, null ] } } }\n",
    );
    let catalog = catalog("f.yaml", &text);
    assert!(!serves(&catalog, "f"));
    assert!(catalog.problems().iter().any(|problem| problem.message.contains("more than 100000 values")));
}

#[test]
fn a_rule_nested_a_hundred_thousand_deep_is_that_flags_fault_alone() {
    const DEEP: usize = 100_000;
    let nested = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(DEEP), close.repeat(DEEP));
    let flag = |rule: &str| {
        format!(
            r#"{{"flags": {{ {SOUND}, "deep": {{"state": "ENABLED", "variants": {{"on": true}}, "targeting": {rule} }} }} }}"#
        )
    };
    let rules = [
        nested(r#"{"!":["#, "1", "]}"),
        nested(r#"{"!":"#, "1", "}"),
        format!(r#"{{"==": [{}, 1]}}"#, nested("[", "", "]")),
        format!(r#"{{"if": [true, {}, null]}}"#, nested(r#"{"fractional":[["#, r#""on""#, "]]}")),
    ];
    // The YAML reader takes its time over such files, so it gets only one of them.
    let cases = rules.iter().map(|rule| ("f.json", rule)).chain([("f.yaml", &rules[1])]);
    for (name, rule) in cases {
        let catalog = read(name, flag(rule).as_bytes());
        let problems = render(&catalog.problems());
        assert!(serves(&catalog, "sound"), "{name}: {problems}");
        assert!(!serves(&catalog, "deep"), "{name}");
        assert!(problems.contains("nested deeper than 64 levels"), "{name}: {problems}");
    }
    let value = nested(r#"{"a":"#, "1", "}");
    let text =
        format!(r#"{{"flags": {{ {SOUND}, "deep": {{"state": "ENABLED", "variants": {{"on": {value} }} }} }} }}"#);
    let catalog = read("f.json", text.as_bytes());
    assert!(serves(&catalog, "sound") && !serves(&catalog, "deep"));
    assert!(render(&catalog.problems()).contains("nested deeper than 256 levels"));
    for text in ["[".repeat(DEEP), "- ".repeat(DEEP), "{\"a\":".repeat(DEEP)] {
        for name in ["f.json", "f.yaml"] {
            assert!(!read(name, text.as_bytes()).problems().is_empty(), "{name} stays whole");
        }
    }
}

#[test]
fn aliases_that_multiply_are_bounded() {
    let mut text = "a0: &a0 [ x, x, x, x, x, x, x, x ]\n".to_owned();
    for level in 1..12 {
        let below = level - 1;
        writeln!(text, "a{level}: &a{level} [ {} ]", vec![format!("*a{below}"); 9].join(", ")).expect("a text");
    }
    let catalog = read("f.yaml", text.as_bytes());
    assert!(render(&catalog.problems()).contains("anchors and aliases add more than"));
    // A text weighs what it is long, as a value and as a key: the memory of a gigabyte is not to be had for a
    // file of a few kilobytes.
    let long = "x".repeat(50_000);
    for held in [long.clone(), format!("{{ ? {long} : 1 }}")] {
        let text = format!("a: &a {held}\nb: [ {} ]\n", vec!["*a"; 20_000].join(", "));
        assert!(render(&read("f.yaml", text.as_bytes()).problems()).contains("anchors and aliases add more than"));
    }
    let mut text = "a0: &a0 [ x ]\n".to_owned();
    for level in 1..400 {
        writeln!(text, "a{level}: &a{level} [ *a{} ]", level - 1).expect("a text");
    }
    assert!(render(&read("f.yaml", text.as_bytes()).problems()).contains("nested deeper than 256 levels"));
}

#[test]
fn flags_in_a_list() {
    let text = "
flags:
  - { key: a, state: ENABLED, variants: { on: 1 } }
  - { state: ENABLED, variants: { on: 1 } }
  - { key: 5, state: ENABLED, variants: { on: 1 } }
  - { key: a, state: DISABLED, variants: { on: 2 } }
  - { key: \"x\\ny\", state: ENABLED, variants: { on: 1 } }
  - b
$schema: https://flagd.dev/schema/v0/flags.json
metadata: [ 1 ]
evaluators: {}
";
    let catalog = catalog("f.yaml", text);
    assert_eq!(catalog.flags().count(), 1);
    assert!(serves(&catalog, "a"));
    insta::assert_snapshot!(render(&catalog.problems()));
}
