//! Settings as written, before anybody has looked whether they make sense.

use super::fault::Origin;
use super::key::Key;
use crate::measure::ConnectionSettings;
use crate::triggers::Source;
use std::collections::BTreeMap;

/// What one place says of one key.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    /// One text, or several for a list.
    pub values: Vec<String>,
    /// Where.
    pub origin: Origin,
}

impl Written {
    /// Whether it switches something off, and so leaves its rival alone.
    fn says_no(&self) -> bool {
        matches!(self.values.first().map(String::as_str), Some("false" | "0" | "no"))
    }
}

/// What one place says, or several places laid over each other.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Raw {
    written: BTreeMap<Key, Written>,
    /// The section `triggers`, which only a settings file can have.
    pub(super) triggers: Vec<Source>,
    /// What is worth a word and no fault.
    pub(super) remarks: Vec<String>,
    /// The section `connections`, which only a settings file can have.
    pub(super) connections: Vec<ConnectionSettings>,
}

impl Raw {
    /// Notes what was written for a key. The last one counts.
    pub fn set(&mut self, key: Key, values: Vec<String>, origin: Origin) {
        self.written.insert(key, Written { values, origin });
    }

    /// Notes an option of the command line, when it was given.
    pub fn set_flag(&mut self, key: Key, value: Option<String>) {
        if let (Some(value), Some(flag)) = (value, key.flag()) {
            self.set(key, vec![value], Origin::Flag(flag));
        }
    }

    /// What was written for a key.
    #[must_use]
    pub fn get(&self, key: Key) -> Option<&Written> {
        self.written.get(&key)
    }

    /// The one text written for a key.
    #[must_use]
    pub fn text(&self, key: Key) -> Option<(&str, &Origin)> {
        let written = self.get(key)?;
        written.values.first().map(|value| (value.as_str(), &written.origin))
    }

    /// Lays this place over a weaker one.
    #[must_use]
    pub fn over(mut self, weaker: Self) -> Self {
        for (key, written) in weaker.written {
            let overruled = key.rival().is_some_and(|rival| {
                self.written
                    .get(&rival)
                    .is_some_and(|stronger| !same_place(&stronger.origin, &written.origin) && !stronger.says_no())
            });
            if !overruled {
                self.written.entry(key).or_insert(written);
            }
        }
        self.remarks.extend(weaker.remarks);
        if self.triggers.is_empty() {
            self.triggers = weaker.triggers;
        }
        if self.connections.is_empty() {
            self.connections = weaker.connections;
        }
        self
    }
}

/// Whether two settings come from the same layer, where contradicting each other is a mistake.
const fn same_place(a: &Origin, b: &Origin) -> bool {
    matches!(
        (a, b),
        (Origin::Flag(_), Origin::Flag(_))
            | (Origin::Variable(_), Origin::Variable(_))
            | (Origin::File { .. }, Origin::File { .. })
            | (Origin::Default, Origin::Default)
    )
}

/// Keys and where they stand, without the values: some of them are secrets.
impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.written.iter().map(|(key, written)| (key, &written.origin))).finish()
    }
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Written").field("origin", &self.origin).finish_non_exhaustive()
    }
}
