//! From a document's text to answers, as a server does it.

use tidegate::eval::{Bucketing, Context, Snapshot};
use tidegate::flag::{Catalog, Expression, Overlay, lower, lower_expression};
use tidegate::source::{Format, Problems, parse};
use tidegate::units::{FlagKey, Generation};

/// A moment that rules see as `$flagd.timestamp`.
pub(crate) const NOW: i64 = 1_780_000_000;

/// Reads one document into a catalog, problems and all.
pub(crate) fn catalog(name: &str, text: &str) -> Catalog {
    let format = Format::of(name).expect("a known ending");
    let mut catalog = Catalog::new();
    catalog.update(name, parse(name, text.as_bytes(), format).and_then(|parsed| lower(&parsed)));
    catalog
}

/// A snapshot of a sound document.
pub(crate) fn snapshot(text: &str, bucketing: Bucketing) -> Snapshot {
    let catalog = catalog("flags.yaml", text);
    assert_eq!(catalog.problems(), [], "the document is sound");
    Snapshot::build(Generation::new(1), catalog.flags(), &[].into(), bucketing, None)
}

/// The same with an overlay on one flag.
pub(crate) fn with_overlay(snapshot: &Snapshot, flag: &str, overlay: Overlay) -> Snapshot {
    let key = FlagKey::new(flag).expect("a flag key");
    snapshot.with_overlay(snapshot.generation().next(), &key, Some(overlay))
}

/// A rule by itself.
pub(crate) fn expression(rule: &str) -> Expression {
    let parsed = parse("rule.json", rule.as_bytes(), Format::Json).expect("JSON");
    lower_expression(&parsed.documents[0], &mut Problems::new(&parsed.text)).expect("a rule")
}

/// The OFREP answer for a flag and a context in JSON.
pub(crate) fn answer(snapshot: &Snapshot, flag: &str, context: &str) -> String {
    let context = Context::from_json(context.as_bytes()).expect("a context");
    let mut out = Vec::new();
    snapshot.evaluate(flag, &context.at(NOW)).write_ofrep(&mut out);
    String::from_utf8(out).expect("UTF-8")
}
