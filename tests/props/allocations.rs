//! Ordinary rules allocate nothing: an allocation on the hot path is a lock shared by all cores.

use std::collections::BTreeMap;
use tidegate::eval::{Bucketing, Context, Snapshot};
use tidegate::flag::{Catalog, lower};
use tidegate::rollout::{self, Attachments, Stage, State};
use tidegate::source::{Format, parse};
use tidegate::units::{Generation, UnixMillis};

const RULES: [&str; 8] = [
    r#"{"if": [{"ends_with": [{"var": "email"}, "@example.org"]}, "on", "off"]}"#,
    r#"{"if": [{"and": [{"in": [{"var": "plan"}, ["pro", "team"]]}, {"sem_ver": [{"var": "version"}, ">=", "2.1"]}]}, "on", null]}"#,
    r#"{"if": [{"<=": [18, {"var": "age"}, 65]}, "on", {"or": [{"var": "nothing"}, "off"]}]}"#,
    r#"{"if": [{">": [{"var": "$flagd.timestamp"}, 1700000000]}, "on"]}"#,
    r#"{"if": [{"==": [{"var": "company.size"}, 5]}, "on", "off"]}"#,
    r#"{"fractional": [["on", 25], ["off", 75]]}"#,
    r#"{"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "email"}]}, ["on", 25], ["off", 75]]}"#,
    r#"{"fractional": [{"var": "age"}, ["on", 25], ["off", 75]]}"#,
];

const CONTEXT: &str = r#"{"targetingKey": "5f0c6a5e-8d3b-4c7e-9a51-2f6f1d4f7c11", "email": "someone@example.org", "plan": "team",
    "version": "2.10.0-rc.1", "age": 30, "company": {"size": 5}}"#;

#[test]
fn ordinary_rules_allocate_nothing() {
    let context = Context::from_json(CONTEXT.as_bytes()).unwrap().at(1_780_000_000);
    for rule in RULES {
        let text = format!(
            r#"{{"flags": {{"f": {{"state": "ENABLED", "variants": {{"on": 1, "off": 0}}, "targeting": {rule} }} }} }}"#
        );
        let mut catalog = Catalog::new();
        catalog.update("f.json", parse("f.json", text.as_bytes(), Format::Json).and_then(|parsed| lower(&parsed)));
        assert_eq!(catalog.problems(), [], "{rule}");
        let snapshot = Snapshot::build(Generation::new(1), catalog.flags(), &BTreeMap::new(), Bucketing::V3, None);
        let flag = snapshot.flag("f").unwrap();
        let mut out = Vec::with_capacity(1024);
        let mut decided = false;
        let counted = allocation_counter::measure(|| {
            let resolution = flag.resolve(&context);
            decided = resolution.variant().is_some();
            resolution.write_ofrep(&mut out);
        });
        assert!(decided, "{rule} chose nothing");
        assert_eq!(counted.count_total, 0, "{rule}");
    }
}

/// A rollout that several waves opened, each to an audience of its own, is asked by everybody too.
#[test]
fn a_share_of_several_parts_allocates_nothing() {
    let plan = r#"{"kind": "Rollout", "name": "r", "flag": "f", "candidate": "on", "stable": "off", "waves": [
        {"name": "listed", "exposure": "100%", "audience": {"in": [{"var": "targetingKey"}, ["ann", "bob"]]}, "bake": "1h"},
        {"name": "paying", "exposure": "100%", "audience": {"==": [{"var": "plan"}, "pro"]}, "bake": "1h"},
        {"name": "tenth", "exposure": "10%", "bake": "1h"}]}"#;
    let plan = parse("plan.json", plan.as_bytes(), Format::Json).unwrap();
    let plan = rollout::lower(&plan.documents[0], &plan.text, &Attachments::none()).unwrap();
    let overlay = rollout::overlay(&plan, &State::Running(Stage::enter(1, 2, UnixMillis::new(0)))).unwrap();
    let text = r#"{"flags": {"f": {"state": "ENABLED", "variants": {"on": 1, "off": 0}, "defaultVariant": "off"}}}"#;
    let mut catalog = Catalog::new();
    catalog.update("f.json", parse("f.json", text.as_bytes(), Format::Json).and_then(|parsed| lower(&parsed)));
    let overlays = BTreeMap::from([(plan.flag.clone(), overlay)]);
    let snapshot = Snapshot::build(Generation::new(1), catalog.flags(), &overlays, Bucketing::V3, None);
    let flag = snapshot.flag("f").unwrap();
    for (context, variant) in [(CONTEXT.to_owned(), "off"), (CONTEXT.replace("team", "pro"), "on")] {
        let context = Context::from_json(context.as_bytes()).unwrap();
        let mut served = None;
        let counted = allocation_counter::measure(|| served = flag.resolve(&context).variant());
        assert_eq!((served, counted.count_total), (Some(variant), 0));
    }
}

/// A service that embeds the evaluator must not need a multiple of what it keeps just to start.
#[test]
fn loading_takes_at_most_twice_the_text_beside_what_is_kept() {
    use std::fmt::Write as _;
    let mut text = String::from("{\"flags\": {");
    for number in 0..2_000 {
        let comma = if number == 0 { "" } else { "," };
        let rule = RULES[number % RULES.len()];
        write!(
            text,
            "{comma}\n\"flag-{number}\": {{\"state\": \"ENABLED\", \"variants\": {{\"on\": 1, \"off\": 0}}, \"targeting\": {rule}}}"
        )
        .unwrap();
    }
    text.push_str("}}");
    let mut snapshot = None;
    let counted = allocation_counter::measure(|| snapshot = Some(text.parse::<Snapshot>().unwrap()));
    assert_eq!(snapshot.map(|snapshot| snapshot.len()), Some(2_000));
    let kept = usize::try_from(counted.bytes_current).unwrap();
    // The text itself is one of the two.
    let peak = text.len() + usize::try_from(counted.bytes_max).unwrap();
    assert!(peak <= 2 * text.len() + kept, "peak {peak}, text {}, kept {kept}", text.len());
}
