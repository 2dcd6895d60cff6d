//! From bytes to answers, as a server does it.

use crate::bounded::{EVALUATION, LOADING, within};
use std::collections::BTreeMap;
use tidegate::eval::{Bucketing, Bulk, Context, Snapshot};
use tidegate::flag::{Catalog, lower};
use tidegate::source::{Format, parse};
use tidegate::units::Generation;

/// The moment that rules see.
const NOW: i64 = 1_780_000_000;

/// What an embedded snapshot calls its text in problems.
const NAME: &str = "flags";

/// Reads a document. Every problem must say where it is.
#[must_use]
pub fn load(bytes: &[u8], format: Format) -> Catalog {
    let catalog = within(LOADING, "loading", || {
        let mut catalog = Catalog::new();
        catalog.update(NAME, parse(NAME, bytes, format).and_then(|parsed| lower(&parsed)));
        catalog
    });
    for problem in catalog.problems() {
        assert!(problem.line >= 1 && problem.column >= 1, "a problem without a place: {problem}");
        assert!(!problem.message.is_empty(), "a problem without words");
    }
    catalog
}

/// Compiles what loaded.
#[must_use]
pub fn snapshot(catalog: &Catalog, bucketing: Bucketing) -> Snapshot {
    within(LOADING, "compiling", || {
        Snapshot::build(Generation::new(1), catalog.flags(), &BTreeMap::new(), bucketing, None)
    })
}

/// One flag's answer, as the server sends it. The same question must get the same answer again, in the
/// shape that clients read.
#[must_use]
pub fn answer(snapshot: &Snapshot, key: &str, context: &Context<'_>) -> String {
    let context = context.clone().at(NOW);
    let write = || {
        let mut out = Vec::new();
        within(EVALUATION, "an evaluation", || snapshot.evaluate(key, &context).write_ofrep(&mut out));
        String::from_utf8(out).expect("an answer is UTF-8")
    };
    let first = write();
    assert_eq!(first, write(), "the same question, twice");
    check_shape(key, &first);
    first
}

/// All flags' answers, by key. Asked one by one and all at once they must be the same.
#[must_use]
pub fn answers(snapshot: &Snapshot, context: &Context<'_>) -> BTreeMap<String, String> {
    let keys = snapshot.flags().map(|flag| flag.key().to_owned());
    let single: BTreeMap<_, _> = keys.map(|key| (key.clone(), answer(snapshot, &key, context))).collect();
    let mut all = Vec::new();
    bulk(snapshot, context).write_ofrep(&mut all);
    let joined: Vec<&str> = single.values().map(String::as_str).collect();
    assert_eq!(String::from_utf8(all).expect("UTF-8"), joined.join(","), "one by one and all at once");
    single
}

/// The tag of all answers.
#[must_use]
pub fn tag(snapshot: &Snapshot, context: &Context<'_>) -> u128 {
    bulk(snapshot, context).tag()
}

fn bulk<'s>(snapshot: &'s Snapshot, context: &Context<'_>) -> Bulk<'s> {
    let context = context.clone().at(NOW);
    within(EVALUATION, "an evaluation of all flags", || snapshot.evaluate_all(&context))
}

fn check_shape(key: &str, answer: &str) {
    let json: serde_json::Value = serde_json::from_str(answer).expect("an answer is JSON");
    assert_eq!(json["key"], key, "{answer}");
    let has = |name: &str| json.get(name).is_some();
    assert_ne!(has("reason"), has("errorCode"), "either a reason or an error: {answer}");
    assert_eq!(has("variant"), has("value"), "a variant and its value come together: {answer}");
    assert!(!(has("errorCode") && has("value")), "an error has no value: {answer}");
}
