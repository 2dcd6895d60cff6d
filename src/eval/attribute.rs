//! Attributes as rules name them: `email`, `company.plan`, `$flagd.timestamp`.

use super::context::Context;
use super::datum::Datum;
use super::value::Value;
use crate::flag::Number;
use std::borrow::Cow;

/// Where a value is found. What begins with `$flagd` is the server's word, whatever the context says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Attribute {
    /// All attributes together.
    Whole,
    /// `$flagd.flagKey`.
    FlagKey,
    /// `$flagd.timestamp`, in seconds.
    Timestamp,
    /// Nothing can be there.
    Nothing,
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
            name if name.starts_with("$flagd.") => Self::Nothing,
            name if name.contains('.') => Self::Path(name.split('.').map(Box::from).collect()),
            name => Self::Named(name.into()),
        }
    }

    /// The attribute that a rule's value names.
    pub(super) fn of_value(value: &Value<'_>) -> Self {
        match value {
            Value::Null => Self::Whole,
            Value::Text(name) => Self::parse(name),
            Value::Number(number) => Self::parse(&number.text()),
            Value::Bool(_) | Value::List(_) | Value::Built(_) | Value::Object(_) => Self::Nothing,
        }
    }

    /// The value; null when there is none.
    pub(super) fn find<'v>(&self, context: &'v Context<'v>, flag_key: &'v str, unix_seconds: i64) -> Value<'v> {
        match self {
            Self::Whole => Value::Object(context.attributes()),
            Self::FlagKey => Value::Text(Cow::Borrowed(flag_key)),
            Self::Timestamp => {
                Value::Number(u64::try_from(unix_seconds).map_or(Number::Negative(unix_seconds), Number::Unsigned))
            }
            Self::Nothing => Value::Null,
            Self::Named(name) => context.attributes().get(name).map_or(Value::Null, Value::of),
            Self::Path(parts) => inside(context, parts).map_or(Value::Null, Value::of),
        }
    }
}

fn inside<'v>(context: &'v Context<'v>, parts: &[Box<str>]) -> Option<&'v Datum<'v>> {
    let (first, rest) = parts.split_first()?;
    rest.iter().try_fold(context.attributes().get(first)?, |at, part| match at {
        Datum::Object(object) => object.get(part),
        Datum::List(items) => items.get(part.parse::<usize>().ok()?),
        Datum::Null | Datum::Bool(_) | Datum::Number(_) | Datum::Text(_) => None,
    })
}
