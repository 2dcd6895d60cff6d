//! Which waves a condition may speak of: those that are over when it is judged.

use crate::analysis::condition_error::ConditionError;
use crate::analysis::syntax::Name;
use crate::source::suggest;
use crate::units::WaveName;
use std::ops::Range;

/// The waves of a plan, as a condition sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waves<'a> {
    /// Their names in order; empty for one whose name is wrong.
    pub names: Vec<&'a str>,
    /// Where the condition stands.
    pub place: Place,
}

/// Where a condition stands among the waves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the wave of this index: it may speak of those before.
    Wave(usize),
    /// In every wave: it may speak of all that have one after them, and counts only there.
    Always {
        /// A watch follows the last wave, so that it too has something after it.
        watched: bool,
    },
    /// In the watch after all of them.
    Watch,
}

impl Waves<'_> {
    /// The wave that `wave(...)` means, by name or by number, if it can be spoken of here.
    pub(super) fn named(&self, written: &Name<'_>) -> Result<WaveName, ConditionError> {
        let error = |message: String| ConditionError::new(written.at.start, written.at.end, message);
        let Some(index) = self.index_of(written.text) else {
            let error = error(format!("there is no wave `{}`", written.text));
            return Err(error.hint(self.instead(Some(written.text))));
        };
        let name = self.names.get(index).copied().unwrap_or_default();
        let message = match self.place {
            Place::Wave(here) if index == here => format!("`{name}` is this wave itself"),
            Place::Wave(here) if index > here => format!("wave `{name}` comes only after this one"),
            Place::Always { watched: false } if index.saturating_add(1) >= self.names.len() => {
                format!("nothing comes after wave `{name}`, so this would never be looked at")
            }
            Place::Wave(_) | Place::Always { .. } | Place::Watch => {
                return WaveName::new(name).map_err(|why| error(why.to_string()));
            }
        };
        Err(error(message).hint(self.instead(None)))
    }

    /// That there is a wave before, somewhere.
    pub(super) fn previous(&self, at: &Range<usize>) -> Result<(), ConditionError> {
        let message = match self.place {
            Place::Wave(0) => "the first wave has no wave before it",
            Place::Always { watched: false } if self.names.len() < 2 => "there is no wave before another",
            Place::Wave(_) | Place::Always { .. } | Place::Watch => return Ok(()),
        };
        Err(ConditionError::new(at.start, at.end, message).hint(self.instead(None)))
    }

    /// By name; `1` is the first wave when none is named so.
    fn index_of(&self, text: &str) -> Option<usize> {
        let by_name = self.names.iter().position(|name| *name == text);
        by_name.or_else(|| {
            let number: usize = text.parse().ok()?;
            number.checked_sub(1).filter(|index| *index < self.names.len())
        })
    }

    /// What can be written instead, thinking of a misspelt name.
    fn instead(&self, misspelt: Option<&str>) -> String {
        let most = match self.place {
            Place::Wave(here) => here,
            Place::Always { watched: false } => self.names.len().saturating_sub(1),
            Place::Always { watched: true } | Place::Watch => self.names.len(),
        };
        let over: Vec<&str> = self.names.iter().copied().take(most).filter(|name| !name.is_empty()).collect();
        if let Some(hint) = misspelt.and_then(|text| suggest(text, over.iter().copied())) {
            return hint;
        }
        match over.as_slice() {
            [] => "compare with `baseline` or `control`, or write it in a later wave".to_owned(),
            over => format!("the waves to compare with are: {}", over.join(", ")),
        }
    }
}
