//! Which spans or metric points become outcomes.

use super::fields::Fields;
use super::reader::Reader;
use super::shape;
use crate::rollout::{AttributeTest, Expected, Telemetry, TelemetrySource};
use crate::source::{Node, Value};
use std::sync::Arc;

/// The most tests of attributes, and the most texts of one.
const MOST: usize = 20;

/// The longest name of an attribute, a span or a metric, and the longest text that one is compared with, in bytes.
const LONGEST: usize = 255;

/// Reads `telemetry`.
pub(super) fn telemetry(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Telemetry> {
    let fields = Fields::read(node, &shape::TELEMETRY, reader)?;
    let from = match (fields.entry("spans"), fields.get("metric")) {
        (Some(entry), Some(_)) => {
            let message = "`spans` and `metric` are both there: what is exported in both ways would count twice";
            reader.complain(entry.key_span, message, "keep one of the two");
            None
        }
        (Some(entry), None) => spans(&entry.value, reader),
        (None, Some(node)) => text(node, "metric", reader).map(|metric| TelemetrySource::Points { metric }),
        (None, None) => Some(TelemetrySource::default()),
    };
    let user = optional(&fields, "user", reader);
    let value = optional(&fields, "value", reader);
    if let (Some(TelemetrySource::Points { .. }), Some(field)) =
        (&from, ["user", "value"].into_iter().find(|name| fields.entry(name).is_some()))
    {
        let at = fields.entry(field).map_or(node.span, |entry| entry.key_span);
        let message = format!("`{field}` is read of spans: a metric's points are many requests in one");
        reader.complain(at, message, "remove it, or count `spans`");
        return None;
    }
    let failed_when = match fields.get("failed_when") {
        Some(node) => tests(node, reader),
        None => Some(Vec::new()),
    };
    Some(Telemetry { from: from?, user: user?, value: value?, failed_when: failed_when? })
}

fn spans(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<TelemetrySource> {
    let fields = Fields::read(node, &shape::SPANS, reader)?;
    let name = optional(&fields, "name", reader);
    let kind = match fields.get("kind") {
        Some(node) => reader.word(node, "kind of span", shape::SPAN_KINDS, &[]).map(Some),
        None => Some(None),
    };
    Some(TelemetrySource::Spans { name: name?, kind: kind? })
}

/// One test, or a list of them.
fn tests(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Vec<AttributeTest>> {
    let items = node.as_array().unwrap_or(std::slice::from_ref(node));
    if items.len() > MOST {
        reader.problems.add(node.span, format!("{} tests are more than {MOST}", items.len()));
        return None;
    }
    items.iter().map(|item| test(item, reader)).collect()
}

fn test(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<AttributeTest> {
    let fields = Fields::read(node, &shape::FAILED_WHEN, reader)?;
    let hint = "for instance `{ attribute: http.response.status_code, at_least: 500 }`";
    let attribute = fields.needed("attribute", hint, reader).and_then(|node| text(node, "attribute", reader));
    let is = match (fields.get("at_least"), fields.entry("is")) {
        (Some(_), Some(entry)) => {
            reader.complain(entry.key_span, "`at_least` and `is` are both there", "keep one, or write two tests");
            None
        }
        (Some(node), None) => number(node, reader).map(Expected::AtLeast),
        (None, Some(entry)) => one_of(&entry.value, reader).map(Expected::OneOf),
        (None, None) => Some(Expected::Present),
    };
    Some(AttributeTest { attribute: attribute?, is: is? })
}

fn number(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<f64> {
    let number = match &node.value {
        Value::Number(number) => number.parse().ok().filter(|number: &f64| number.is_finite()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    };
    if number.is_none() {
        reader.complain(node.span, "`at_least` must be a number", "for instance `at_least: 500`");
    }
    number
}

fn one_of(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Vec<Arc<str>>> {
    let items = node.as_array().unwrap_or(std::slice::from_ref(node));
    if items.is_empty() || items.len() > MOST {
        reader.complain(
            node.span,
            format!("`is` must have 1 to {MOST} texts"),
            "for instance `is: [timeout, declined]`",
        );
        return None;
    }
    items.iter().map(|item| text(item, "is", reader)).collect()
}

fn optional(fields: &Fields<'_>, name: &str, reader: &mut Reader<'_>) -> Option<Option<Arc<str>>> {
    match fields.get(name) {
        Some(node) => text(node, name, reader).map(Some),
        None => Some(None),
    }
}

fn text(node: &Node<'_>, what: &str, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let text = reader.text(node, what)?;
    if text.len() > LONGEST || text.chars().any(char::is_control) {
        reader.problems.add(node.span, format!("`{what}` is longer than {LONGEST} bytes or has a control character"));
        return None;
    }
    Some(Arc::from(text))
}
