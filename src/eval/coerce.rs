//! JSONLogic's coercions of simple values: truthiness, equality, order.

use super::datum::Datum;
use super::numeral;
use super::value::Value;
use crate::flag::Number;
use std::cmp::Ordering;

/// Whether a value counts as true: not null, false, 0, `""`, nor an empty list.
pub(super) fn truthy(value: &Value<'_>) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != 0.0,
        Value::Text(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Built(items) => !items.is_empty(),
        Value::Object(_) => true,
    }
}

/// `==` of two values of which none is a list or an object: null equals only null, two texts are
/// compared as they are, and everything else as numbers.
pub(super) fn loosely_equal(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Null, b) => b.is_null(),
        (a, Value::Null) => a.is_null(),
        (Value::Text(a), Value::Text(b)) => a == b,
        (a, b) => match (number(a), number(b)) {
            (Some(a), Some(b)) => a == b,
            (None, _) | (_, None) => false,
        },
    }
}

/// `===`: as `==`, but values of two types are never equal, nor are two lists or two objects.
pub(super) fn strictly_equal(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => a == b,
        _ => false,
    }
}

/// As [`strictly_equal`], for an element of a list.
pub(super) fn is_element(item: &Datum<'_>, value: &Value<'_>) -> bool {
    match (item, value) {
        (Datum::Null, Value::Null) => true,
        (Datum::Bool(a), Value::Bool(b)) => a == b,
        (Datum::Number(a), Value::Number(b)) => a == b,
        (Datum::Text(a), Value::Text(b)) => a == b,
        _ => false,
    }
}

/// `<` and its kin, of two values of which none is a list or an object: two texts by their characters,
/// everything else as numbers; `None` when one is no number, and then no order holds.
pub(super) fn order(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (a, b) => number(a)?.partial_cmp(&number(b)?),
    }
}

/// A simple value as a number: null is 0, true is 1, a text is what it spells. May be infinite.
pub(super) fn number(value: &Value<'_>) -> Option<Number> {
    match value {
        Value::Null => Some(Number::Unsigned(0)),
        Value::Bool(value) => Some(Number::Unsigned(u64::from(*value))),
        Value::Number(number) => Some(*number),
        Value::Text(text) => numeral::whole(text),
        Value::List(_) | Value::Built(_) | Value::Object(_) => None,
    }
}
