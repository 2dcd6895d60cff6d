//! Metadata: flat facts about a set of flags or one flag.

use super::Literal;
use crate::source::{Node, Problems, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Facts, sorted by name; flags that have the same ones share them.
pub(super) type Metadata = Arc<[(Box<str>, Literal)]>;

/// Reads metadata; `None` when something in it is wrong.
pub(super) fn lower(node: Option<&Node<'_>>, problems: &mut Problems<'_>) -> Option<Metadata> {
    let Some(node) = node else { return Some(Metadata::default()) };
    let Some(entries) = node.as_object() else {
        problems.add(node.span, format!("`metadata` is {}, it must be a mapping", node.kind()));
        return None;
    };
    let before = problems.count();
    let mut metadata = BTreeMap::new();
    for entry in entries {
        match &entry.value.value {
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                metadata.insert((&*entry.key).into(), Literal::of(&entry.value));
            }
            Value::Null | Value::Array(_) | Value::Object(_) => {
                let message = format!("the metadata `{}` is {}", entry.key, entry.value.kind());
                problems.add_with_hint(entry.value.span, message, "metadata are texts, numbers, true or false");
            }
        }
    }
    (problems.count() == before).then(|| metadata.into_iter().collect())
}

/// The set's facts, each replaced by the flag's own where it has one of that name.
pub(super) fn merged(set: &Metadata, own: Metadata) -> Metadata {
    if set.is_empty() {
        return own;
    }
    let merged: BTreeMap<_, _> = set.iter().chain(own.iter()).cloned().collect();
    merged.into_iter().collect()
}
