//! Sound documents in their different shapes, and what becomes of them over time.

use crate::served::{answer, snapshot};
use std::collections::BTreeMap;
use std::sync::Arc;
use tidegate::eval::{Bucketing, Snapshot};
use tidegate::flag::{Catalog, CatalogEntry, Definition, FlagFile, FlagState, lower};
use tidegate::source::{Format, Problem, parse};
use tidegate::units::Generation;

fn read(name: &str, text: &str) -> Result<FlagFile, Vec<Problem>> {
    parse(name, text.as_bytes(), Format::of(name).expect("a known ending")).and_then(|parsed| lower(&parsed))
}

fn serving(catalog: &Catalog, key: &str) -> Option<Arc<Definition>> {
    catalog.flags().find(|(known, _)| known.as_str() == key).and_then(|(_, entry)| match entry {
        CatalogEntry::Serving(definition) => Some(definition),
        CatalogEntry::Broken(_) => None,
    })
}

fn one(value: &str) -> String {
    format!("flags: {{ a: {{ state: ENABLED, variants: {{ v: {value} }}, defaultVariant: v }} }}")
}

fn messages(catalog: &Catalog) -> Vec<String> {
    catalog.problems().iter().map(|problem| format!("{}: {}", problem.file, problem.message)).collect()
}

#[test]
fn one_document_means_the_same_in_json_and_yaml_as_map_and_as_list() {
    let json = r##"{"$schema": "https://flagd.dev/schema/v0/flags.json", "metadata": {"flagSetId": "s"},
        "flags": {"f": {"state": "ENABLED", "variants": {"a": 1.50, "b": -0.0}, "defaultVariant": "a",
        "targeting": {"if": [{"var": "x"}, "b"]}, "metadata": {"n": 1.0}}}}"##;
    let list = r#"{"metadata": {"flagSetId": "s"}, "flags": [{"key": "f", "state": "ENABLED",
        "variants": {"a": 1.50, "b": -0.0}, "defaultVariant": "a", "targeting": {"if": [{"var": "x"}, "b"]}, "metadata": {"n": 1.0}}]}"#;
    let yaml = "metadata:\n  flagSetId: s\nflags:\n  f:\n    state: ENABLED\n    variants:\n      a: 1.50\n      b: -0.0\n\
        \n    defaultVariant: a\n    targeting:\n      if:\n      - var: x\n      - b\n    metadata: {n: 1.0}\n";
    for text in [json, list, yaml] {
        let served = snapshot(text, Bucketing::V3);
        let rest = r#""metadata":{"flagSetId":"s","n":1.0}}"#;
        assert_eq!(
            answer(&served, "f", "{}"),
            format!(r#"{{"reason":"DEFAULT","variant":"a","value":1.50,"key":"f",{rest}"#)
        );
        assert_eq!(
            answer(&served, "f", r#"{"x":1}"#),
            format!(r#"{{"reason":"TARGETING_MATCH","variant":"b","value":-0.0,"key":"f",{rest}"#)
        );
    }
}

#[test]
fn windows_line_ends_do_no_harm_and_a_byte_order_mark_is_told() {
    let mut catalog = Catalog::new();
    catalog.update("f.json", read("f.json", "{\"flags\":\r\n {\"a\": {\"state\": \"ON\"}}}"));
    let problem = &catalog.problems()[0];
    assert_eq!((problem.line, problem.column), (2, 8), "{problem}");
    catalog.update("f.yaml", read("f.yaml", "flags:\r\n  b: { state: ENABLED, variants: { v: 1 } }\r\n"));
    assert!(serving(&catalog, "b").is_some());
    catalog.update("f.yaml", read("f.yaml", "\u{FEFF}flags: {}\n"));
    let told: Vec<_> = catalog.problems().iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|text| text.contains("f.yaml:1:1: the file begins with a byte order mark")), "{told:?}");
    assert!(serving(&catalog, "b").is_some(), "the last good content stays");
}

#[test]
fn every_way_to_have_no_default_leaves_it_to_the_caller() {
    for default in ["", ", defaultVariant: null", ", defaultVariant: ''"] {
        let text = format!("flags: {{ f: {{ state: ENABLED, variants: {{ a: {{}} }} {default} }} }}");
        assert_eq!(
            answer(&snapshot(&text, Bucketing::V3), "f", "{}"),
            r#"{"reason":"DEFAULT","key":"f"}"#,
            "{default}"
        );
    }
}

#[test]
fn an_empty_rule_is_no_rule() {
    for rule in ["{}", "null"] {
        let text =
            format!("flags: {{ f: {{ state: ENABLED, variants: {{ a: x }}, defaultVariant: a, targeting: {rule} }} }}");
        assert!(answer(&snapshot(&text, Bucketing::V3), "f", "{}").contains("STATIC"), "{rule}");
    }
}

#[test]
fn several_documents_in_one_file_are_all_read_and_those_of_another_kind_are_not_ours() {
    let text = "flags: { a: { state: ENABLED, variants: { v: 1 } } }\n---\n---\nkind: Rollout\nname: r\n---\n\
                flags: { b: { state: DISABLED, variants: { v: 1 } } }\n";
    let mut catalog = Catalog::new();
    catalog.update("f.yaml", read("f.yaml", text));
    assert_eq!(messages(&catalog), Vec::<String>::new());
    assert_eq!(serving(&catalog, "b").map(|b| (b.state, b.line())), Some((FlagState::Disabled, 7)));
}

