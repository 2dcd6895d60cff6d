//! A metric that Prometheus is asked for.

use super::fields::Fields;
use super::query::check_placeholders;
use super::reader::Reader;
use super::selector::check_selector;
use super::shape;
use super::sourced::{MIN_SAMPLES, Sourced, min_samples, query, unit};
use crate::rollout::{Ask, AskPrometheus, Better, MetricSource, PromQl, Unit};
use crate::source::{Entry, Node};
use std::sync::Arc;

/// Reads what the provider `prometheus` has of its own.
pub(super) fn prometheus(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Sourced> {
    let (unit, ask) = match fields.entry("ratio") {
        Some(ratio_entry) => (Some(Unit::Ratio), ratio(fields, ratio_entry, reader)),
        None => (unit(fields, reader), value(fields, reader)),
    };
    let query = query(fields, ask.map(Ask::Prometheus), reader);
    Some((unit?, Better::Lower, MetricSource::Query(query?)))
}

fn value(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<AskPrometheus> {
    if let Some(entry) = fields.entry("min_samples") {
        let message = "`min_samples` belongs to `ratio`: of one number nobody knows what it rests on";
        reader.complain(entry.key_span, message, "remove it, or write `ratio: { bad: ..., total: ... }`");
    }
    let node = fields.needed("query", "write the PromQL that gives one number", reader)?;
    let query = reader.text(node, "query")?;
    check_placeholders(node, query, reader);
    Some(AskPrometheus::Value(Arc::from(query)))
}

fn ratio(fields: &Fields<'_>, entry: &Entry<'_>, reader: &mut Reader<'_>) -> Option<AskPrometheus> {
    for (other, why) in [
        ("query", "`query` and `ratio` are both given"),
        ("unit", "a `ratio` is a share: it has no unit of its own"),
        ("better", "a `ratio` counts what went badly: low is good"),
    ] {
        if let Some(other) = fields.entry(other) {
            reader.complain(other.key_span, why, format!("remove `{}`", other.key));
        }
    }
    let sides = Fields::read(&entry.value, &shape::RATIO, reader)?;
    let bad = sides.needed("bad", "the counter of what went badly", reader);
    let total = sides.needed("total", "the counter of everything, what went badly included", reader);
    let bad = bad.and_then(|node| counter(node, "bad", reader));
    let total = total.and_then(|node| counter(node, "total", reader));
    let min_samples = min_samples(fields, MIN_SAMPLES, reader);
    let (bad, total) = (bad?, total?);
    if bad == total {
        let hint = "`bad` counts only what went badly, such as `{code=~\"5..\"}`";
        reader.complain(entry.key_span, "`bad` and `total` are the same: the ratio is always 1", hint);
        return None;
    }
    Some(AskPrometheus::Ratio { bad, total, min_samples: min_samples? })
}

/// The selector of a counter.
fn counter(node: &Node<'_>, what: &str, reader: &mut Reader<'_>) -> Option<PromQl> {
    let text = reader.text(node, what)?;
    check_placeholders(node, text, reader);
    check_selector(node, what, text, reader)
}
