//! What evaluating a rule gives: borrowed from the context or the rule wherever it can be.

use super::datum::{Datum, Object};
use crate::flag::Number;
use std::borrow::Cow;

/// A value while a rule is evaluated.
#[derive(Debug, Clone)]
pub(super) enum Value<'v> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'v, str>),
    List(&'v [Datum<'v>]),
    Built(Vec<Datum<'v>>),
    Object(Cow<'v, Object<'v>>),
}

impl<'v> Value<'v> {
    pub(super) fn of(datum: &'v Datum<'v>) -> Self {
        match datum {
            Datum::Null => Self::Null,
            Datum::Bool(value) => Self::Bool(*value),
            Datum::Number(number) => Self::Number(*number),
            Datum::Text(text) => Self::Text(Cow::Borrowed(text)),
            Datum::List(items) => Self::List(items),
            Datum::Object(object) => Self::Object(Cow::Borrowed(object)),
        }
    }

    /// The value as an element of a list that is being built.
    pub(super) fn into_datum(self) -> Datum<'v> {
        match self {
            Self::Null => Datum::Null,
            Self::Bool(value) => Datum::Bool(value),
            Self::Number(number) => Datum::Number(number),
            Self::Text(text) => Datum::Text(text),
            Self::List(items) => Datum::List(items.to_vec()),
            Self::Built(items) => Datum::List(items),
            Self::Object(object) => Datum::Object(object.into_owned()),
        }
    }

    /// The elements, when it is a list.
    pub(super) fn items(&self) -> Option<&[Datum<'v>]> {
        match self {
            Self::List(items) => Some(items),
            Self::Built(items) => Some(items),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Object(_) => None,
        }
    }

    /// The text, when it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::List(_) | Self::Built(_) | Self::Object(_) => None,
        }
    }

    /// Whether it is made of others.
    pub(super) const fn is_composite(&self) -> bool {
        matches!(self, Self::List(_) | Self::Built(_) | Self::Object(_))
    }

    pub(super) const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl<'v> From<Datum<'v>> for Value<'v> {
    fn from(datum: Datum<'v>) -> Self {
        match datum {
            Datum::Null => Self::Null,
            Datum::Bool(value) => Self::Bool(value),
            Datum::Number(number) => Self::Number(number),
            Datum::Text(text) => Self::Text(text),
            Datum::List(items) => Self::Built(items),
            Datum::Object(object) => Self::Object(Cow::Owned(object)),
        }
    }
}

impl Datum<'_> {
    /// A copy without anything borrowed.
    pub(super) fn to_static(&self) -> Datum<'static> {
        match self {
            Datum::Null => Datum::Null,
            Datum::Bool(value) => Datum::Bool(*value),
            Datum::Number(number) => Datum::Number(*number),
            Datum::Text(text) => Datum::Text(Cow::Owned(text.clone().into_owned())),
            Datum::List(items) => Datum::List(items.iter().map(Datum::to_static).collect()),
            Datum::Object(object) => {
                let entry = |(key, value): (&str, &Datum<'_>)| (Cow::Owned(key.to_owned()), value.to_static());
                Datum::Object(Object::new(object.iter().map(entry).collect()))
            }
        }
    }
}