#[test]
fn evaluators_serve_as_operands_lists_and_entries() {
    let text = "
$evaluators:
  staff: { in: [ { var: email }, { $ref: list } ] }
  list: [ a@b, c@d ]
  entry: [ on, 1 ]
  by: { var: id }
flags:
  f: { state: ENABLED, variants: { on: 1, off: 0 }, targeting: { if: [ { $ref: staff }, on, off ] } }
  g: { state: ENABLED, variants: { on: 1 }, targeting: { fractional: [ { $ref: by }, { $ref: entry } ] } }
";
    let served = snapshot(text, Bucketing::V3);
    assert!(answer(&served, "f", r#"{"email":"c@d"}"#).contains(r#""variant":"on""#));
    assert!(answer(&served, "f", r#"{"email":"x@d"}"#).contains(r#""variant":"off""#));
    assert!(answer(&served, "g", r#"{"id":5}"#).contains(r#""variant":"on""#));
}

#[test]
fn a_file_that_cannot_be_read_keeps_its_last_good_content_until_it_is_mended() {
    let mut catalog = Catalog::new();
    catalog.update("f.yaml", read("f.yaml", &one("1")));
    let first = serving(&catalog, "a").expect("it serves");
    catalog.update("f.yaml", read("f.yaml", "flags: { a: {"));
    assert!(Arc::ptr_eq(&first, &serving(&catalog, "a").expect("it still serves")));
    assert_eq!(catalog.problems().len(), 1);
    catalog.update("f.yaml", Err(catalog.problems()));
    assert!(serving(&catalog, "a").is_some());
    catalog.update("f.yaml", read("f.yaml", &one("2")));
    assert_eq!(catalog.problems(), []);
    assert_ne!(first, serving(&catalog, "a").expect("it serves"));
}

#[test]
fn a_wrong_flag_keeps_its_last_good_version_and_the_others_move_on() {
    let both = |a: &str, b: &str| {
        format!("flags: {{ a: {{ state: {a}, variants: {{ v: 1 }} }}, b: {{ state: {b}, variants: {{ v: 1 }} }} }}")
    };
    let mut catalog = Catalog::new();
    catalog.update("f.yaml", read("f.yaml", &both("ENABLED", "ENABLED")));
    catalog.update("f.yaml", read("f.yaml", &both("ENABLE", "DISABLED")));
    assert_eq!(serving(&catalog, "a").map(|a| a.state), Some(FlagState::Enabled));
    assert_eq!(serving(&catalog, "b").map(|b| b.state), Some(FlagState::Disabled));
    assert_eq!(messages(&catalog), ["f.yaml: unknown state `ENABLE`"]);
    // Wrong a second time, in another way: still the last good one.
    catalog.update("f.yaml", read("f.yaml", &both("5", "DISABLED")));
    assert!(serving(&catalog, "a").is_some());
    catalog.update("f.yaml", read("f.yaml", "flags: {}"));
    assert_eq!(catalog.flags().count(), 0, "a flag that was taken out is gone");
    catalog.update("f.yaml", read("f.yaml", &both("wrong", "ENABLED")));
    assert!(serving(&catalog, "a").is_none(), "and does not come back as it was");
}

#[test]
fn of_two_files_with_one_key_the_first_serves_until_it_lets_go() {
    let mut catalog = Catalog::new();
    catalog.update("z.yaml", read("z.yaml", &one("1")));
    catalog.update("a.yaml", read("a.yaml", &one("2")));
    let file = |catalog: &Catalog| serving(catalog, "a").map(|definition| definition.file.to_string());
    assert_eq!(file(&catalog).as_deref(), Some("z.yaml"), "whichever way their names sort");
    assert_eq!(messages(&catalog), ["a.yaml: the flag is already defined in z.yaml, which serves"]);
    catalog.update("z.yaml", read("z.yaml", "flags: {}"));
    assert_eq!(file(&catalog).as_deref(), Some("a.yaml"));
    assert_eq!(catalog.problems(), []);
    catalog.update("z.yaml", read("z.yaml", &one("3")));
    assert_eq!(file(&catalog).as_deref(), Some("a.yaml"));
    catalog.remove("a.yaml");
    assert_eq!(file(&catalog).as_deref(), Some("z.yaml"));
    catalog.remove("z.yaml");
    catalog.remove("z.yaml");
    assert_eq!(catalog.flags().count(), 0);
}

#[test]
fn what_did_not_change_is_not_compiled_again() {
    let text = |b: u32| {
        format!(
            "flags: {{ a: {{ state: ENABLED, variants: {{ v: 1 }} }}, b: {{ state: ENABLED, variants: {{ v: {b} }} }} }}"
        )
    };
    let mut catalog = Catalog::new();
    let build = |catalog: &Catalog, generation, previous: Option<&Snapshot>| {
        Snapshot::build(Generation::new(generation), catalog.flags(), &BTreeMap::new(), Bucketing::V3, previous)
    };
    catalog.update("f.yaml", read("f.yaml", &text(1)));
    let first = build(&catalog, 1, None);
    catalog.update("f.yaml", read("f.yaml", &text(2)));
    let second = build(&catalog, 2, Some(&first));
    let is = |a: &Snapshot, b: &Snapshot, at: usize| a.flags().nth(at).unwrap().is(b.flags().nth(at).unwrap());
    assert!(is(&first, &second, 0));
    assert!(!is(&first, &second, 1));
    assert!(answer(&second, "b", "{}").contains("\"key\":\"b\""));
    assert_eq!((second.generation(), second.len(), second.is_empty()), (Generation::new(2), 2, false));
    let other = Snapshot::build(Generation::new(3), catalog.flags(), &BTreeMap::new(), Bucketing::V2, Some(&second));
    assert_eq!(other.bucketing(), Bucketing::V2);
    assert!(!is(&other, &second, 0), "another bucketing is another flag");
}
