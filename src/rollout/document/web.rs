//! A metric that an endpoint is asked for which answers in JSON.

use super::fields::Fields;
use super::jsonpath::path;
use super::query::{PLACEHOLDERS, template};
use super::reader::Reader;
use super::shape::{self, BodyKind};
use super::sourced::{Sourced, min_samples, optional, query, unit};
use crate::rollout::{Ask, AskWeb, Better, MetricSource, WebBody, WebMethod};
use crate::source::{Entry, Node};
use std::sync::Arc;

/// The most headers of a question.
const MOST_HEADERS: usize = 20;

/// The longest body, in bytes.
const LONGEST_BODY: usize = 64_000;

/// Headers that plans must not have: secrets, which belong into the settings, and those that the connection is made of.
const NOT_HEADERS: [&str; 14] = [
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "accept-encoding",
];

/// Parts of the names of headers that have secrets.
const SECRETIVE: [&str; 5] = ["api-key", "apikey", "token", "secret", "password"];

/// Reads what the provider `web` has of its own.
pub(super) fn web(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Sourced> {
    let unit = unit(fields, reader);
    let body = optional(fields.get("body"), None, |node| body(node, fields, reader).map(Some));
    let usual = if fields.entry("body").is_some() { WebMethod::Post } else { WebMethod::Get };
    let method = optional(fields.get("method"), usual, |node| reader.word(node, "method", shape::METHODS, &[]));
    if let (Some(WebMethod::Get), Some(entry)) = (method, fields.entry("body")) {
        reader.complain(entry.key_span, "a GET request has no body", "write `method: POST`, or remove `body`");
    }
    if let (None, Some(entry)) = (fields.entry("body"), fields.entry("content_type")) {
        reader.complain(entry.key_span, "`content_type` is that of a `body`", "remove it");
    }
    let behind = optional(fields.get("path"), Arc::from(""), |node| behind(node, reader));
    let headers = optional(fields.get("headers"), Vec::new(), |node| headers(node, reader));
    let value = fields.needed("value", "the JSONPath of the value, for instance `$.data.value`", reader);
    let value = value.and_then(|node| path(node, "value", reader));
    let samples = optional(fields.get("samples"), None, |node| path(node, "samples", reader).map(Some));
    let time = optional(fields.get("time"), None, |node| path(node, "time", reader).map(Some));
    let least = counted_least(fields, reader);
    let ask = ask(method, behind, headers, body, value, samples, time, least);
    let query = query(fields, ask.map(Ask::Web), reader);
    Some((unit?, Better::Lower, MetricSource::Query(query?)))
}

#[expect(clippy::too_many_arguments, reason = "each is a field that may be broken for itself")]
fn ask(
    method: Option<WebMethod>,
    path: Option<Arc<str>>,
    headers: Option<Vec<(Arc<str>, Arc<str>)>>,
    body: Option<Option<WebBody>>,
    value: Option<Arc<str>>,
    samples: Option<Option<Arc<str>>>,
    time: Option<Option<Arc<str>>>,
    min_samples: Option<u64>,
) -> Option<AskWeb> {
    Some(AskWeb {
        method: method?,
        path: path?,
        headers: headers?,
        body: body?,
        value: value?,
        samples: samples?,
        time: time?,
        min_samples: min_samples?,
    })
}

/// `min_samples`, which needs something that counts them.
pub(super) fn counted_least(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<u64> {
    if let (None, Some(entry)) = (fields.entry("samples"), fields.entry("min_samples")) {
        let hint = "add `samples` with the JSONPath of their number";
        reader.complain(entry.key_span, "nobody knows how many samples there are", hint);
        return None;
    }
    min_samples(fields, 0, reader)
}

fn behind(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let text = template(node, "path", PLACEHOLDERS, reader)?;
    if !text.starts_with(['/', '?']) || text.contains(['#', '\\', ' ']) || text.chars().any(char::is_control) {
        let message = "`path` is what comes behind the address: it begins with `/` or `?`";
        reader.complain(node.span, message, "for instance `/v1/errors?variant={{variant}}`");
        return None;
    }
    Some(text)
}

fn body(node: &Node<'_>, fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<WebBody> {
    let kind = optional(fields.get("content_type"), BodyKind::Json, |node| {
        reader.word(node, "content type", shape::BODIES, &[])
    })?;
    let text = template(node, "body", PLACEHOLDERS, reader)?;
    if text.len() > LONGEST_BODY {
        reader.problems.add(node.span, format!("`body` is longer than {LONGEST_BODY} bytes"));
        return None;
    }
    match kind {
        BodyKind::Form => Some(WebBody::Form(text)),
        BodyKind::Json => {
            // As it would be sent for plain names.
            let filled = text.replace("{{variant}}", "v").replace("{{flag}}", "f").replace("{{window}}", "5m");
            if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&filled) {
                let message = format!("`body` would not be JSON: line {}, column {}", error.line(), error.column());
                reader.complain(node.span, message, "placeholders stand inside of strings: `\"{{variant}}\"`");
                return None;
            }
            Some(WebBody::Json(text))
        }
    }
}

fn headers(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Vec<(Arc<str>, Arc<str>)>> {
    let Some(entries) = node.as_object() else {
        let message = format!("`headers` is {} where names with values are expected", node.kind());
        reader.complain(node.span, message, "for instance `{ Accept: application/json }`");
        return None;
    };
    if entries.len() > MOST_HEADERS {
        reader.problems.add(node.span, format!("{} headers are more than {MOST_HEADERS}", entries.len()));
        return None;
    }
    let headers: Vec<_> = entries.iter().map(|entry| header(entry, reader)).collect();
    headers.into_iter().collect()
}

fn header(entry: &Entry<'_>, reader: &mut Reader<'_>) -> Option<(Arc<str>, Arc<str>)> {
    let name = entry.key.to_ascii_lowercase();
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || name.len() > 100 || !name.chars().all(is_token) {
        reader.complain(entry.key_span, "this is no name of a header", "for instance `Accept`");
        return None;
    }
    if NOT_HEADERS.contains(&&*name) || SECRETIVE.iter().any(|part| name.contains(part)) {
        let message = format!("a plan must not have the header `{}`", entry.key);
        let hint = "plans are read by many: credentials belong to the connection, in the server's settings";
        reader.complain(entry.key_span, message, hint);
        return None;
    }
    let value = template(&entry.value, &entry.key, PLACEHOLDERS, reader)?;
    if !value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) || value.len() > 1_000 {
        let hint = "it may have up to 1000 visible ASCII characters";
        reader.complain(entry.value.span, format!("`{}` has a value that no header can have", entry.key), hint);
        return None;
    }
    Some((Arc::from(name), value))
}
