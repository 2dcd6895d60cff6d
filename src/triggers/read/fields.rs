//! JSON objects, field by field. What is wrong is named with its path, such as `event.data.id`.

use super::labels::shown;
use crate::source::suggest;
use crate::triggers::told::Malformed;
use crate::units::UnixMillis;
use chrono::DateTime;
use serde_json::{Map, Value};

/// An object with its path from the body's root; the root's own is empty.
#[derive(Debug, Clone)]
pub(super) struct Fields<'v> {
    map: &'v Map<String, Value>,
    path: String,
}

/// A whole body as JSON.
pub(super) fn document(body: &[u8]) -> Result<Value, Malformed> {
    if body.trim_ascii().is_empty() {
        return Err(Malformed::new("the body is empty"));
    }
    serde_json::from_slice(body).map_err(|error| Malformed::new(format!("the body is not JSON: {error}")))
}

impl<'v> Fields<'v> {
    /// The object at a path.
    pub(super) fn of(value: &'v Value, path: impl Into<String>) -> Result<Self, Malformed> {
        let path = path.into();
        match (value, path.is_empty()) {
            (Value::Object(map), _) => Ok(Self { map, path }),
            (_, true) => Err(Malformed::new("the body must be a JSON object")),
            (_, false) => Err(Malformed::new(format!("`{path}` must be an object"))),
        }
    }

    /// The path of a field.
    pub(super) fn path(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    /// A field; one that is `null` is not there.
    pub(super) fn get(&self, field: &str) -> Option<&'v Value> {
        self.map.get(field).filter(|value| !value.is_null())
    }

    /// A field that must be there.
    pub(super) fn needed(&self, field: &str) -> Result<&'v Value, Malformed> {
        self.get(field).ok_or_else(|| Malformed::new(format!("`{}` is missing", self.path(field))))
    }

    /// An object that must be there.
    pub(super) fn object(&self, field: &str) -> Result<Self, Malformed> {
        Self::of(self.needed(field)?, self.path(field))
    }

    /// A text, if it is there.
    pub(super) fn text(&self, field: &str) -> Result<Option<&'v str>, Malformed> {
        let Some(value) = self.get(field) else { return Ok(None) };
        let wrong = || Malformed::new(format!("`{}` must be a text", self.path(field)));
        value.as_str().map(Some).ok_or_else(wrong)
    }

    /// A text that must be there and not be empty, of at most so many bytes.
    pub(super) fn identity(&self, field: &str, longest: usize) -> Result<&'v str, Malformed> {
        self.needed(field)?;
        let text = self.text(field)?.unwrap_or_default();
        if text.is_empty() || text.len() > longest || text.chars().any(char::is_control) {
            let path = self.path(field);
            let wrong = format!("`{path}` must be a text of 1 to {longest} bytes without control characters");
            return Err(Malformed::new(wrong));
        }
        Ok(text)
    }

    /// A list that must be there.
    pub(super) fn list(&self, field: &str) -> Result<&'v [Value], Malformed> {
        let wrong = || Malformed::new(format!("`{}` must be a list", self.path(field)));
        self.needed(field)?.as_array().map(Vec::as_slice).ok_or_else(wrong)
    }

    /// A moment in RFC 3339, if it is there.
    pub(super) fn moment(&self, field: &str) -> Result<Option<UnixMillis>, Malformed> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let wrong = || {
            let wrong = format!("`{}` must be a moment such as 2026-03-02T09:00:00Z", self.path(field));
            Malformed::new(wrong)
        };
        moment(text).map(Some).ok_or_else(wrong)
    }

    /// The same where a moment only helps: what is none is not there.
    pub(super) fn moment_if_any(&self, field: &str) -> Option<UnixMillis> {
        // Alertmanager writes the year 1 for a moment that it does not have.
        self.get(field)?.as_str().and_then(moment).filter(|at| at.get() > 0)
    }

    /// Refuses fields that nobody reads, where a slip of the pen would be missed by nobody.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Malformed> {
        let Some(unknown) = self.map.keys().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
        let hint = suggest(unknown, known.iter().copied());
        let hint = hint.unwrap_or_else(|| format!("there may be `{}`", known.join("`, `")));
        Err(Malformed::new(format!("unknown field `{}`", self.path(&shown(unknown)))).hint(hint))
    }
}

fn moment(text: &str) -> Option<UnixMillis> {
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some(UnixMillis::new(at.timestamp_millis()))
}
