//! From a rollout document to a plan, or to all its problems at once.

use super::agreement::{self, Given};
use super::budget::budget;
use super::fields::Fields;
use super::layer::layer;
use super::metrics::{Metrics, metrics as read_metrics};
use super::reader::{BUCKET_BY, Reader};
use super::shape;
use super::telemetry::telemetry;
use super::waves::{after, always, waves};
use crate::rollout::{After, Attachments, Budget, Layer, Plan, RetrySalt, Telemetry, Wave};
use crate::source::{Node, Problem, Text, Value};
use crate::units::{Exposure, FlagKey, NameError, RolloutName, UnixMillis, VariantName};
use std::sync::Arc;
use std::time::Duration;

/// How often a sound candidate may be called worse when nothing is said.
const ALPHA: f64 = 0.01;
const SMALLEST_ALPHA: f64 = 0.000_001;
const LARGEST_ALPHA: f64 = 0.5;

/// The longest time before a rollout that can be looked back at.
const LONGEST_BASELINE: Duration = Duration::from_secs(31 * 86_400);

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
    read(document, Reader::new(text, attachments))
}

/// As [`lower`], for a plan that was taken before, perhaps by a version that asked less of one: a rollout under
/// way must not lose its exposure for a rule that came later. Whether the plan agrees with itself is not asked.
///
/// # Errors
/// With everything for which it cannot be read at all.
pub fn lower_kept(document: &Node<'_>, text: &Text, attachments: &Attachments) -> Result<Plan, Vec<Problem>> {
    let mut reader = Reader::new(text, attachments);
    reader.kept = true;
    read(document, reader)
}

