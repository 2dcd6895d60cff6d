//! A parsed file as a tree whose every value knows its place.

use super::text::Span;
use std::borrow::Cow;

/// A value and where it stands. Its texts are borrowed from the file's wherever that has them as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'t> {
    /// Its place in the text.
    pub span: Span,
    /// What it is.
    pub value: Value<'t>,
}

/// What JSON and YAML have in common. Object entries keep their order; keys are unique.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'t> {
    /// `null`, or nothing at all in YAML.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A finite number in JSON's spelling, exactly as it was written wherever that is JSON.
    Number(Cow<'t, str>),
    /// A text.
    String(Cow<'t, str>),
    /// A list.
    Array(Vec<Node<'t>>),
    /// A mapping.
    Object(Vec<Entry<'t>>),
}

/// A key with its place, and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'t> {
    /// The key's text.
    pub key: Cow<'t, str>,
    /// The key's place.
    pub key_span: Span,
    /// The value.
    pub value: Node<'t>,
}

impl<'t> Node<'t> {
    /// The value's kind, for messages: `a text`, `a list`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "a mapping",
        }
    }

    /// The text, when it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The entries, when it is a mapping.
    #[must_use]
    pub fn as_object(&self) -> Option<&[Entry<'t>]> {
        match &self.value {
            Value::Object(entries) => Some(entries),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
        }
    }

    /// The items, when it is a list.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Array(items) => Some(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => None,
        }
    }

    /// The value under a key, when it is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The same with texts of its own.
    #[must_use]
    pub fn into_owned(self) -> Node<'static> {
        let value = match self.value {
            Value::Null => Value::Null,
            Value::Bool(value) => Value::Bool(value),
            Value::Number(text) => Value::Number(Cow::Owned(text.into_owned())),
            Value::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Value::Array(items) => Value::Array(items.into_iter().map(Node::into_owned).collect()),
            Value::Object(entries) => Value::Object(entries.into_iter().map(Entry::into_owned).collect()),
        };
        Node { span: self.span, value }
    }
}

impl Entry<'_> {
    fn into_owned(self) -> Entry<'static> {
        Entry { key: Cow::Owned(self.key.into_owned()), key_span: self.key_span, value: self.value.into_owned() }
    }
}
