//! What happened to a train, and what it waits for, in words.

use crate::units::{RolloutName, format_duration};
use std::fmt;
use std::time::Duration;

/// Something that happened to a train: one row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrainChange {
    /// It is on its way.
    Started {
        /// Who.
        by: String,
        /// Which journey, from 1.
        run: u32,
        /// Those that are opened, in their order.
        members: Vec<RolloutName>,
    },
    /// A member's turn has come.
    Begins {
        /// Which.
        rollout: RolloutName,
        /// The one before it and how long that was watched.
        after: Option<(RolloutName, Duration)>,
    },
    /// Something closed.
    Stopped {
        /// Who, if it was a person.
        by: Option<String>,
        /// Why.
        because: String,
        /// What is closed, in the order of closing.
        closed: Vec<RolloutName>,
        /// What stays open.
        kept: Vec<RolloutName>,
    },
    /// Nothing begins for now.
    Paused {
        /// Who.
        by: String,
    },
    /// It goes on.
    Resumed {
        /// Who.
        by: String,
    },
    /// Those aboard are all open, and were watched.
    Completed {
        /// Members that are not.
        without: Vec<RolloutName>,
    },
}

impl TrainChange {
    /// A stable word for the kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Started { .. } => "train-started",
            Self::Begins { .. } => "member-begins",
            Self::Stopped { .. } => "train-stopped",
            Self::Paused { .. } => "paused",
            Self::Resumed { .. } => "resumed",
            Self::Completed { .. } => "train-completed",
        }
    }

    /// Who did it: a person, or the controller.
    #[must_use]
    pub fn actor(&self) -> &str {
        match self {
            Self::Started { by, .. }
            | Self::Paused { by }
            | Self::Resumed { by }
            | Self::Stopped { by: Some(by), .. } => by,
            Self::Begins { .. } | Self::Stopped { by: None, .. } | Self::Completed { .. } => "controller",
        }
    }
}

impl fmt::Display for TrainChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { by, run: 1, members } => write!(f, "started by {by}: {}", listed(members)),
            Self::Started { by, run, members } => write!(f, "begun anew by {by} (run {run}): {}", listed(members)),
            Self::Begins { rollout, after: None } => write!(f, "{rollout} begins"),
            Self::Begins { rollout, after: Some((before, watched)) } => {
                write!(f, "{rollout} begins after {} of watching {before}", format_duration(*watched))
            }
            Self::Stopped { because, closed, kept, .. } => {
                write!(f, "stopped: {because}; closed: {}", listed(closed))?;
                if kept.is_empty() { Ok(()) } else { write!(f, "; kept open: {}", listed(kept)) }
            }
            Self::Paused { by } => write!(f, "paused by {by}"),
            Self::Resumed { by } => write!(f, "resumed by {by}"),
            Self::Completed { without } if without.is_empty() => f.write_str("completed: all its rollouts are open"),
            Self::Completed { without } => write!(f, "completed without {}", listed(without)),
        }
    }
}

/// One thing that a train waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrainWait {
    /// Nobody started it yet.
    Start,
    /// A person must let it go on.
    Resume,
    /// A person must say what is opened again.
    Reenable,
    /// A member is in its waves.
    Waves {
        /// Which.
        rollout: RolloutName,
        /// Where it stands.
        where_: String,
    },
    /// A member was not watched for long enough.
    Watch {
        /// Which.
        rollout: RolloutName,
        /// What is missing.
        left: Duration,
    },
    /// A member's last check had something to hold for, had no data, or is too old.
    Held(RolloutName),
    /// A member cannot begin, or the train cannot go on from it: why.
    Member(String),
    /// A member was told something and has not done it yet.
    Underway(RolloutName),
}

impl TrainWait {
    /// A stable word for the kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Resume => "paused",
            Self::Reenable => "reenable",
            Self::Waves { .. } => "waves",
            Self::Watch { .. } => "watch",
            Self::Held(_) => "hold",
            Self::Member(_) => "member",
            Self::Underway(_) => "change",
        }
    }

    /// Whether only a person can end it.
    #[must_use]
    pub const fn needs_person(&self) -> bool {
        match self {
            Self::Start | Self::Resume | Self::Reenable => true,
            Self::Waves { .. } | Self::Watch { .. } | Self::Held(_) | Self::Member(_) | Self::Underway(_) => false,
        }
    }
}

impl fmt::Display for TrainWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("waits to be started"),
            Self::Resume => f.write_str("paused"),
            Self::Reenable => f.write_str("stopped; `reenable` opens again what was stable, `retry` begins anew"),
            Self::Waves { rollout, where_ } => write!(f, "{rollout} is {where_}"),
            Self::Watch { rollout, left } => write!(f, "watch of {rollout}: {} left", format_duration(*left)),
            Self::Held(rollout) => {
                write!(f, "waits for a fresh check of {rollout} with its data and nothing to hold for")
            }
            Self::Member(why) => f.write_str(why),
            Self::Underway(rollout) => write!(f, "waits for {rollout}"),
        }
    }
}

/// All waits as one sentence.
#[must_use]
pub fn train_sentence(waits: &[TrainWait]) -> String {
    waits.iter().map(TrainWait::to_string).collect::<Vec<_>>().join("; ")
}

/// Names as a list: `a, b, c`; `nothing` when there are none.
pub(super) fn listed(rollouts: &[RolloutName]) -> String {
    match rollouts {
        [] => "nothing".to_owned(),
        rollouts => rollouts.iter().map(RolloutName::as_str).collect::<Vec<_>>().join(", "),
    }
}
