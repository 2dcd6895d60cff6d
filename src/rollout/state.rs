//! Where a rollout stands. What is valid only in some states lives inside those variants.

use super::cause::Cause;
use super::heard::Heard;
use super::memory::Memory;
use crate::units::UnixMillis;
use std::collections::BTreeMap;
use std::time::Duration;

/// Where a rollout stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Applied and waiting for its start: nothing is laid over the flag.
    Pending {
        /// How many attempts there were before.
        attempts: u32,
    },
    /// In a wave.
    Running(Stage),
    /// In a wave whose clock stands still. Guardrails go on being checked: a pause never delays a closing.
    Paused {
        /// The wave, as it was.
        stage: Stage,
        /// Since when.
        since: UnixMillis,
    },
    /// All waves done; watched at the last wave's exposure.
    Watching(Stage),
    /// Done: the last wave's exposure stays.
    Completed {
        /// Which attempt it was, from 1.
        attempt: u32,
        /// When.
        at: UnixMillis,
        /// The exposure's number in the attempt.
        step: u32,
    },
    /// Closed: the candidate is served to nobody.
    RolledBack {
        /// Which attempt it was, from 1.
        attempt: u32,
        /// When.
        at: UnixMillis,
        /// The index of the wave it was in.
        wave: usize,
        /// Why.
        cause: Cause,
    },
}

impl State {
    /// The attempt it is in, or the last one made; 0 before the first.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        match self {
            Self::Pending { attempts } => *attempts,
            Self::Running(stage) | Self::Paused { stage, .. } | Self::Watching(stage) => stage.attempt,
            Self::Completed { attempt, .. } | Self::RolledBack { attempt, .. } => *attempt,
        }
    }
}

/// A wave, or the watch after the last one, under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Which attempt, from 1: a retry is a new one.
    pub attempt: u32,
    /// The index of the wave; of the last one while watching.
    pub wave: usize,
    /// The exposure's number in the attempt, from 0: each change of the exposure has the next.
    pub step: u32,
    /// It came back from the wave after it: only a person lets it go there again.
    pub returned: bool,
    /// When it was entered.
    pub entered: UnixMillis,
    /// Time under observation: between checks that had their data and nothing to hold for.
    pub baked: Duration,
    /// The last check.
    pub checked: Option<Check>,
    /// Since when each comparison with a `for` has been true without a break. The keys are their
    /// canonical texts, so that they survive a restart.
    pub true_since: BTreeMap<String, UnixMillis>,
    /// Alerts that fire now and concern this rollout, by fingerprint. Bounded.
    pub firing: BTreeMap<String, Heard>,
    /// What was seen in this attempt.
    pub memory: Memory,
}

/// What the last check left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// When.
    pub at: UnixMillis,
    /// Whether the time up to the next check may count as baking.
    pub standing: Standing,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Data for everything, nothing to hold for.
    Clear,
    /// A `hold_when` was true.
    Held,
    /// Something had no data.
    Blind,
}
