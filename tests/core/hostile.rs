//! Documents and contexts that are meant to do harm: refused when they are read or cut off when they are
//! evaluated, in bounded time, on a thread with an ordinary stack, with the flags beside them unharmed.

use crate::served::NOW;
use std::time::Duration;
use tidegate::eval::{Bucketing, Context, Snapshot};
use tidegate::flag::{Catalog, lower};
use tidegate::source::{Format, parse};
use tidegate::units::Generation;

const MILLION: usize = 1_000_000;

const SOUND: &str = r#"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}"#;
const VARIANTS: &str = r#"{"true":"t","false":"f","a":"1","b":"2"}"#;

/// What an optimised build takes five milliseconds for at most, one without optimisation may take fifty
/// times for.
const EVALUATION: Duration = Duration::from_millis(if cfg!(debug_assertions) { 250 } else { 5 });

/// Reading megabytes takes its time; it must only not grow faster than they do.
const LOADING: Duration = Duration::from_secs(20);

/// How long this thread was running: other than the time of day it does not depend on what else runs.
fn thread_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux says it");
    Duration::from_nanos(stat.split(' ').next().and_then(|nanos| nanos.parse().ok()).expect("a number"))
}

fn within<T>(bound: Duration, what: &str, work: impl FnOnce() -> T) -> T {
    let begun = thread_time();
    let result = work();
    let took = thread_time() - begun;
    assert!(took <= bound, "{what} took {took:?}, more than {bound:?}");
    result
}

