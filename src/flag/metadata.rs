//! Metadata: flat facts about a set of flags or one flag.

use super::Literal;
use crate::source::{Node, Problems, Value};
use std::collections::BTreeMap;

/// Facts by name.
pub(super) type Metadata = BTreeMap<Box<str>, Literal>;

/// Reads metadata; `None` when something in it is wrong.
pub(super) fn lower(node: Option<&Node>, problems: &mut Problems<'_>) -> Option<Metadata> {
    let Some(node) = node else { return Some(Metadata::new()) };
    let Some(entries) = node.as_object() else {
        problems.add(node.span, format!("`metadata` is {}, it must be a mapping", node.kind()));
        return None;
    };
    let before = problems.count();
    let mut metadata = Metadata::new();
    for entry in entries {
        match &entry.value.value {
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                metadata.insert(entry.key.as_str().into(), Literal::of(&entry.value));
            }
            Value::Null | Value::Array(_) | Value::Object(_) => {
                let message = format!("the metadata `{}` is {}", entry.key, entry.value.kind());
                problems.add_with_hint(entry.value.span, message, "metadata are texts, numbers, true or false");
            }
        }
    }
    (problems.count() == before).then_some(metadata)
}

/// The set's facts, each replaced by the flag's own where it has one of that name.
pub(super) fn merged(set: &Metadata, own: Metadata) -> Metadata {
    let mut merged = set.clone();
    merged.extend(own);
    merged
}
