//! The values of a context and the constants of compiled rules.

use crate::flag::{Literal, Number};
use crate::json::quoted;
use std::borrow::Cow;
use std::fmt;

/// A value; texts are borrowed from the request wherever it has them without escapes.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A finite number.
    Number(Number),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Self>),
    /// A mapping.
    Object(Object<'a>),
}

/// A mapping whose keys are unique; of two entries with one key the later has won.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object<'a> {
    /// Sorted by key.
    entries: Vec<(Cow<'a, str>, Datum<'a>)>,
}

/// Up to here looking at each key in turn is faster than halving.
const FEW: usize = 12;

impl<'a> Object<'a> {
    pub(super) fn new(mut entries: Vec<(Cow<'a, str>, Datum<'a>)>) -> Self {
        // Stable, so that of equal keys the last one written is the last one here, and stays.
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        Self { entries }
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Datum<'a>> {
        if self.entries.len() <= FEW {
            return self.entries.iter().find(|(known, _)| known == key).map(|(_, value)| value);
        }
        let position = self.entries.binary_search_by(|(known, _)| known.as_ref().cmp(key)).ok()?;
        self.entries.get(position).map(|(_, value)| value)
    }

    /// The entries, sorted by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Datum<'a>)> {
        self.entries.iter().map(|(key, value)| (key.as_ref(), value))
    }

    pub(super) fn into_entries(self) -> Vec<(Cow<'a, str>, Datum<'a>)> {
        self.entries
    }
}

/// As JSON.
impl fmt::Display for Datum<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => f.write_str(&number.text()),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::List(items) => {
                f.write_str("[")?;
                for (position, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if position == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Object(object) => {
                f.write_str("{")?;
                for (position, (key, value)) in object.iter().enumerate() {
                    write!(f, "{}{}:{value}", if position == 0 { "" } else { "," }, quoted(key))?;
                }
                f.write_str("}")
            }
        }
    }
}

impl From<&Literal> for Datum<'static> {
    fn from(literal: &Literal) -> Self {
        match literal {
            Literal::Null => Self::Null,
            Literal::Bool(value) => Self::Bool(*value),
            Literal::Number(numeral) => Self::Number(numeral.number),
            Literal::Text(text) => Self::Text(Cow::Owned(text.to_string())),
            Literal::List(items) => Self::List(items.iter().map(Self::from).collect()),
            Literal::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| (Cow::Owned(key.to_string()), Self::from(value)));
                Self::Object(Object::new(entries.collect()))
            }
        }
    }
}

impl<'a> From<&'a str> for Datum<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Datum<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Datum<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Datum<'_> {
    fn from(number: u64) -> Self {
        Self::Number(Number::Unsigned(number))
    }
}

impl From<i64> for Datum<'_> {
    fn from(number: i64) -> Self {
        Self::Number(Number::from(number))
    }
}

impl From<f64> for Datum<'_> {
    /// What is not finite has no place in JSON, and is null.
    fn from(number: f64) -> Self {
        if number.is_finite() { Self::Number(Number::Float(number)) } else { Self::Null }
    }
}
