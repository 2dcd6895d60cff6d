//! The section `triggers` of the settings file: sources of alerts by name.

use super::probe;
use super::section::{Section, Surroundings};
use crate::controller::{MayClose, Pattern};
use crate::source::{Node, Problems, suggest};
use crate::triggers::{Filter, Kind, Proof, Source, SourceName, USUAL_RATE};
use crate::units::Credential;
use std::num::NonZeroU32;
use std::sync::Arc;

/// The most sources.
const MOST_SOURCES: usize = 256;

/// The most names in one list of what a source may close, and of labels.
const MOST_NAMES: usize = 256;

/// Shorter keys and secrets can be guessed over a network.
const SHORTEST_KEY: usize = 16;

const KINDS: [&str; 6] = ["alertmanager", "grafana", "pagerduty", "datadog", "webhook", "probe"];

/// The fields of every source.
const COMMON: [&str; 6] = ["kind", "may_close", "labels", "match", "dry_run", "no_data_fires"];

/// The fields of a source that posts.
const POSTED: [&str; 9] = [
    "key_file",
    "key_env",
    "previous_key_file",
    "previous_key_env",
    "secret_file",
    "secret_env",
    "previous_secret_file",
    "previous_secret_env",
    "per_second",
];

/// Reads the section.
pub(super) fn read(node: &Node<'_>, surroundings: Surroundings<'_>, problems: &mut Problems<'_>) -> Vec<Source> {
    let Some(entries) = node.as_object() else {
        problems.add(node.span, format!("`triggers` is {} where a mapping from names is needed", node.kind()));
        return Vec::new();
    };
    if entries.len() > MOST_SOURCES {
        problems.add(node.span, format!("`triggers` has more than {MOST_SOURCES} sources"));
    }
    let mut sources: Vec<Source> = Vec::with_capacity(entries.len());
    for entry in entries {
        match SourceName::new(&entry.key) {
            Ok(name) => {
                let Some(source) = source(name, &entry.value, surroundings, problems) else { continue };
                if let Some(other) = sources.iter().find(|other| shares_a_key(other, &source)) {
                    let message =
                        format!("the source of alerts `{}` has a key or secret of `{}`", entry.key, other.name);
                    let hint = "give each source its own: with one of both each could post as the other";
                    problems.add_with_hint(entry.key_span, message, hint);
                }
                sources.push(source);
            }
            Err(why) => problems.add(entry.key_span, format!("the source of alerts `{}`: {why}", entry.key)),
        }
    }
    sources
}

fn shares_a_key(one: &Source, other: &Source) -> bool {
    let known = one.proof.digests();
    other.proof.digests().iter().any(|digest| known.contains(digest))
}

fn source(
    name: SourceName,
    node: &Node<'_>,
    surroundings: Surroundings<'_>,
    problems: &mut Problems<'_>,
) -> Option<Source> {
    let before = problems.count();
    let what = format!("the source of alerts `{name}`");
    let is_probe = node.as_object().is_some_and(|entries| {
        entries.iter().any(|entry| entry.key == "kind" && entry.value.as_str() == Some("probe"))
    });
    let own: &[&str] = if is_probe { &probe::FIELDS } else { &POSTED };
    let fields: Vec<&str> = COMMON.iter().chain(own).copied().collect();
    let section = Section::read(node, &what, &fields, surroundings, problems)?;
    let kind = kind(&section, &what, problems);
    let proof = if is_probe { Some(Proof::Own) } else { proof(&section, kind.as_ref(), problems) };
    let may_close = may_close(&section, surroundings, problems);
    let labels = labels(&section, problems);
    let wanted = wanted(&section, problems);
    let dry_run = section.switch("dry_run", false, problems);
    let no_data_fires = section.switch("no_data_fires", false, problems);
    let rate = section.whole_number("per_second", 1..=100_000, problems);
    let rate = rate.and_then(|rate| NonZeroU32::new(u32::try_from(rate).ok()?)).unwrap_or(USUAL_RATE);
    if problems.count() > before {
        return None;
    }
    let may_close = Arc::new(may_close);
    let (kind, proof) = (kind?, proof?);
    Some(Source { name, kind, proof, may_close, wanted, labels, dry_run, no_data_fires, rate, named: true })
}

fn kind(section: &Section<'_>, what: &str, problems: &mut Problems<'_>) -> Option<Kind> {
    let Some(node) = section.get("kind") else {
        let hint = format!("say which: {}", KINDS.join(", "));
        problems.add_with_hint(section.start(), format!("{what} has no `kind`"), hint);
        return None;
    };
    match section.text("kind", problems)? {
        "alertmanager" => Some(Kind::Alertmanager),
        "grafana" => Some(Kind::Grafana),
        "pagerduty" => Some(Kind::PagerDuty),
        "datadog" => Some(Kind::Datadog),
        "webhook" => Some(Kind::Webhook),
        "probe" => probe::read(section, problems).map(|probe| Kind::Probe(Box::new(probe))),
        other => {
            let hint = suggest(other, KINDS).unwrap_or_else(|| format!("there are {}", KINDS.join(", ")));
            problems.add_with_hint(node.span, format!("there is no kind `{other}` of sources"), hint);
            None
        }
    }
}

