//! Posted events as they are written: one JSON object, or a list of them.

use crate::controller::{Addressee, Posting};
use crate::http::ApiError;
use crate::rollout::PostedEvent;
use crate::source::suggest;
use crate::units::{FlagKey, MetricName, RolloutName};
use serde_json::{Map, Value};

/// The most events of one request.
pub(super) const MOST_EVENTS: usize = 1_000;

/// The most that one event may count.
const LARGEST_COUNT: u32 = 1_000_000;

/// The longest identity and name of an environment, in bytes.
const LONGEST_ID: usize = 128;

/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 200;

const FIELDS: [&str; 7] = ["event", "id", "count", "rollout", "flag", "environment", "message"];

/// What is wrong with an event, and what to do.
struct Fault {
    message: String,
    hint: Option<String>,
}

impl Fault {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()) }
    }
}

/// Reads posted events. One that is wrong refuses all.
pub(super) fn parse(body: &[u8]) -> Result<Vec<Posting>, ApiError> {
    let example = || Some(r#"send such as {"event": "escalation", "id": "ticket-123"}, or a list of those"#.to_owned());
    if body.trim_ascii().is_empty() {
        return Err(ApiError::Malformed { message: "the body is empty".to_owned(), hint: example() });
    }
    let document: Value =
        serde_json::from_slice(body).map_err(|error| ApiError::malformed(format!("the body is not JSON: {error}")))?;
    let items = match document {
        Value::Array(items) => items,
        Value::Object(_) => vec![document],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let message = "the body must be an event or a list of events".to_owned();
            return Err(ApiError::Malformed { message, hint: example() });
        }
    };
    if items.len() > MOST_EVENTS {
        let message = format!("{} events in one request", items.len());
        let hint = Some(format!("send at most {MOST_EVENTS}, and the rest in further requests"));
        return Err(ApiError::Malformed { message, hint });
    }
    let refused = |item: usize, fault: Fault| ApiError::Malformed {
        message: format!("nothing was recorded: item {item}, {}", fault.message),
        hint: fault.hint,
    };
    items.iter().enumerate().map(|(item, value)| read(value).map_err(|fault| refused(item, fault))).collect()
}

fn read(value: &Value) -> Result<Posting, Fault> {
    let Value::Object(fields) = value else { return Err(Fault::new("an event must be an object")) };
    if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        let shown: String = unknown.chars().take(40).collect();
        let known = || format!("an event may have `{}`", FIELDS.join("`, `"));
        return Err(Fault::with_hint(
            format!("unknown field `{shown}`"),
            suggest(unknown, FIELDS).unwrap_or_else(known),
        ));
    }
    let event = text(fields, "event")?.ok_or_else(|| Fault::new("`event` is missing: say what happened"))?;
    let name = MetricName::new(event).map_err(|_| {
        Fault::with_hint("`event` is not a name that a plan can count", "use letters, digits, `_`, `-` and `.`")
    })?;
    Ok(Posting {
        event: PostedEvent { name: name.to_string(), id: id(fields)?, count: count(fields)? },
        to: addressee(fields)?,
        environment: environment(fields)?,
        message: message(fields)?,
    })
}

fn id(fields: &Map<String, Value>) -> Result<String, Fault> {
    let hint =
        "send what tells this report from others, such as a ticket's number, and the same when you send it again";
    match text(fields, "id")? {
        None | Some("") => Err(Fault::with_hint("`id` is missing: without it an event sent again counts twice", hint)),
        Some(id) if id.len() > LONGEST_ID || id.chars().any(char::is_control) => {
            Err(Fault::new(format!("`id` must be a text of at most {LONGEST_ID} bytes without control characters")))
        }
        Some(id) => Ok(id.to_owned()),
    }
}

fn count(fields: &Map<String, Value>) -> Result<u32, Fault> {
    let Some(count) = given(fields, "count") else { return Ok(1) };
    let count = count.as_u64().and_then(|count| u32::try_from(count).ok());
    let count = count.filter(|count| (1..=LARGEST_COUNT).contains(count));
    count.ok_or_else(|| Fault::new(format!("`count` must be a whole number from 1 to {LARGEST_COUNT}")))
}

fn addressee(fields: &Map<String, Value>) -> Result<Addressee, Fault> {
    match (text(fields, "rollout")?, text(fields, "flag")?) {
        (Some(_), Some(_)) => {
            let hint = "leave one out, or both: then it goes to every rollout that counts it";
            Err(Fault::with_hint("has both `rollout` and `flag`", hint))
        }
        (Some(name), None) => {
            RolloutName::new(name).map(Addressee::Rollout).map_err(|why| Fault::new(format!("`rollout`: {why}")))
        }
        (None, Some(key)) => FlagKey::new(key).map(Addressee::Flag).map_err(|why| Fault::new(format!("`flag`: {why}"))),
        (None, None) => Ok(Addressee::All),
    }
}

fn environment(fields: &Map<String, Value>) -> Result<Option<String>, Fault> {
    match text(fields, "environment")? {
        Some(name) if name.is_empty() || name.len() > LONGEST_ID => {
            Err(Fault::new(format!("`environment` must be a name of at most {LONGEST_ID} bytes")))
        }
        name => Ok(name.map(str::to_owned)),
    }
}

fn message(fields: &Map<String, Value>) -> Result<Option<String>, Fault> {
    match text(fields, "message")? {
        Some(message) if message.chars().count() > LONGEST_MESSAGE || message.chars().any(char::is_control) => {
            let wrong = format!("`message` must be one line of at most {LONGEST_MESSAGE} characters");
            Err(Fault::new(wrong))
        }
        message => Ok(message.filter(|message| !message.is_empty()).map(str::to_owned)),
    }
}

/// A member that is `null` is one that is not there.
fn given<'f>(fields: &'f Map<String, Value>, field: &str) -> Option<&'f Value> {
    fields.get(field).filter(|value| !value.is_null())
}

fn text<'f>(fields: &'f Map<String, Value>, field: &str) -> Result<Option<&'f str>, Fault> {
    match given(fields, field) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or_else(|| Fault::new(format!("`{field}` must be a text"))),
    }
}
