//! How many have the candidate, and of whom, as people read it.

use super::overlay::{exposure, held_back};
use super::plan::{Plan, Wave};
use super::stage::wave_at;
use super::state::State;
use crate::units::Exposure;
use std::fmt;

/// A share: `25%`, or `100% of its audience`, which may be ten people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// How many of them.
    pub share: Exposure,
    /// Whether only an audience or a group may be among them.
    pub audience: bool,
}

impl Reach {
    /// What a wave opens to.
    pub(super) fn of_wave(plan: &Plan, wave: &Wave) -> Self {
        Self { share: held_back(plan, wave), audience: wave.audience.is_some() }
    }
}

/// Who has the candidate in a state, by the newest of the waves that have opened.
#[must_use]
pub fn reach(plan: &Plan, state: &State) -> Reach {
    let wave = match state {
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => wave_at(plan, stage.wave),
        State::Completed { .. } => plan.waves.last(),
        State::Pending { .. } | State::RolledBack { .. } => None,
    };
    Reach { share: exposure(plan, state), audience: wave.is_some_and(|wave| wave.audience.is_some()) }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.audience { " of its audience" } else { "" };
        write!(f, "{}{of}", self.share)
    }
}
