//! What a train sees of its members.

use crate::rollout::cause::Cause;
use crate::rollout::decide::describe;
use crate::rollout::plan::Plan;
use crate::rollout::stage::Rules;
use crate::rollout::state::{self, State};
use crate::units::{RolloutName, UnixMillis};
use std::collections::BTreeMap;
use std::time::Duration;

/// A train's members as they stand, by name. One of which nothing is known is not in it.
pub type Standings = BTreeMap<RolloutName, Standing>;

/// A member as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The attempt it is in, or the last one made; 0 before the first.
    pub attempt: u32,
    /// How far it is.
    pub phase: Phase,
    /// Why its train cannot begin it, if anything is wrong with its plan.
    pub problem: Option<String>,
}

/// How far a member's rollout is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Not begun: nobody has the candidate.
    Waiting,
    /// Somebody has the candidate, and somebody watches.
    Open {
        /// All its waves are open.
        all: bool,
        /// How long it has been under observation since then.
        watched: Duration,
        /// The last check had its data, saw nothing to hold for, and is fresh.
        clear: bool,
        /// Its clock stands still.
        paused: bool,
        /// Where it stands, in a few words.
        where_: String,
    },
    /// Done, and watched to the end of its own watch.
    Completed,
    /// Done, and another rollout has its flag now: what that opened or closed is not this one's.
    TakenOver,
    /// Nobody has the candidate any more.
    Closed {
        /// Why.
        because: String,
        /// Its train closed it.
        recalled: bool,
        /// Its train is to close only what needs it.
        alone: bool,
    },
}

impl Phase {
    /// Whether somebody has the candidate by it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        match self {
            Self::Open { .. } | Self::Completed => true,
            Self::Waiting | Self::TakenOver | Self::Closed { .. } => false,
        }
    }
}

/// A rollout as its train sees it. A check that is older than the time in which another was due is no evidence.
#[must_use]
pub fn standing(train: &RolloutName, plan: &Plan, state: &State, now: UnixMillis) -> Standing {
    let phase = match state {
        State::Pending { .. } => Phase::Waiting,
        State::Running(_) | State::Paused { .. } => Phase::Open {
            all: false,
            watched: Duration::ZERO,
            clear: false,
            paused: matches!(state, State::Paused { .. }),
            where_: describe(plan, state),
        },
        State::Watching(stage) => {
            let rules = Rules::of_watch(plan);
            let clear = stage
                .checked
                .as_ref()
                .is_some_and(|check| check.standing == state::Standing::Clear && rules.is_watched(now.since(check.at)));
            Phase::Open { all: true, watched: stage.baked, clear, paused: false, where_: describe(plan, state) }
        }
        State::Completed { .. } => Phase::Completed,
        State::RolledBack { cause: Cause::Train { train: by, because, alone }, .. } if by == train => {
            Phase::Closed { because: because.clone(), recalled: true, alone: *alone }
        }
        State::RolledBack { cause, .. } => Phase::Closed { because: cause.to_string(), recalled: false, alone: false },
    };
    Standing { attempt: state.attempt(), phase, problem: None }
}
