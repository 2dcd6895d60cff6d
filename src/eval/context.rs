//! The context of a request: who asks.

use super::datum::{Datum, Object};
use crate::flag::Number;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The deepest nesting of a context; the context itself is the first level.
const DEEPEST: usize = 32;

/// The attribute that says who asks.
const TARGETING_KEY: &str = "targetingKey";

/// Attributes of whoever a flag is evaluated for, read once per request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context<'a> {
    attributes: Object<'a>,
}

/// Why a request has no usable context.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// The bytes are no JSON; the parser's words, which hold no values of the request.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// JSON, but of the wrong shape.
    #[error("{0}")]
    WrongShape(&'static str),
    /// Nested too deeply.
    #[error("the context is nested deeper than {DEEPEST} levels")]
    TooDeep,
}

impl<'a> Context<'a> {
    /// No attributes.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Reads a context: one JSON object.
    ///
    /// # Errors
    /// When the bytes are not JSON, not an object, or nested deeper than 32 levels.
    pub fn from_json(bytes: &'a [u8]) -> Result<Self, ContextError> {
        match parse(bytes, Tree { depth: 0 })? {
            Datum::Object(attributes) => Ok(Self { attributes }),
            Datum::Null | Datum::Bool(_) | Datum::Number(_) | Datum::Text(_) | Datum::List(_) => {
                Err(ContextError::WrongShape("the context must be an object"))
            }
        }
    }

    /// Reads the body of an OFREP request, `{"context": {...}}`, in one pass. Nothing, white space, no
    /// `context` and `"context": null` are a context without attributes; other members are passed over.
    ///
    /// # Errors
    /// When the body is not JSON or no object, or the context is no object or nested too deeply.
    pub fn from_ofrep_body(body: &'a [u8]) -> Result<Self, ContextError> {
        if body.trim_ascii().is_empty() {
            return Ok(Self::empty());
        }
        match parse(body, Body)? {
            None | Some(Datum::Null) => Ok(Self::empty()),
            Some(Datum::Object(attributes)) => Ok(Self { attributes }),
            Some(Datum::Bool(_) | Datum::Number(_) | Datum::Text(_) | Datum::List(_)) => {
                Err(ContextError::WrongShape("`context` must be an object"))
            }
        }
    }

    /// The context with one more attribute, or with that attribute replaced.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Datum<'a>>) -> Self {
        self.attributes.insert(key.into(), value.into());
        self
    }

    /// Who asks; `None` when that is missing, empty or no text.
    #[must_use]
    pub fn targeting_key(&self) -> Option<&str> {
        match self.attributes.get(TARGETING_KEY)? {
            Datum::Text(key) if !key.is_empty() => Some(key),
            Datum::Text(_) | Datum::Null | Datum::Bool(_) | Datum::Number(_) | Datum::List(_) | Datum::Object(_) => {
                None
            }
        }
    }

    /// All attributes.
    #[must_use]
    pub const fn attributes(&self) -> &Object<'a> {
        &self.attributes
    }
}

/// What the error of a too deep value says, by which it is told from a syntax error.
const TOO_DEEP: &str = "nested too deeply";

/// As [`TOO_DEEP`], for a body that is JSON but no object.
const NO_OBJECT: &str = "the body must be an object";

fn parse<'a, S: DeserializeSeed<'a>>(bytes: &'a [u8], seed: S) -> Result<S::Value, ContextError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    parsed.map_err(|error| {
        let message = error.to_string();
        // serde_json has a depth limit of its own, for values that are passed over.
        if message.starts_with(TOO_DEEP) || message.starts_with("recursion limit exceeded") {
            ContextError::TooDeep
        } else if error.is_data() {
            ContextError::WrongShape(NO_OBJECT)
        } else {
            ContextError::NotJson(message)
        }
    })
}

/// `{"context": ...}`.
struct Body;

impl<'de> DeserializeSeed<'de> for Body {
    type Value = Option<Datum<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Body {
    type Value = Option<Datum<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut context = None;
        while let Some(key) = map.next_key_seed(Tree { depth: 0 })? {
            if key == Datum::from("context") {
                context = Some(map.next_value_seed(Tree { depth: 0 })?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(context)
    }
}

/// Any value, at a depth.
#[derive(Clone, Copy)]
struct Tree {
    depth: usize,
}

impl Tree {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth < DEEPEST {
            true => Ok(Self { depth: self.depth.saturating_add(1) }),
            false => Err(E::custom(TOO_DEEP)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Tree {
    type Value = Datum<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree {
    type Value = Datum<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Datum::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Datum::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Datum::Number(Number::Unsigned(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Datum::Number(u64::try_from(value).map_or(Number::Negative(value), Number::Unsigned)))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        match value.is_finite() {
            true => Ok(Datum::Number(Number::Float(value))),
            false => Err(E::custom("a number is out of range")),
        }
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Datum::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Datum::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let deeper = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(deeper)? {
            list.push(item);
        }
        Ok(Datum::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let deeper = self.deeper()?;
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(self)? {
            let Datum::Text(key) = key else { return Err(A::Error::custom("a key must be a text")) };
            entries.push((key, map.next_value_seed(deeper)?));
        }
        Ok(Datum::Object(Object::new(entries)))
    }
}
