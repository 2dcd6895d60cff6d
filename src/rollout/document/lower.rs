//! From a rollout document to a plan, or to all its problems at once.

use super::fields::Fields;
use super::metrics::{Metrics, metrics};
use super::reader::{BUCKET_BY, Reader};
use super::shape;
use super::waves::{Always, after, always, waves};
use crate::rollout::{After, Attachments, Plan, Wave};
use crate::source::{Node, Problem, Text};
use crate::units::{FlagKey, NameError, RolloutName, VariantName};
use std::sync::Arc;

/// The environment of a rollout that names none.
const ENVIRONMENT: &str = "default";

/// The longest text that is hashed with or looked up in a context, in bytes.
const LONGEST_ATTRIBUTE: usize = 200;

/// Reads one document of `kind: Rollout`. The spans of `document` refer to `text`; `attachments` are the files
/// that it [names](super::named_files).
///
/// # Errors
/// With everything that is wrong with it, in the order of the places.
pub fn lower(document: &Node<'_>, text: &Text, attachments: &Attachments) -> Result<Plan, Vec<Problem>> {
    let mut reader = Reader::new(text, attachments);
    match (plan(document, &mut reader), reader.problems.count()) {
        (Some(plan), 0) => Ok(plan),
        _ => Err(reader.problems.into_vec()),
    }
}

fn plan(document: &Node<'_>, reader: &mut Reader<'_>) -> Option<Plan> {
    let name = document.get("name").and_then(Node::as_str);
    reader.problems.set_subject(name.map(|name| format!("rollout `{name}`")));
    let fields = Fields::read(document, &shape::ROLLOUT, reader)?;
    let head = head(&fields, reader);
    let metrics = fields.get("metrics").map_or_else(Metrics::default, |node| metrics(node, reader));
    let body = body(&fields, &metrics, reader);
    let metrics = metrics.sound();
    let (head, (waves, after)) = (head?, body?);
    Some(Plan {
        name: head.name,
        environment: head.environment,
        flag: head.flag,
        candidate: head.candidate,
        stable: head.stable,
        bucket_by: head.bucket_by,
        salt: head.salt,
        metrics: metrics?,
        waves,
        after,
    })
}

struct Head {
    name: RolloutName,
    environment: Arc<str>,
    flag: FlagKey,
    candidate: VariantName,
    stable: VariantName,
    bucket_by: Arc<str>,
    salt: Arc<str>,
}

fn head(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Head> {
    kind(fields, reader);
    let name = named(fields, "name", RolloutName::new, reader);
    let flag = named(fields, "flag", FlagKey::new, reader);
    let variants = variants(fields, reader);
    let environment = match fields.get("environment") {
        Some(node) => environment(node, reader),
        None => Some(Arc::from(ENVIRONMENT)),
    };
    let bucket_by = attribute(fields, "bucket_by", Some(BUCKET_BY), reader);
    if let Some(bucket_by) = &bucket_by {
        reader.bucket_by = Arc::clone(bucket_by);
    }
    let salt = attribute(fields, "salt", name.as_ref().map(RolloutName::as_str), reader);
    let (candidate, stable) = variants?;
    Some(Head {
        name: name?,
        environment: environment?,
        flag: flag?,
        candidate,
        stable,
        bucket_by: bucket_by?,
        salt: salt?,
    })
}

fn kind(fields: &Fields<'_>, reader: &mut Reader<'_>) {
    if let Some(node) = fields.needed("kind", "write `kind: Rollout`", reader) {
        reader.word(node, "kind", &[("Rollout", ())], shape::LATER_KINDS);
    }
}

fn named<T>(
    fields: &Fields<'_>,
    field: &str,
    new: fn(&str) -> Result<T, NameError>,
    reader: &mut Reader<'_>,
) -> Option<T> {
    let hint = match field {
        "name" => "a name of its own: letters, digits, `.`, `_` and `-`",
        "flag" => "the key of the flag whose exposure grows",
        "candidate" => "the variant that is rolled out",
        _ => "the variant that everybody else gets",
    };
    let node = fields.needed(field, hint, reader)?;
    reader.name(node, field, new)
}

fn variants(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<(VariantName, VariantName)> {
    let candidate = named(fields, "candidate", VariantName::new, reader);
    let stable = named(fields, "stable", VariantName::new, reader);
    let (candidate, stable) = (candidate?, stable?);
    if candidate == stable
        && let Some(node) = fields.get("stable")
    {
        let message = format!("`candidate` and `stable` are both `{stable}`");
        reader.complain(node.span, message, "name two different variants of the flag");
    }
    Some((candidate, stable))
}

/// Environments are parts of URLs and labels, as rollout names are.
fn environment(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let text = reader.text(node, "environment")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if text.len() > LONGEST_ATTRIBUTE || !text.chars().all(plain) {
        let message = format!("the environment `{text}` may have only letters, digits, `.`, `_` and `-`");
        reader.complain(node.span, message, "for instance `production`");
        return None;
    }
    Some(Arc::from(text))
}

fn attribute(fields: &Fields<'_>, field: &str, usual: Option<&str>, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let Some(node) = fields.get(field) else { return usual.map(Arc::from) };
    let text = reader.text(node, field)?;
    if text.len() > LONGEST_ATTRIBUTE || text.chars().any(char::is_control) {
        let message = format!("`{field}` is longer than {LONGEST_ATTRIBUTE} bytes or has a control character");
        reader.problems.add(node.span, message);
        return None;
    }
    Some(Arc::from(text))
}

fn body(fields: &Fields<'_>, metrics: &Metrics, reader: &mut Reader<'_>) -> Option<(Vec<Wave>, Option<After>)> {
    let always = match fields.get("always") {
        Some(node) => always(node, metrics, reader),
        None => Some(Always::default()),
    };
    // With a fault in `always` the waves are read all the same, so that their faults show too.
    let (sound, always) = (always.is_some(), always.unwrap_or_default());
    let waves = fields
        .needed("waves", "write at least one wave", reader)
        .and_then(|node| waves(node, &always, metrics, reader));
    let after = match fields.get("after") {
        Some(node) => after(node, &always, reader).map(Some),
        None => Some(None),
    };
    let (waves, after) = (waves?, after?);
    sound.then_some((waves, after))
}
