//! What metrics of several providers have in common.

use super::fields::Fields;
use super::reader::Reader;
use super::shape;
use crate::rollout::{Ask, Better, MetricSource, Query, Unit};
use crate::source::{Node, Span};
use std::sync::Arc;
use std::time::Duration;

/// What a metric's provider gives: what it answers in, which way is good, and where it comes from.
pub(super) type Sourced = (Unit, Better, MetricSource);

/// Over how long a metric looks back when nothing is said.
const WINDOW: Duration = Duration::from_secs(5 * 60);

/// The longest window of a query.
pub(super) const LONGEST_WINDOW_OF_QUERY: Duration = Duration::from_secs(30 * 86_400);

/// The longest name of a connection, in bytes.
const LONGEST_CONNECTION: usize = 200;

/// Fewer samples than this say nothing, when nothing else is said.
pub(super) const MIN_SAMPLES: u64 = 20;

/// More samples than any window will have.
const MOST_SAMPLES: u64 = 1_000_000_000;

/// Over how long the metric looks back.
pub(super) fn window(fields: &Fields<'_>, longest: Duration, reader: &mut Reader<'_>) -> Option<Duration> {
    let bounds = Duration::from_secs(1)..=longest;
    optional(fields.get("window"), WINDOW, |node| reader.duration(node, "window", bounds))
}

/// Below how many samples the metric has no data.
pub(super) fn min_samples(fields: &Fields<'_>, usual: u64, reader: &mut Reader<'_>) -> Option<u64> {
    optional(fields.get("min_samples"), usual, |node| {
        reader.whole_number(node, "min_samples", 0..=MOST_SAMPLES, "min_samples: 20")
    })
}

/// What the answer of a query is in.
pub(super) fn unit(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Unit> {
    optional(fields.get("unit"), Unit::Number, |node| reader.word(node, "unit", shape::UNITS, &[]))
}

/// What is asked, with where and over how long, which all kinds of systems have alike.
pub(super) fn query(fields: &Fields<'_>, ask: Option<Ask>, reader: &mut Reader<'_>) -> Option<Query> {
    let window = window(fields, LONGEST_WINDOW_OF_QUERY, reader);
    let connection = optional(fields.get("connection"), None, |node| connection(node, reader).map(Some));
    let address = optional(fields.get("address"), None, |node| address(node, reader).map(Some));
    if let (Some(_), Some(entry)) = (fields.get("connection"), fields.entry("address")) {
        let message = "`address` and `connection` are both given";
        reader.complain(entry.key_span, message, "keep one of the two: a connection has its address in the settings");
        return None;
    }
    Some(Query { connection: connection?, address: address?, window: window?, ask: ask? })
}

/// The name of a connection, as it may stand in the settings.
fn connection(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let text = reader.text(node, "connection")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if text.len() > LONGEST_CONNECTION || !text.chars().all(plain) {
        let message = "`connection` may have only letters, digits, `.`, `_` and `-`";
        let hint = "name a connection of the server's settings, such as `mimir`";
        reader.complain(node.span, message, hint);
        return None;
    }
    Some(Arc::from(text))
}

fn address(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let text = reader.text(node, "address")?;
    if let Some(at) = text.find('@') {
        // Only the sign is pointed at: problems are shown and logged, and this text has a secret.
        let at =
            reader.part_of(node, text, at..at.saturating_add(1)).unwrap_or(Span { end: node.span.start, ..node.span });
        let message = "an address in a plan must not have a user or a password";
        reader.complain(at, message, "plans are read by many: configure credentials at the server");
        return None;
    }
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or("");
    if host.is_empty() || text.contains(char::is_whitespace) {
        let message = format!("`{text}` is no address of a server");
        reader.complain(node.span, message, "write it as `http://host:9090`");
        return None;
    }
    Some(Arc::from(text))
}

/// A field's value, or what it is when it is not there; `None` when it is there and wrong.
pub(super) fn optional<T>(node: Option<&Node<'_>>, usual: T, read: impl FnOnce(&Node<'_>) -> Option<T>) -> Option<T> {
    node.map_or(Some(usual), read)
}
