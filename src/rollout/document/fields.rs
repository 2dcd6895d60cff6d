//! A mapping read field by field against its shape.

use super::reader::Reader;
use super::shape::Shape;
use crate::source::{Entry, Node, Span, Value, suggest};

/// A mapping whose keys have been looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'n> {
    entries: &'n [Entry<'n>],
    /// Where to complain about what is not there: the mapping's first key.
    start: Span,
    what: &'static str,
}

impl<'n> Fields<'n> {
    /// Takes a mapping; each key that its shape does not have is a problem.
    pub(super) fn read(node: &'n Node<'n>, shape: &Shape, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(entries) = node.as_object() else {
            let message = format!("{} is {} where a mapping is expected", shape.what, node.kind());
            reader.problems.add(node.span, message);
            return None;
        };
        for entry in entries {
            check_key(entry, shape, reader);
        }
        let start = entries.first().map_or(node.span, |first| first.key_span);
        Some(Self { entries, start, what: shape.what })
    }

    /// Takes a mapping whose keys were looked at before.
    pub(super) fn known(node: &'n Node<'n>) -> Option<Self> {
        let entries = node.as_object()?;
        let start = entries.first().map_or(node.span, |first| first.key_span);
        Some(Self { entries, start, what: "" })
    }

    /// A field's value, if it has one.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node<'n>> {
        self.entry(name).map(|entry| &entry.value).filter(|value| value.value != Value::Null)
    }

    /// A field's key and value.
    pub(super) fn entry(&self, name: &str) -> Option<&'n Entry<'n>> {
        self.entries.iter().find(|entry| entry.key == name)
    }

    /// Where to complain about what is not there.
    pub(super) const fn start(&self) -> Span {
        self.start
    }

    /// A field that must be there.
    pub(super) fn needed(&self, name: &str, hint: &str, reader: &mut Reader<'_>) -> Option<&'n Node<'n>> {
        if self.entry(name).is_none() {
            reader.complain(self.start, format!("{} needs `{name}`", self.what), hint);
        }
        self.get(name)
    }
}

fn check_key(entry: &Entry<'_>, shape: &Shape, reader: &mut Reader<'_>) {
    let key = &*entry.key;
    if shape.later.contains(&key) {
        let message = format!("`{key}` is not supported yet by this version");
        return reader.complain(entry.key_span, message, "remove it");
    }
    if !shape.fields.contains(&key) {
        let known = || shape.fields.iter().copied().filter(|field| !field.starts_with('$'));
        let hint =
            suggest(key, known()).unwrap_or_else(|| format!("it has {}", known().collect::<Vec<_>>().join(", ")));
        return reader.complain(entry.key_span, format!("unknown field `{key}` in {}", shape.what), hint);
    }
    if entry.value.value == Value::Null {
        reader.complain(entry.key_span, format!("`{key}` has no value"), "give it one, or remove the line");
    }
}
