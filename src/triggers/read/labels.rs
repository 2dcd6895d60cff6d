//! Labels within bounds, and names of others made fit to be shown.

use super::fields::Fields;
use crate::triggers::told::Malformed;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most labels of one alert.
pub const MOST_LABELS: usize = 256;

/// Where a label's value is cut, in bytes: no condition compares with anything as long.
pub const LONGEST_VALUE: usize = 4_096;

/// The most that all labels of one alert may be together, in bytes: alerts are remembered while they fire.
pub const MOST_BYTES: usize = 65_536;

/// As much of a name from outside as is shown, in characters.
const LONGEST_SHOWN: usize = 64;

/// Labels as they are gathered, cut and bounded.
#[derive(Debug, Default)]
pub(super) struct Labels {
    map: BTreeMap<String, String>,
    bytes: usize,
}

impl Labels {
    /// Those of a JSON object of texts.
    pub(super) fn read(fields: &Fields<'_>, field: &str) -> Result<Self, Malformed> {
        let path = fields.path(field);
        let Some(map) = fields.needed(field)?.as_object() else {
            return Err(Malformed::new(format!("`{path}` must be an object")));
        };
        if map.len() > MOST_LABELS {
            return Err(Malformed::new(format!("`{path}` has more than {MOST_LABELS} labels")));
        }
        let mut labels = Self::default();
        for (name, value) in map {
            match value {
                Value::String(text) => labels.set(name, text),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    return Err(Malformed::new(format!("`{path}.{}` must be a text", shown(name))));
                }
            }
        }
        labels.within(&path)
    }

    /// Sets a label; one without a value is one that is not there.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let value = value.get(..value.floor_char_boundary(LONGEST_VALUE)).unwrap_or(value);
        if value.is_empty() || name.is_empty() {
            return;
        }
        self.bytes = self.bytes.saturating_add(name.len()).saturating_add(value.len());
        self.map.insert(name.to_owned(), plain(value));
    }

    /// The same where nothing is said yet.
    pub(super) fn set_if_absent(&mut self, name: &str, value: &str) {
        if !self.map.contains_key(name) {
            self.set(name, value);
        }
    }

    /// A label.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.map.get(name).map(String::as_str)
    }

    /// Checks the bounds of all of them together.
    pub(super) fn within(self, path: &str) -> Result<Self, Malformed> {
        match self.bytes > MOST_BYTES || self.map.len() > MOST_LABELS {
            true => Err(Malformed::new(format!("`{path}` is more than {MOST_LABELS} labels or {MOST_BYTES} bytes"))),
            false => Ok(self),
        }
    }

    pub(super) fn into_map(self) -> BTreeMap<String, String> {
        self.map
    }
}

/// Characters that would break a line of a log, or turn the direction of what is read there, become a mark.
fn plain(text: &str) -> String {
    text.chars().map(|c| if is_unfit(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn is_unfit(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A name from outside, for an answer or a record: short and on one line.
#[must_use]
pub fn shown(name: &str) -> String {
    let mut shown: String = plain(name).chars().take(LONGEST_SHOWN).collect();
    if name.chars().nth(LONGEST_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
