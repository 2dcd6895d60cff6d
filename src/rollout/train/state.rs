//! Where a train stands.

use crate::units::{RolloutName, UnixMillis};
use std::collections::{BTreeMap, BTreeSet};

/// Where a train stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrainState {
    /// Applied, and never begun.
    Pending,
    /// On its way: the next member begins when those before it have been watched.
    Running(Run),
    /// No member begins until a person lets it go on.
    Paused {
        /// As it was.
        run: Run,
        /// Since when.
        since: UnixMillis,
    },
    /// Every member aboard is open and was watched.
    Completed {
        /// As it ended. Its members go on being closed with each other.
        run: Run,
        /// When.
        at: UnixMillis,
    },
    /// Something closed; nothing begins until a person says so.
    Stopped {
        /// As it was.
        run: Run,
        /// When.
        at: UnixMillis,
        /// Why, as a sentence without a full stop.
        because: String,
        /// Those that it was closed for; none when a person closed all of it.
        culprits: BTreeSet<RolloutName>,
    },
}

/// One journey of a train.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Which, from 1.
    pub number: u32,
    /// How far each member is. One that came to the train later has none, and is left as it is.
    pub rides: BTreeMap<RolloutName, Ride>,
}

/// How far a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ride {
    /// Its turn has not come.
    Waiting,
    /// It was told to begin, as that attempt of its rollout.
    Begun(u32),
    /// That attempt is to be closed, or is.
    Closed(u32),
    /// It is not aboard: it is closed, and stays so.
    Left,
}

impl TrainState {
    /// The journey it is on, or the last one.
    #[must_use]
    pub const fn run(&self) -> Option<&Run> {
        match self {
            Self::Pending => None,
            Self::Running(run) | Self::Paused { run, .. } | Self::Completed { run, .. } | Self::Stopped { run, .. } => {
                Some(run)
            }
        }
    }

    /// Whether it opens members by itself.
    #[must_use]
    pub const fn is_on_its_way(&self) -> bool {
        match self {
            Self::Running(_) => true,
            Self::Pending | Self::Paused { .. } | Self::Completed { .. } | Self::Stopped { .. } => false,
        }
    }
}

impl Run {
    /// How far a member is; `None` for one that came to the train later.
    #[must_use]
    pub fn ride(&self, rollout: &RolloutName) -> Option<Ride> {
        self.rides.get(rollout).copied()
    }

    /// Whether a member is opened, or was, on this journey.
    #[must_use]
    pub fn is_aboard(&self, rollout: &RolloutName) -> bool {
        matches!(self.ride(rollout), Some(Ride::Waiting | Ride::Begun(_) | Ride::Closed(_)))
    }
}
