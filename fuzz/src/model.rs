//! What `serde_json` makes of a context: a second opinion on what is accepted and what it says.

use crate::tree::Members;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tidegate::eval::{Context, Datum, Object};
use tidegate::flag::Number;

/// The deepest nesting of a context.
const DEEPEST: usize = 32;

/// What a body or a context should be taken for.
#[derive(Debug)]
pub enum Verdict {
    /// These attributes.
    Accepted(Map<String, Value>),
    /// An error.
    Refused,
    /// Either: something is odd where nobody looks, such as half a surrogate pair, or nested very deeply.
    Open,
}

/// One JSON object.
#[must_use]
pub fn context(bytes: &[u8]) -> Verdict {
    match serde_json::from_slice::<&RawValue>(bytes).ok().and_then(readable) {
        Some(Value::Object(attributes)) => Verdict::Accepted(attributes),
        Some(_) | None => Verdict::Refused,
    }
}

/// `{"context": {...}}`, or nothing.
#[must_use]
pub fn body(bytes: &[u8]) -> Verdict {
    if bytes.trim_ascii().is_empty() {
        return Verdict::Accepted(Map::new());
    }
    // Where nobody looks, bytes that are no text may pass or not.
    if std::str::from_utf8(bytes).is_err() {
        return Verdict::Open;
    }
    let Ok(Members(members)) = serde_json::from_slice(bytes) else { return Verdict::Refused };
    let mut context = Some(Map::new());
    for (key, raw) in members {
        let is_object = raw.get().starts_with('{');
        let value = readable(raw);
        match (key == "context", value) {
            // Of several the last counts; all that are objects must be readable.
            (true, Some(Value::Object(attributes))) => context = Some(attributes),
            (true, Some(Value::Null)) => context = Some(Map::new()),
            (true, Some(_)) => context = None,
            (true, None) if is_object => return Verdict::Refused,
            (true, None) | (false, None) => return Verdict::Open,
            (false, Some(_)) => {}
        }
    }
    context.map_or(Verdict::Refused, Verdict::Accepted)
}

fn readable(raw: &RawValue) -> Option<Value> {
    if depth(raw.get()) > DEEPEST {
        return None;
    }
    serde_json::from_str(raw.get()).ok()
}

/// How deeply lists and objects are nested in sound JSON.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Ends the process unless the context has exactly these attributes.
pub fn assert_same(context: &Context<'_>, expected: &Map<String, Value>) {
    let same_member = |(name, value): (&String, &Value)| context.get(name).is_some_and(|datum| same(datum, value));
    let same_members = context.iter().len() == expected.len() && expected.iter().all(same_member);
    assert!(same_members, "{context:?} instead of {expected:?}");
    let key = expected.get("targetingKey").and_then(Value::as_str).filter(|key| !key.is_empty());
    assert_eq!(context.targeting_key(), key);
}

fn same_object(found: &Object<'_>, expected: &Map<String, Value>) -> bool {
    let same_member = |(key, value): (&String, &Value)| found.get(key).is_some_and(|datum| same(datum, value));
    found.iter().len() == expected.len() && expected.iter().all(same_member)
}

fn same(found: &Datum<'_>, expected: &Value) -> bool {
    match (found, expected) {
        (Datum::Null, Value::Null) => true,
        (Datum::Bool(found), Value::Bool(expected)) => found == expected,
        (Datum::Number(found), Value::Number(expected)) => match found {
            Number::Unsigned(found) => expected.as_u64() == Some(*found),
            Number::Negative(found) => expected.as_i64() == Some(*found),
            // To the bit: what is bucketed by a number must not depend on who read it.
            Number::Float(found) => expected.is_f64() && expected.as_f64().map(f64::to_bits) == Some(found.to_bits()),
        },
        (Datum::Text(found), Value::String(expected)) => found == expected,
        (Datum::List(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(found, expected)| same(found, expected))
        }
        (Datum::Object(found), Value::Object(expected)) => same_object(found, expected),
        _ => false,
    }
}
