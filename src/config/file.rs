//! Settings from a YAML file.

use super::connections;
use super::fault::{Fault, Origin};
use super::key::Key;
use super::open_secrets;
use super::raw::Raw;
use super::section::Surroundings;
use super::triggers;
use crate::source::{self, Entry, Format, Node, Problems, Span, Text, Value, suggest};
use std::path::Path;
use std::sync::Arc;

/// The largest settings file that is read.
const LARGEST: u64 = 1 << 20;

/// Reads a settings file. Paths in it are relative to the file's own folder.
pub(super) fn read(path: &Path, asked_by: &Origin, variables: &[(String, String)]) -> Result<Raw, Vec<Fault>> {
    let bytes = bytes(path).map_err(|message| vec![Fault::new(asked_by, message)])?;
    let name = path.to_string_lossy();
    let format = Format::of(&name).unwrap_or(Format::Yaml);
    let faults = |problems: Vec<source::Problem>| problems.into_iter().map(Fault::from).collect::<Vec<_>>();
    let parsed = source::parse(&name, &bytes, format).map_err(faults)?;
    let mut problems = Problems::new(&parsed.text);
    let surroundings = Surroundings { folder: path.parent().unwrap_or(Path::new("")), variables };
    let mut raw = lower(&parsed.documents, &parsed.text, surroundings, &mut problems);
    let open = |root| open_secrets::remarks(root, &parsed.text, surroundings.folder);
    raw.remarks = parsed.documents.iter().flat_map(open).collect();
    match problems.count() {
        0 => Ok(raw),
        _ => Err(faults(problems.into_vec())),
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let cannot = |error| format!("cannot read the settings file {}: {error}", path.display());
    if std::fs::metadata(path).map_err(cannot)?.len() > LARGEST {
        return Err(format!("the settings file {} is larger than {LARGEST} bytes", path.display()));
    }
    std::fs::read(path).map_err(cannot)
}

fn lower(documents: &[Node<'_>], text: &Text, surroundings: Surroundings<'_>, problems: &mut Problems<'_>) -> Raw {
    let mut raw = Raw::default();
    let root = match documents {
        [root] => root,
        _ => {
            problems.add(documents.get(1).map_or_else(Span::default, |node| node.span), "settings are one document");
            return raw;
        }
    };
    let Some(entries) = root.as_object() else {
        problems.add(root.span, format!("settings are a mapping, this is {}", root.kind()));
        return raw;
    };
    for entry in entries {
        if entry.key == "triggers" {
            raw.triggers = triggers::read(&entry.value, surroundings, problems);
            continue;
        }
        if entry.key == "connections" {
            raw.connections = connections::read(&entry.value, surroundings, problems);
            continue;
        }
        if let Some((key, values)) = setting(entry, problems) {
            let (line, column) = text.line_column(entry.key_span.start);
            let values = if key.is_path() {
                values.iter().map(|value| under(surroundings.folder, value)).collect()
            } else {
                values
            };
            raw.set(key, values, Origin::File { file: Arc::clone(text.name()), line, column });
        }
    }
    raw
}

fn under(folder: &Path, path: &str) -> String {
    folder.join(path).to_string_lossy().into_owned()
}

fn setting(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<(Key, Vec<String>)> {
    let Some(key) = Key::ALL.into_iter().find(|key| key.name() == entry.key) else {
        let message = format!("unknown setting `{}`", entry.key);
        let known = Key::ALL.into_iter().filter(|key| !key.is_secret()).map(Key::name);
        match suggest(&entry.key, known.clone()) {
            Some(hint) => problems.add_with_hint(entry.key_span, message, hint),
            None => {
                let hint = format!("known are {}", known.collect::<Vec<_>>().join(", "));
                problems.add_with_hint(entry.key_span, message, hint);
            }
        }
        return None;
    };
    if key.is_secret() {
        let hint =
            format!("put it into a file of its own and name that in `{}_file`, or set {}", key.name(), key.variable());
        problems.add_with_hint(entry.key_span, format!("`{}` is a secret and does not belong here", key.name()), hint);
        return None;
    }
    values(key, &entry.value, problems).map(|values| (key, values))
}

fn values(key: Key, node: &Node<'_>, problems: &mut Problems<'_>) -> Option<Vec<String>> {
    match (&node.value, key) {
        (Value::Array(items), Key::Paths | Key::CorsOrigins | Key::MetricAddresses) => {
            items.iter().map(|item| text(item, problems)).collect::<Vec<_>>().into_iter().collect()
        }
        (Value::Bool(value), Key::Ephemeral | Key::Strict) => Some(vec![value.to_string()]),
        (_, Key::Ephemeral | Key::Strict) => {
            problems.add(node.span, format!("`{}` is true or false, this is {}", key.name(), node.kind()));
            None
        }
        (Value::Number(number), Key::EventStreams) => Some(vec![number.to_string()]),
        _ => text(node, problems).map(|text| vec![text]),
    }
}

fn text(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<String> {
    match node.as_str() {
        Some(text) if !text.is_empty() => Some(text.to_owned()),
        _ => {
            problems.add(node.span, format!("a text is needed here, this is {}", node.kind()));
            None
        }
    }
}
