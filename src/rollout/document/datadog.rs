//! A metric that Datadog is asked for.

use super::fields::Fields;
use super::query::{NAMES, template};
use super::reader::Reader;
use super::shape;
use super::sourced::{Sourced, min_samples, optional, query, unit};
use crate::rollout::{Aggregator, Ask, AskDatadog, Better, MetricSource};
use crate::source::{Entry, Node};
use std::sync::Arc;

/// The most queries of one metric.
const MOST: usize = 20;

/// The longest formula, in bytes.
const LONGEST_FORMULA: usize = 1_000;

/// The name of the query of a metric that has only one.
const ONLY: &str = "value";

/// Reads what the provider `datadog` has of its own.
pub(super) fn datadog(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Sourced> {
    let unit = unit(fields, reader);
    let aggregator = optional(fields.get("aggregator"), Aggregator::Avg, |node| {
        reader.word(node, "aggregator", shape::AGGREGATORS, &[])
    });
    let asked = match fields.entry("queries") {
        Some(entry) => several(fields, entry, reader),
        None => single(fields, reader),
    };
    let samples = match &asked {
        Some((queries, _)) => optional(fields.get("samples"), None, |node| counted(node, queries, reader).map(Some)),
        None => None,
    };
    let least = min_samples(fields, 0, reader);
    if let (None, Some(entry)) = (fields.entry("samples"), fields.entry("min_samples")) {
        let hint = "add `samples` with the name of the query that counts them";
        reader.complain(entry.key_span, "nobody knows how many samples there are", hint);
    }
    let ask =
        asked.zip(aggregator).zip(samples).zip(least).map(|((((queries, formula), aggregator), samples), least)| {
            Ask::Datadog(AskDatadog { queries, formula, aggregator, samples, min_samples: least })
        });
    let query = query(fields, ask, reader);
    Some((unit?, Better::Lower, MetricSource::Query(query?)))
}

type Queries = Vec<(Arc<str>, Arc<str>)>;

fn single(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<(Queries, Arc<str>)> {
    if let Some(entry) = fields.entry("formula") {
        reader.complain(entry.key_span, "`formula` belongs to `queries`", "give the queries names under `queries`");
    }
    let node = fields.needed("query", "for instance `avg:trace.http.request.duration{variant:{{variant}}}`", reader)?;
    let name: Arc<str> = Arc::from(ONLY);
    Some((vec![(Arc::clone(&name), template(node, "query", NAMES, reader)?)], name))
}

fn several(fields: &Fields<'_>, entry: &Entry<'_>, reader: &mut Reader<'_>) -> Option<(Queries, Arc<str>)> {
    if let Some(other) = fields.entry("query") {
        reader.complain(other.key_span, "`query` and `queries` are both given", "keep one of the two");
    }
    let Some(entries) = entry.value.as_object().filter(|entries| !entries.is_empty()) else {
        let message = format!("`queries` is {} where names with queries are expected", entry.value.kind());
        reader.complain(
            entry.value.span,
            message,
            "for instance `errors: \"sum:errors{variant:{{variant}}}.as_count()\"`",
        );
        return None;
    };
    if entries.len() > MOST {
        reader.problems.add(entry.value.span, format!("{} queries are more than {MOST}", entries.len()));
        return None;
    }
    let queries: Vec<_> = entries
        .iter()
        .map(|entry| {
            let query = template(&entry.value, &entry.key, NAMES, reader)?;
            Some((name(entry, reader)?, query))
        })
        .collect();
    let formula = fields.needed("formula", "say what is computed from them, such as `errors / requests`", reader)?;
    let text = reader.text(formula, "formula")?;
    if text.len() > LONGEST_FORMULA || text.contains("{{") {
        let message = format!("`formula` has at most {LONGEST_FORMULA} bytes and no placeholders");
        reader.complain(formula.span, message, "placeholders belong into the queries");
        return None;
    }
    Some((queries.into_iter().collect::<Option<_>>()?, Arc::from(text)))
}

/// What Datadog takes as the name of a query in a formula.
fn name(entry: &Entry<'_>, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let name = &*entry.key;
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !plain || !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.len() > 64 {
        let message = format!("a query cannot be called `{name}`");
        reader.complain(entry.key_span, message, "use small letters, digits and `_`, with a letter first");
        return None;
    }
    Some(Arc::from(name))
}

fn counted(node: &Node<'_>, queries: &[(Arc<str>, Arc<str>)], reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let text = reader.text(node, "samples")?;
    let found = queries.iter().find(|(name, _)| **name == *text);
    if found.is_none() {
        reader.complain(node.span, format!("there is no query `{text}`"), "name one of `queries`");
    }
    found.map(|(name, _)| Arc::clone(name))
}
