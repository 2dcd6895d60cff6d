//! JSON as it is written: members may repeat, and what is no list or object keeps its spelling.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt::{self, Write as _};

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// A null, boolean, number or text, as spelled.
    Leaf(String),
    /// A list.
    List(Vec<Self>),
    /// An object, its keys as spelled, quotes included.
    Object(Vec<(String, Self)>),
}

/// Deeper values are left alone: these functions recur.
const DEEPEST: usize = 200;

impl Tree {
    /// Reads JSON; `None` when it is none, or is nested very deeply.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let raw: &RawValue = serde_json::from_str(text).ok()?;
        Self::of(raw, 0)
    }

    fn of(raw: &RawValue, depth: usize) -> Option<Self> {
        if depth > DEEPEST {
            return None;
        }
        let text = raw.get();
        match text.as_bytes().first()? {
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                items.into_iter().map(|item| Self::of(item, depth + 1)).collect::<Option<_>>().map(Self::List)
            }
            b'{' => {
                let Members(members) = serde_json::from_str(text).ok()?;
                let member = |(key, value): (String, &RawValue)| {
                    Some((serde_json::Value::String(key).to_string(), Self::of(value, depth + 1)?))
                };
                members.into_iter().map(member).collect::<Option<_>>().map(Self::Object)
            }
            _ => Some(Self::Leaf(text.to_owned())),
        }
    }

    /// How many values it has, itself included.
    #[must_use]
    pub fn size(&self) -> usize {
        1 + match self {
            Self::Leaf(_) => 0,
            Self::List(items) => items.iter().map(Self::size).sum(),
            Self::Object(members) => members.iter().map(|(_, value)| value.size()).sum(),
        }
    }

    /// The value at a position, counted from the outermost, which is 0, in the order of writing.
    pub fn at(&mut self, position: usize) -> Option<&mut Self> {
        if position == 0 {
            return Some(self);
        }
        let mut left = position - 1;
        let children: Vec<&mut Self> = match self {
            Self::Leaf(_) => Vec::new(),
            Self::List(items) => items.iter_mut().collect(),
            Self::Object(members) => members.iter_mut().map(|(_, value)| value).collect(),
        };
        for child in children {
            let size = child.size();
            if left < size {
                return child.at(left);
            }
            left -= size;
        }
        None
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Leaf(spelling) => out.push_str(spelling),
            Self::List(items) => {
                out.push('[');
                for (position, item) in items.iter().enumerate() {
                    out.push_str(if position > 0 { "," } else { "" });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (position, (key, value)) in members.iter().enumerate() {
                    out.push_str(if position > 0 { "," } else { "" });
                    let _ = write!(out, "{key}:");
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write(&mut out);
        f.write_str(&out)
    }
}

/// An object's members in the order of writing, repeated ones too.
pub(crate) struct Members<'t>(pub(crate) Vec<(String, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Members<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading;
        impl<'de> Visitor<'de> for Reading {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reading)
    }
}
