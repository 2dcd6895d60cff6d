//! Constant values: variants, metadata and the constants in rules.

use super::Number;
use crate::json::write_text;
use crate::source::{Node, Value};

/// A number together with the spelling that its author chose: `0.0` stays `0.0`, for some clients
/// tell floats from integers by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Numeral {
    /// As written, in JSON's grammar.
    pub spelling: Box<str>,
    /// What it means.
    pub number: Number,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A finite number.
    Number(Numeral),
    /// A text.
    Text(Box<str>),
    /// A list.
    List(Vec<Self>),
    /// A mapping, in the order of the document.
    Object(Vec<(Box<str>, Self)>),
}

impl Literal {
    /// Takes a value of a document as it stands. The source room bounds its depth.
    #[must_use]
    pub fn of(node: &Node<'_>) -> Self {
        match &node.value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            // The source room lets only finite numbers through.
            Value::Number(spelling) => Number::parse(spelling)
                .map_or(Self::Null, |number| Self::Number(Numeral { spelling: (&**spelling).into(), number })),
            Value::String(text) => Self::Text((&**text).into()),
            Value::Array(items) => Self::List(items.iter().map(Self::of).collect()),
            Value::Object(entries) => {
                Self::Object(entries.iter().map(|entry| ((&*entry.key).into(), Self::of(&entry.value))).collect())
            }
        }
    }

    /// Appends the constant as JSON, numbers in their own spelling.
    pub fn write_json(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(numeral) => out.push_str(&numeral.spelling),
            Self::Text(text) => write_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (position, item) in items.iter().enumerate() {
                    out.push_str(if position == 0 { "" } else { "," });
                    item.write_json(out);
                }
                out.push(']');
            }
            Self::Object(entries) => write_object(entries, out),
        }
    }

    /// The constant as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }
}

/// Appends the entries of a mapping as JSON.
pub fn write_object(entries: &[(Box<str>, Literal)], out: &mut String) {
    out.push('{');
    for (position, (key, value)) in entries.iter().enumerate() {
        out.push_str(if position == 0 { "" } else { "," });
        write_text(key, out);
        out.push(':');
        value.write_json(out);
    }
    out.push('}');
}