fn read(document: &Node<'_>, mut reader: Reader<'_>) -> Result<Plan, Vec<Problem>> {
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
    let metrics = Metrics::none(&fields);
    let metrics = match fields.get("metrics") {
        Some(node) => read_metrics(node, metrics, reader),
        None => metrics,
    };
    let layer = head.as_ref().and_then(|head| head.layer.as_ref());
    let body = body(&fields, layer, &metrics, reader);
    let metrics = metrics.sound();
    let (head, body) = (head?, body?);
    Some(Plan {
        name: head.name,
        environment: head.environment,
        flag: head.flag,
        candidate: head.candidate,
        stable: head.stable,
        bucket_by: head.bucket_by,
        salt: head.salt,
        layer: head.layer,
        retry: head.retry,
        start: head.start,
        baseline: body.baseline,
        alpha: head.alpha,
        budget: body.budget,
        telemetry: body.telemetry,
        metrics: metrics?,
        waves: body.waves,
        after: body.after,
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
    layer: Option<Layer>,
    retry: RetrySalt,
    start: Option<UnixMillis>,
    alpha: f64,
}

fn head(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Head> {
    kind(fields, reader);
    let name = named(fields, "name", RolloutName::new, reader);
    let flag = named(fields, "flag", FlagKey::new, reader);
    let variants = variants(fields, reader);
    let environment = environment_of(fields, reader);
    let bucket_by = attribute(fields, "bucket_by", Some(BUCKET_BY), reader);
    if let Some(bucket_by) = &bucket_by {
        reader.bucket_by = Arc::clone(bucket_by);
    }
    let salt = attribute(fields, "salt", name.as_ref().map(RolloutName::as_str), reader);
    let layer = match fields.get("layer") {
        Some(node) => layer(node, salt.as_deref().zip(fields.get("salt")), reader).map(Some),
        None => Some(None),
    };
    let retry = match fields.get("retry") {
        Some(node) => reader.word(node, "kind of retry", shape::RETRY, &[]),
        None => Some(RetrySalt::default()),
    };
    let start = match fields.get("start") {
        Some(node) => reader.moment(node, "start").map(Some),
        None => Some(None),
    };
    let alpha = match fields.get("alpha") {
        Some(node) => alpha(node, reader),
        None => Some(ALPHA),
    };
    let (candidate, stable) = variants?;
    Some(Head {
        name: name?,
        environment: environment?,
        flag: flag?,
        candidate,
        stable,
        bucket_by: bucket_by?,
        salt: salt?,
        layer: layer?,
        retry: retry?,
        start: start?,
        alpha: alpha?,
    })
}

/// How often a sound candidate may be called worse: as a share, `0.01` or `1%`.
fn alpha(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<f64> {
    let written = match &node.value {
        Value::Number(number) => number.parse().ok(),
        Value::String(_) => return reader.share(node, "alpha", LARGEST_ALPHA, "1%"),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let alpha = written.filter(|alpha| *alpha >= SMALLEST_ALPHA && *alpha <= LARGEST_ALPHA);
    if alpha.is_none() {
        let message = format!("`alpha` must be a number from {SMALLEST_ALPHA} to {LARGEST_ALPHA}");
        reader.complain(
            node.span,
            message,
            "for instance `alpha: 0.01`: one sound rollout in a hundred may be called worse",
        );
    }
    alpha
}

fn kind(fields: &Fields<'_>, reader: &mut Reader<'_>) {
    if let Some(node) = fields.needed("kind", "write `kind: Rollout`", reader) {
        reader.word(node, "kind", &[("Rollout", ())], shape::LATER_KINDS);
    }
}

pub(super) fn named<T>(
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

pub(super) fn environment_of(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    match fields.get("environment") {
        Some(node) => environment(node, reader),
        None => Some(Arc::from(ENVIRONMENT)),
    }
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

struct Body {
    baseline: Option<Duration>,
    budget: Option<Budget>,
    telemetry: Option<Arc<Telemetry>>,
    waves: Vec<Wave>,
    after: Option<After>,
}

fn body(fields: &Fields<'_>, layer: Option<&Layer>, metrics: &Metrics, reader: &mut Reader<'_>) -> Option<Body> {
    let always = match fields.get("always") {
        Some(node) => always(node, metrics, reader),
        None => Some(Vec::new()),
    };
    // With a fault in `always` the waves are read all the same, so that their faults show too.
    let (sound, always) = (always.is_some(), always.unwrap_or_default());
    let waves = fields
        .needed("waves", "write at least one wave", reader)
        .and_then(|node| waves(node, &always, metrics, reader));
    let after = match fields.get("after") {
        Some(node) => after(node, &always, metrics, reader).map(Some),
        None => Some(None),
    };
    let baseline = match fields.get("baseline") {
        Some(node) => reader.duration(node, "baseline", Duration::from_secs(60)..=LONGEST_BASELINE).map(Some),
        None => Some(None),
    };
    let budget = match fields.get("budget") {
        Some(node) => budget(node, metrics, reader).map(Some),
        None => Some(None),
    };
    let telemetry = match fields.get("telemetry") {
        Some(node) => telemetry(node, reader).map(|read| Some(Arc::new(read))),
        None => Some(None),
    };
    let (waves, after, baseline, budget, telemetry) = (waves?, after?, baseline?, budget?, telemetry?);
    if !sound {
        return None;
    }
    let holdback = after.as_ref().map_or(Exposure::NONE, |(after, _)| after.holdback);
    let budget_at = budget.as_ref().zip(fields.entry("budget").map(|entry| entry.key_span));
    if !reader.kept {
        // Of a layer with a fault it is not known.
        let outsiders = match layer {
            Some(layer) => layer.width() < Exposure::ALL,
            None => fields.entry("layer").is_some(),
        };
        let given = Given { baseline, holdback, outsiders };
        agreement::check(&waves, after.as_ref(), budget_at, given, metrics, reader);
    }
    let waves = waves.into_iter().map(|read| read.wave).collect();
    Some(Body { baseline, budget, telemetry, waves, after: after.map(|(after, _)| after) })
}