/// How the source proves itself. Without a proof of its own it needs the control listener's key.
fn proof(section: &Section<'_>, kind: Option<&Kind>, problems: &mut Problems<'_>) -> Option<Proof> {
    let keys = both(section, "key", problems)?;
    let secrets = both(section, "secret", problems)?;
    let kind = kind?;
    if !keys.is_empty() && !secrets.is_empty() {
        let hint = "keep the secret where the sender can sign, and the key where it cannot";
        problems.add_with_hint(section.start(), "both a key and a secret are given", hint);
        return None;
    }
    match (kind, secrets.is_empty(), keys.is_empty()) {
        (Kind::PagerDuty, false, _) => Some(Proof::PagerDuty(secrets)),
        (Kind::Webhook, false, _) => Some(Proof::Signature(secrets)),
        (_, false, _) => {
            let message = format!("a source of the kind `{}` does not sign what it sends", kind.as_str());
            problems.add_with_hint(section.start(), message, "give it a key: `key_file` or `key_env`");
            None
        }
        (_, true, false) => Some(Proof::keys(&keys)),
        (Kind::PagerDuty | Kind::Webhook, true, true) => {
            let message = format!("a source of the kind `{}` needs a secret or a key", kind.as_str());
            problems.add_with_hint(section.start(), message, "name it in `secret_file` or `secret_env`");
            None
        }
        (Kind::Alertmanager | Kind::Grafana | Kind::Datadog | Kind::Probe(_), true, true) => Some(Proof::ControlKey),
    }
}

/// A key or secret, and the one before it, which is good as long as it stands here. `None` when one is wrong.
fn both(section: &Section<'_>, name: &str, problems: &mut Problems<'_>) -> Option<Vec<Credential>> {
    let before = problems.count();
    let mut found = Vec::new();
    for name in [name.to_owned(), format!("previous_{name}")] {
        let Some(credential) = section.credential(&name, problems) else { continue };
        if credential.reveal().len() < SHORTEST_KEY {
            let hint = "make one with `openssl rand -hex 32`";
            let message = format!("`{name}` has fewer than {SHORTEST_KEY} characters");
            problems.add_with_hint(section.start(), message, hint);
        }
        found.push(credential);
    }
    let alone = section.get(&format!("previous_{name}_file")).or(section.get(&format!("previous_{name}_env")));
    if let (Some(node), [_]) = (alone, found.as_slice()) {
        problems.add(node.span, format!("there is a previous {name} and none of now"));
    }
    (problems.count() == before).then_some(found)
}

fn may_close(section: &Section<'_>, surroundings: Surroundings<'_>, problems: &mut Problems<'_>) -> MayClose {
    let Some(node) = section.get("may_close") else { return MayClose::default() };
    let fields = ["environments", "flags", "labels"];
    let Some(section) = Section::read(node, "`may_close`", &fields, surroundings, problems) else {
        return MayClose::default();
    };
    if node.as_object().is_some_and(<[_]>::is_empty) {
        let hint = "leave `may_close` out when it may close everything";
        problems.add_with_hint(node.span, "`may_close` names nothing", hint);
    }
    let mut patterns = |name: &str| {
        let Some(node) = section.get(name) else { return Vec::new() };
        let texts = section.texts(name, problems);
        if texts.is_empty() {
            problems.add_with_hint(node.span, format!("`{name}` names nothing"), "leave it out when it is to be all");
        }
        if texts.len() > MOST_NAMES {
            problems.add(node.span, format!("`{name}` has more than {MOST_NAMES} names"));
        }
        let mut patterns = Vec::with_capacity(texts.len());
        for text in texts {
            match Pattern::new(&text) {
                Ok(pattern) => patterns.push(pattern),
                Err(why) => problems.add(node.span, format!("`{name}`: `{text}`: {why}")),
            }
        }
        patterns
    };
    let (environments, flags) = (patterns("environments"), patterns("flags"));
    MayClose { environments, flags, labels: labels(&section, problems) }
}

fn labels(section: &Section<'_>, problems: &mut Problems<'_>) -> Vec<(String, String)> {
    let labels = section.pairs("labels", problems);
    let Some(node) = section.get("labels") else { return labels };
    if labels.len() > MOST_NAMES {
        problems.add(node.span, format!("`labels` has more than {MOST_NAMES} labels"));
    }
    if labels.iter().any(|(name, value)| name.is_empty() || value.is_empty() || value.len() > 4_096) {
        problems.add(node.span, "`labels`: a label needs a name and a value of at most 4096 bytes");
    }
    labels
}

/// `match` is a mapping of labels that an alert must have, or an expression.
fn wanted(section: &Section<'_>, problems: &mut Problems<'_>) -> Filter {
    let Some(node) = section.get("match") else { return Filter::default() };
    if node.as_object().is_some() {
        return Filter::labels(section.pairs("match", problems));
    }
    let Some(text) = section.text("match", problems) else { return Filter::default() };
    Filter::parse(text).unwrap_or_else(|why| {
        problems.add(node.span, format!("`match`: {why}"));
        Filter::default()
    })
}
