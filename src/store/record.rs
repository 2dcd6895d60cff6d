//! A rollout as it is kept.

use crate::rollout::{Attachments, State};
use crate::source::Format;
use crate::units::{RolloutName, UnixMillis};

/// A plan as its author wrote it: the text is what is kept, so that what is shown is what was reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanSource {
    /// One document.
    pub text: String,
    /// How it is written.
    pub format: Format,
    /// Where it came from.
    pub origin: Origin,
    /// The files that it names.
    pub attachments: Attachments,
    /// Which plan of its name it is, from 1: each that replaces another has the next number.
    pub revision: u32,
}

impl PlanSource {
    /// Whether the other says the same, however it is written there.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.text == other.text && self.attachments == other.attachments
    }
}

/// Where a plan came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A watched file, by its path.
    File(String),
    /// The API.
    Api,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.write_str(path),
            Self::Api => f.write_str("the API"),
        }
    }
}

/// One rollout, or one train, with its state.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<S = State> {
    /// Its name.
    pub name: RolloutName,
    /// Its plan.
    pub plan: PlanSource,
    /// How many changes were committed to it, from 1.
    pub version: u64,
    /// Where it stands.
    pub state: S,
    /// When it was last committed to.
    pub updated: UnixMillis,
}
