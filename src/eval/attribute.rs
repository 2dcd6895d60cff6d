//! Attributes as rules name them: `email`, `company.plan`, `$flagd.timestamp`.

use super::context::{Context, TARGETING_KEY};
use super::datum::Datum;
use super::value::Value;
use crate::flag::Number;
use std::borrow::Cow;
use std::fmt;

/// Where a value is found. What begins with `$flagd` is the server's word, whatever the context says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Attribute {
    /// All attributes together.
    Whole,
    /// `$flagd.flagKey`.
    FlagKey,
    /// `$flagd.timestamp`, in seconds.
    Timestamp,
    /// Nothing can be there.
    Nothing,
    /// Who asks, which most rules look at: contexts keep its place.
    TargetingKey,
    /// One of the context's own.
    Named(Box<str>),
    /// Inside one of the context's own; a number is a position in a list.
    Path(Box<[Box<str>]>),
}

impl Attribute {
    pub(super) fn parse(name: &str) -> Self {
        match name {
            "" => Self::Whole,
            "$flagd.flagKey" => Self::FlagKey,
            "$flagd.timestamp" => Self::Timestamp,
            "$flagd" => Self::Nothing,
            TARGETING_KEY => Self::TargetingKey,
            name if name.starts_with("$flagd.") => Self::Nothing,
            name if name.contains('.') => Self::Path(name.split('.').map(Box::from).collect()),
            name => Self::Named(name.into()),
        }
    }

    /// The value; null when there is none.
    pub(super) fn find<'v>(&self, context: &'v Context<'v>, flag_key: &'v str) -> Value<'v> {
        match self {
            Self::TargetingKey => context.who().map_or(Value::Null, Value::of),
            Self::Named(name) => context.get(name).map_or(Value::Null, Value::of),
            Self::Path(parts) => inside(context, parts).map_or(Value::Null, Value::of),
            Self::Whole => Value::Object(Cow::Owned(context.to_object())),
            Self::FlagKey => Value::Text(Cow::Borrowed(flag_key)),
            Self::Timestamp => context.time().map_or(Value::Null, |seconds| Value::Number(Number::from(seconds))),
            Self::Nothing => Value::Null,
        }
    }

    /// The same inside an element of a list, which is then all that is looked at.
    pub(super) fn find_in<'v>(&self, element: &'v Datum<'v>) -> Value<'v> {
        let found = match self {
            Self::Whole => Some(element),
            Self::FlagKey | Self::Timestamp | Self::Nothing => None,
            Self::TargetingKey => part(element, TARGETING_KEY),
            Self::Named(name) => part(element, name),
            Self::Path(names) => names.iter().try_fold(element, |at, name| part(at, name)),
        };
        found.map_or(Value::Null, Value::of)
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("the whole context"),
            Self::FlagKey => f.write_str("$flagd.flagKey"),
            Self::Timestamp => f.write_str("$flagd.timestamp"),
            Self::Nothing => f.write_str("$flagd"),
            Self::TargetingKey => f.write_str(TARGETING_KEY),
            Self::Named(name) => f.write_str(name),
            Self::Path(parts) => f.write_str(&parts.join(".")),
        }
    }
}

fn inside<'v>(context: &'v Context<'v>, parts: &[Box<str>]) -> Option<&'v Datum<'v>> {
    let (first, rest) = parts.split_first()?;
    rest.iter().try_fold(context.get(first)?, |at, name| part(at, name))
}

/// An entry of an object, or an element of a list by its position, written as numbers are.
fn part<'v>(whole: &'v Datum<'v>, name: &str) -> Option<&'v Datum<'v>> {
    match whole {
        Datum::Object(object) => object.get(name),
        Datum::List(items) => {
            let written = name == "0" || name.starts_with(|first: char| matches!(first, '1'..='9'));
            written.then(|| name.parse::<usize>().ok()).flatten().and_then(|position| items.get(position))
        }
        Datum::Null | Datum::Bool(_) | Datum::Number(_) | Datum::Text(_) => None,
    }
}
