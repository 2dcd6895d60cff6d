//! What the doors ask of trains and what they get back.

use crate::controller::view::{Outcome, View};
use crate::rollout::train::{Ride, Train, TrainState, TrainWait};
use crate::store::PlanSource;
use crate::units::{RolloutName, UnixMillis};
use std::sync::Arc;

/// A train as it stands now.
#[derive(Debug, Clone)]
pub struct TrainView {
    /// The plan in force.
    pub train: Arc<Train>,
    /// The plan's text and where it came from.
    pub source: Arc<PlanSource>,
    /// Where it stands.
    pub state: TrainState,
    /// How often it changed; each change has the next number.
    pub version: u64,
    /// Why it stands there, as one sentence.
    pub reason: String,
    /// What it waits for.
    pub waits: Vec<TrainWait>,
    /// Only a person can make it go on.
    pub needs_person: bool,
    /// Its members in their order.
    pub members: Vec<MemberView>,
    /// The last change.
    pub updated: UnixMillis,
    /// What is wrong around it.
    pub problems: Vec<String>,
}

/// A member of a train, for people.
#[derive(Debug, Clone)]
pub struct MemberView {
    /// Which.
    pub rollout: RolloutName,
    /// How far it is in this journey; `None` when it is not aboard.
    pub ride: Option<Ride>,
    /// The rollout; `None` when there is none of that name.
    pub view: Option<Box<View>>,
}

/// What a person can tell a train to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainVerb {
    /// Begin with the first.
    Start,
    /// Let nothing begin.
    Pause,
    /// Go on.
    Resume,
    /// Close all, or some and what needs them.
    Rollback,
    /// Open again what was closed and was sound.
    Reenable,
    /// Begin anew with all that is closed.
    Retry,
}

impl TrainVerb {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Start, Self::Pause, Self::Resume, Self::Rollback, Self::Reenable, Self::Retry];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Rollback => "rollback",
            Self::Reenable => "reenable",
            Self::Retry => "retry",
        }
    }

    /// The verb of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.as_str() == word)
    }
}

/// A train's plan that was taken.
#[derive(Debug, Clone)]
pub struct TrainApplied {
    /// The train.
    pub view: TrainView,
    /// What was done.
    pub outcome: Outcome,
    /// What changed in the plan's text, if it replaced another.
    pub difference: Option<String>,
}
