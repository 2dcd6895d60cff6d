//! What the doors ask of the controller and what they get back.

use crate::analysis::NoDataKind;
use crate::rollout::{List, Plan, Reach, State, Wait};
use crate::source::Problem;
use crate::store::PlanSource;
use crate::units::{Exposure, MetricName, RolloutName, UnixMillis};
use std::sync::Arc;
use std::time::Duration;

/// A rollout as it stands now.
#[derive(Debug, Clone)]
pub struct View {
    /// The plan in force.
    pub plan: Arc<Plan>,
    /// The plan's text and where it came from.
    pub source: Arc<PlanSource>,
    /// Where it stands.
    pub state: State,
    /// How often it changed; each change has the next number.
    pub version: u64,
    /// Why it stands there, as one sentence.
    pub reason: String,
    /// What it waits for.
    pub waits: Vec<Wait>,
    /// The share that has the candidate, as the evaluators serve it.
    pub exposure: Exposure,
    /// The same, with of whom.
    pub reach: Reach,
    /// Only a person can make it go on.
    pub needs_person: bool,
    /// The last answers of its metrics, and what was counted of posted events.
    pub readings: Vec<ReadingView>,
    /// What the last check made of each condition.
    pub findings: Arc<[FindingView]>,
    /// The largest exposure of the next wave that stays within the plan's budget, as far as that is known.
    pub largest_safe_next: Option<Exposure>,
    /// This process has made a check of the stage that it is in.
    pub looked: bool,
    /// When the next check is due.
    pub next_check: Option<UnixMillis>,
    /// The last change.
    pub updated: UnixMillis,
    /// What is wrong around it: its flag, a store that refuses, a newer plan that cannot take effect.
    pub problems: Vec<String>,
}

/// A metric's last answer, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingView {
    /// The metric.
    pub metric: MetricName,
    /// The value with its unit, or why there is none.
    pub shown: String,
    /// Of which kind the lack of data is; `None` where there is a value.
    pub no_data: Option<NoDataKind>,
    /// What was asked of a system outside, if it was.
    pub asked: Option<AskedView>,
}

/// What was asked of a system outside, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedView {
    /// The connection, or the address.
    pub connection: Arc<str>,
    /// The question with all names filled in.
    pub question: Arc<str>,
    /// When it was asked.
    pub at: UnixMillis,
    /// How long the answer took.
    pub took: Duration,
    /// What should be known of the answer beside it.
    pub remark: Option<&'static str>,
}

/// A condition at the last check, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingView {
    /// Which of the plan's lists it stands in.
    pub list: List,
    /// Nothing comes of it.
    pub observe: bool,
    /// The condition in canonical form.
    pub condition: Arc<str>,
    /// `pass`, `fail`, `warn` or `no-data`.
    pub verdict: &'static str,
    /// What was seen.
    pub seen: String,
    /// How strong the proof is, where it is a test.
    pub evidence: Option<String>,
    /// What is still needed for a proof, where it is a test.
    pub needed: Option<String>,
    /// How many samples it rests on, where that is known.
    pub samples: Option<u64>,
}

/// What a person can tell a rollout to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Begin the first wave.
    Start,
    /// Stop the clock.
    Pause,
    /// Let the clock go on.
    Resume,
    /// Go on to the next wave.
    Promote,
    /// Close the flag.
    Rollback,
    /// Begin anew after a closing.
    Retry,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Start, Self::Pause, Self::Resume, Self::Promote, Self::Rollback, Self::Retry];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Promote => "promote",
            Self::Rollback => "rollback",
            Self::Retry => "retry",
        }
    }

    /// The verb of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.as_str() == word)
    }
}

/// Why a command did nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// There is no such rollout.
    #[error("there is no rollout `{0}`")]
    Unknown(RolloutName),
    /// Not legal in the state it is in.
    #[error("{0}")]
    Refused(String),
    /// The store could not take it; for an opening nothing has changed.
    #[error("{0}")]
    Unavailable(String),
}

impl CommandError {
    /// The program ends before the answer.
    pub(super) fn stopping() -> Self {
        Self::Unavailable("the server is stopping".to_owned())
    }
}

/// What applying a plan did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Created,
    /// It was the same already.
    Unchanged,
    /// It replaced an older one.
    Updated,
}

/// A plan that was taken.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The rollout.
    pub view: View,
    /// What was done.
    pub outcome: Outcome,
    /// What changed in the plan's text, if it replaced another.
    pub difference: Option<String>,
}

/// Why a plan was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// It is not valid.
    #[error("the plan has {} problem(s)", .0.len())]
    Invalid(Vec<Problem>),
    /// It cannot replace what is there now.
    #[error("{0}")]
    Refused(String),
    /// The store could not take it; nothing has changed.
    #[error("{0}")]
    Unavailable(String),
}

/// What alerts did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertAnswer {
    /// Rollouts that closed because of them. Durable when this is answered.
    pub closed: Vec<RolloutName>,
    /// Rollouts that were closed before.
    pub already_closed: Vec<RolloutName>,
    /// Live rollouts that the alerts concern and that did not close.
    pub concerned: Vec<RolloutName>,
    /// Live rollouts that the alerts would have touched, and whose sender may not.
    pub out_of_scope: Vec<RolloutName>,
}