/// What becomes of a flag with this targeting, beside a sound one which must go on serving.
fn answer(targeting: &str, evaluators: &str, context: &Context<'_>) -> String {
    let flag = format!(r#"{{"state":"ENABLED","variants":{VARIANTS},"targeting":{targeting}}}"#);
    beside_a_sound_one(&flag, evaluators, context)
}

fn beside_a_sound_one(flag: &str, evaluators: &str, context: &Context<'_>) -> String {
    let document = format!(r#"{{"$evaluators":{evaluators},"flags":{{"bomb":{flag},"sound":{SOUND}}}}}"#);
    let snapshot = within(LOADING, "loading", || load("f.json", &document));
    let context = context.clone().at(NOW);
    let answer = |key: &str| {
        let mut out = Vec::new();
        within(EVALUATION, "an evaluation", || snapshot.evaluate(key, &context).write_ofrep(&mut out));
        String::from_utf8(out).expect("UTF-8")
    };
    assert!(answer("sound").contains(r#""variant":"on""#), "the neighbour is unharmed");
    answer("bomb")
}

fn load(name: &str, document: &str) -> Snapshot {
    let format = Format::of(name).expect("a known ending");
    let mut catalog = Catalog::new();
    catalog.update(name, parse(name, document.as_bytes(), format).and_then(|parsed| lower(&parsed)));
    Snapshot::build(Generation::new(1), catalog.flags(), &[].into(), Bucketing::V3, None)
}

/// Refused when it was read, or cut off.
fn assert_refused(answer: &str, what: &str) {
    let refused = answer.contains(r#""errorCode":"PARSE_ERROR""#) || answer.contains(r#""errorCode":"GENERAL""#);
    assert!(refused, "{what}: {}", answer.chars().take(200).collect::<String>());
    assert!(answer.len() < 2_000, "{what}: an error of {} bytes", answer.len());
}

fn nested(open: &str, inside: &str, close: &str, levels: usize) -> String {
    format!("{}{inside}{}", open.repeat(levels), close.repeat(levels))
}

fn list(item: &str, count: usize) -> String {
    format!("[{}]", vec![item; count].join(","))
}

#[test]
fn rules_nested_a_million_levels_deep_are_refused() {
    let empty = Context::empty();
    for (open, close) in
        [("[", "]"), (r#"{"!":"#, "}"), (r#"{"!":["#, "]}"), (r#"{"if":[true,"#, "]}"), (r#"{"a":"#, "}")]
    {
        let rule = |levels| nested(open, "true", close, levels);
        for levels in [65, 300, MILLION] {
            assert_refused(&answer(&rule(levels), "{}", &empty), open);
        }
        let evaluators = format!(r#"{{"e":{}}}"#, rule(MILLION / 10));
        assert_refused(&answer(r#"{"$ref":"e"}"#, &evaluators, &empty), open);
    }
}

#[test]
fn values_nested_a_million_levels_deep_harm_no_other_flag() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = nested(open, "1", close, MILLION);
        for (field, others) in [
            ("variants", r#""state":"ENABLED","defaultVariant":"a""#),
            ("defaultVariant", r#""state":"ENABLED","variants":{"a":{}}"#),
            ("state", r#""variants":{"a":{}}"#),
            ("metadata", r#""state":"ENABLED","variants":{"a":{}}"#),
            ("unknown", r#""state":"ENABLED","variants":{"a":{}}"#),
        ] {
            let flag = format!(r#"{{{others},"{field}":{deep}}}"#);
            let answer = beside_a_sound_one(&flag, "{}", &Context::empty());
            assert!(answer.contains(r#""key":"bomb""#), "{field}: {answer}");
        }
    }
}

#[test]
fn what_is_opened_and_never_closed_is_refused() {
    let much = ["[", r#"{"a":"#].map(|opened| (opened, MILLION));
    let strange =
        ["- ", "? ", "a:\n ", "{", "\"", "\\", "&a [", "*a ", "!", "|\n"].map(|opened| (opened, MILLION / 20));
    for (opened, times) in much.into_iter().chain(strange) {
        let document = opened.repeat(times);
        for name in ["f.json", "f.yaml"] {
            assert!(within(LOADING, opened, || load(name, &document)).is_empty(), "{opened}");
        }
        for body in [document.clone(), format!(r#"{{"context":{{"x":{document}"#), format!(r#"{{"other":{document}"#)] {
            let refused = within(LOADING, opened, || Context::from_ofrep_body(body.as_bytes()).is_err());
            assert!(refused, "{opened}");
        }
    }
}

#[test]
fn lists_of_a_million_are_cut_off_or_done_in_time() {
    let empty = Context::empty();
    let (ones, fewer) = (list("1", MILLION), list("1", MILLION / 10));
    let looked_up = list(r#"{"var":"x"}"#, MILLION / 10);
    for rule in [
        format!(r#"{{"in":[{{"var":"x"}},{ones}]}}"#),
        format!(r#"{{"and":{ones}}}"#),
        format!(r#"{{"!!":{{"map":[{ones},{{"var":""}}]}}}}"#),
        format!(r#"{{"or":{looked_up}}}"#),
        format!(r#"{{"if":{looked_up}}}"#),
        format!(r#"{{"cat":{looked_up}}}"#),
        format!(r#"{{"cat":{fewer}}}"#),
        format!(r#"{{"max":{fewer}}}"#),
        format!(r#"{{"+":{fewer}}}"#),
        format!(r#"{{"in":["z",{{"merge":{fewer}}}]}}"#),
        format!(r#"{{"missing":{}}}"#, list(r#""x""#, MILLION / 10)),
        format!(r#"{{"missing_some":[1,{}]}}"#, list(r#""x""#, MILLION / 10)),
        format!(r#"{{"fractional":{}}}"#, list(r#"["a",1]"#, MILLION / 10)),
    ] {
        let answer = answer(&rule, "{}", &empty.clone().with("targetingKey", "ann"));
        assert!(answer.len() < 2_000, "{}: {} bytes", &rule[..20], answer.len());
    }
}

#[test]
fn contexts_of_megabytes_are_looked_through_in_time_or_not_at_all() {
    let items = list("\"item\"", MILLION);
    let text = "x".repeat(MILLION);
    let json = format!(r#"{{"targetingKey":"ann","l":{items},"t":"{text}"}}"#);
    let context = Context::from_json(json.as_bytes()).expect("it is sound");
    for rule in [
        r#"{"in":["z",{"var":"l"}]}"#,
        r#"{"==":[{"var":"l"},{"var":"l"}]}"#,
        r#"{"===":[{"var":"t"},{"var":"t"}]}"#,
        r#"{"cat":[{"var":"l"}]}"#,
        r#"{"cat":[{"var":"t"},{"var":"t"}]}"#,
        r#"{"in":["zz",{"var":"t"}]}"#,
        r#"{"in":["z",{"merge":[{"var":"l"},{"var":"l"}]}]}"#,
        r#"{"fractional":[{"var":"t"},["a",1],["b",1]]}"#,
        r#"{"fractional":[{"var":""},["a",1],["b",1]]}"#,
        r#"{"fractional":[{"cat":[{"var":"t"},{"var":"t"}]},["a",1],["b",1]]}"#,
        r#"{"sem_ver":[{"var":"t"},"=","1.2.3"]}"#,
        r#"{"missing":[{"var":"l"}]}"#,
        r#"{"missing_some":[1,{"var":"l"}]}"#,
        r#"{"var":{"var":"t"}}"#,
        r#"{"all":[{"var":"l"},{"all":[{"var":"l"},{"!!":[{"var":""}]}]}]}"#,
        r#"{"some":[{"map":[{"var":"l"},{"var":"l"}]},{"!":[{"var":""}]}]}"#,
        r#"{"in":["z",{"filter":[{"var":"l"},true]}]}"#,
        r#"{"in":["z",{"substr":[{"var":"t"},1]}]}"#,
        r#"{">":[{"var":"t"},1]}"#,
        r#"{"+":[{"var":"t"}]}"#,
    ] {
        let answer = answer(rule, "{}", &context);
        assert!(answer.len() < 2_000, "{rule}: {} bytes", answer.len());
    }
}

#[test]
fn what_doubles_is_cut_off() {
    let context = Context::empty().with("x", "xxxxxxxx").with("l", "z");
    let doubling = |operation: &str| {
        let mut evaluators = vec![r#""e0":{"var":"x"}"#.to_owned()];
        for level in 1..40 {
            let inner = level - 1;
            evaluators.push(format!(r#""e{level}":{{"{operation}":[{{"$ref":"e{inner}"}},{{"$ref":"e{inner}"}}]}}"#));
        }
        format!("{{{}}}", evaluators.join(","))
    };
    for operation in ["cat", "and", "merge", "==", "if", "fractional", "in", "missing"] {
        let answer = answer(r#"{"$ref":"e39"}"#, &doubling(operation), &context);
        assert_refused(&answer, operation);
    }
    for rule in [
        nested(r#"{"cat":["#, r#"{"var":"x"},{"var":"x"}"#, r#",{"var":"x"}]}"#, 60),
        r#"{"reduce":[[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30],
            {"cat":[{"var":"accumulator"},{"var":"accumulator"}]},"x"]}"#
            .to_owned(),
        r#"{"reduce":[[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30],
            {"merge":[{"var":"accumulator"},{"var":"accumulator"}]},[1]]}"#
            .to_owned(),
    ] {
        assert_refused(&answer(&rule, "{}", &context), &rule[..12]);
    }
}

#[test]
fn loops_in_loops_are_cut_off() {
    let context = format!(r#"{{"l":{}}}"#, list("1", 100));
    let context = Context::from_json(context.as_bytes()).expect("a context");
    for operation in ["map", "filter", "all", "some", "none"] {
        // A hundred to the sixth.
        let keeps_on = match operation {
            "some" => r#"{"!":[true]}"#,
            "none" => "false",
            _ => "true",
        };
        let open = match operation {
            // Only of a part that is done does the whole depend, so that nothing is left out.
            "some" | "none" => format!(r#"{{"{operation}":[{{"var":"l"}},{{"!":["#),
            _ => format!(r#"{{"{operation}":[{{"var":"l"}},{{"!!":["#),
        };
        let rule = nested(&open, keeps_on, "]}]}", 6);
        let answer = answer(&rule, "{}", &context);
        assert!(answer.len() < 2_000, "{operation}");
    }
    let reduce = nested(r#"{"reduce":[{"var":"l"},{"+":[{"var":"accumulator"},"#, "1", r#"]},0]}"#, 6);
    assert!(answer(&reduce, "{}", &context).len() < 2_000);
    let real = r#"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]"#;
    let mapped = nested(&format!(r#"{{"map":[{real},"#), r#"{"var":""}"#, "]}", 6);
    assert_refused(&answer(&format!(r#"{{"in":["z",{mapped}]}}"#), "{}", &context), "map in map");
}

#[test]
fn evaluators_that_lead_in_circles_are_refused() {
    let empty = Context::empty();
    for evaluators in [
        r#"{"e":{"$ref":"e"}}"#,
        r#"{"e":{"!":{"$ref":"f"}},"f":{"!":{"$ref":"e"}}}"#,
        r#"{"e":{"if":[true,{"$ref":"f"}]},"f":[{"$ref":"g"}],"g":{"$ref":"e"}}"#,
    ] {
        assert_refused(&answer(r#"{"$ref":"e"}"#, evaluators, &empty), evaluators);
    }
    let chain: Vec<_> = (0..10_000).map(|n| format!(r#""e{n}":{{"$ref":"e{}"}}"#, n + 1)).collect();
    let chain = format!(r#"{{{},"e10000":true}}"#, chain.join(","));
    assert_refused(&answer(r#"{"$ref":"e0"}"#, &chain, &empty), "a chain of 10,000");
}

#[test]
fn numbers_of_a_million_digits_are_refused_or_rounded() {
    for number in ["9".repeat(MILLION), format!("0.{}", "3".repeat(MILLION)), format!("1e-{}", "9".repeat(MILLION))] {
        let rule = format!(r#"{{"if":[{{">":[{number},1]}},"a","b"]}}"#);
        let document =
            format!(r#"{{"flags":{{"bomb":{{"state":"ENABLED","variants":{VARIANTS},"targeting":{rule}}}}}}}"#);
        let snapshot = within(LOADING, "loading", || load("f.json", &document));
        let mut out = Vec::new();
        within(EVALUATION, "an evaluation", || snapshot.evaluate("bomb", &Context::empty()).write_ofrep(&mut out));
        assert!(out.len() < 2_000);
        let context = format!(r#"{{"x":{number}}}"#);
        if let Ok(context) = within(LOADING, "a context", || Context::from_json(context.as_bytes())) {
            let answer = answer(r#"{"if":[{">":[{"var":"x"},1]},"a","b"]}"#, "{}", &context);
            assert!(answer.contains("TARGETING_MATCH"), "{answer}");
        }
    }
    for number in ["1e999", "-1e999", "1e99999999999999999999"] {
        assert!(Context::from_json(format!(r#"{{"x":{number}}}"#).as_bytes()).is_err(), "{number}");
    }
}

#[test]
fn names_of_a_megabyte_are_refused_or_served() {
    let long = "k".repeat(MILLION);
    let empty = Context::empty();
    let document = format!(r#"{{"flags":{{"{long}":{SOUND},"sound":{SOUND}}}}}"#);
    let snapshot = within(LOADING, "loading", || load("f.json", &document));
    assert_eq!(snapshot.flags().map(|flag| flag.key().len()).collect::<Vec<_>>(), [5], "such a key is refused");
    assert_refused(&answer(&format!(r#"{{"{long}":[1]}}"#), "{}", &empty), "an operator");
    assert_refused(&answer(&format!(r#"{{"$ref":"{long}"}}"#), "{}", &empty), "a reference");
    assert_refused(&answer(&format!(r#""{long}""#), "{}", &empty), "a variant");
    let served = beside_a_sound_one(
        &format!(r#"{{"state":"ENABLED","variants":{{"{long}":1}},"defaultVariant":"{long}"}}"#),
        "{}",
        &empty,
    );
    assert_refused(&served, "a variant's name");

    // A path of a million names, and a context that is full of long names.
    let path = vec!["x"; MILLION].join(".");
    let context = format!(r#"{{"{long}":1,"x":{}}}"#, nested(r#"{"x":"#, "1", "}", 31));
    let context = Context::from_json(context.as_bytes()).expect("a context");
    for rule in [
        format!(r#"{{"var":"{path}"}}"#),
        format!(r#"{{"missing":["{path}"]}}"#),
        format!(r#"{{"var":"{long}.{long}"}}"#),
    ] {
        assert!(answer(&rule, "{}", &context).len() < 2_000);
    }
}
