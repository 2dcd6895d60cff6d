//! What a decision says: the next state, what becomes of the exposure, what goes into the record.

use super::cause::Cause;
use super::plan::List;
use super::share::Reach;
use super::state::State;
use super::wait::{Wait, sentence};
use crate::analysis::{Judgement, Truth};
use crate::flag::Overlay;
use crate::units::{Exposure, WaveName, format_duration};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The outcome of [`decide`](super::decide).
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Where the rollout stands from now on.
    pub next: State,
    /// What becomes of the exposure.
    pub effect: Effect,
    /// What happened, if it is worth a row in the ledger.
    pub change: Option<Change>,
    /// What it waits for now; empty only when it is completed.
    pub waits: Vec<Wait>,
    /// Each condition that was looked at.
    pub findings: Vec<Finding>,
    /// A check should be made at once, for something spoke of metrics that nobody asked for yet.
    pub check_now: bool,
}

impl Decision {
    /// Says a closing's cause anew: it was decided before, and is being repeated from a record.
    pub fn replace_cause(&mut self, with: &Cause) {
        if let State::RolledBack { cause, .. } = &mut self.next {
            cause.clone_from(with);
        }
        if let Some(Change::Closed { cause, .. }) = &mut self.change {
            cause.clone_from(with);
        }
    }
}

/// What a decision does to the exposure. Opening and closing are different things to do: an
/// [`Opening`] is made durable before it is published, a [`Closing`] is published before anything else.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Nothing.
    Keep,
    /// More users get the candidate.
    Open(Opening),
    /// Fewer users get it.
    Narrow(Narrowing),
    /// Nobody gets it any more.
    Close(Closing),
}

/// An exposure to publish once the state is durable.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening(pub(super) Overlay);

/// A smaller exposure to publish at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Narrowing(pub(super) Overlay);

/// A closing to publish at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Closing(pub(super) Overlay);

impl Opening {
    /// What is laid over the flag.
    #[must_use]
    pub fn into_overlay(self) -> Overlay {
        self.0
    }
}

impl Narrowing {
    /// What is laid over the flag.
    #[must_use]
    pub const fn overlay(&self) -> &Overlay {
        &self.0
    }
}

impl Closing {
    /// What is laid over the flag.
    #[must_use]
    pub const fn overlay(&self) -> &Overlay {
        &self.0
    }
}

/// A condition and what a check made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Which of the lists it stands in.
    pub list: List,
    /// Nothing comes of it.
    pub observe: bool,
    /// The condition in canonical form.
    pub condition: Arc<str>,
    /// Its value and what that rests on.
    pub judgement: Judgement,
}

impl Finding {
    /// What it comes to: `pass`, `fail`, `warn` or `no-data`. What closes or holds fails by being true, what advances
    /// by being false.
    #[must_use]
    pub const fn verdict(&self) -> &'static str {
        match (self.list, self.judgement.truth) {
            (_, Truth::Unknown) => "no-data",
            (List::Close | List::StepBack, Truth::True) | (List::Advance, Truth::False) => "fail",
            (List::Hold | List::Notify, Truth::True) | (List::Early, Truth::False) => "warn",
            (List::Close | List::StepBack | List::Hold | List::Notify, Truth::False)
            | (List::Advance | List::Early, Truth::True) => "pass",
        }
    }
}

/// Something that happened to a rollout: one row of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Closed.
    Closed {
        /// Why.
        cause: Cause,
        /// The wave it was in.
        wave: WaveName,
        /// The share that had the candidate.
        exposure: Reach,
    },
    /// The first wave of an attempt opened.
    Started {
        /// Which attempt, from 1.
        attempt: u32,
        /// The wave.
        wave: WaveName,
        /// Its share.
        exposure: Reach,
        /// Who.
        by: String,
    },
    /// A further wave opened.
    WaveOpened {
        /// The one before.
        from: WaveName,
        /// The wave.
        wave: WaveName,
        /// Its share.
        exposure: Reach,
        /// How long the one before was under observation.
        baked: Duration,
        /// Who promoted it, if the plan's own conditions did not.
        by: Option<String>,
    },
    /// It went back to the wave before.
    SteppedBack {
        /// The wave that did not go well.
        from: WaveName,
        /// The wave it is in again.
        wave: WaveName,
        /// Its share.
        exposure: Reach,
        /// What was seen.
        seen: String,
    },
    /// Something was seen that somebody wants to know of.
    Noticed(Vec<String>),
    /// The last wave is done and watched.
    WatchBegan {
        /// How long the last wave was under observation.
        baked: Duration,
        /// For how long.
        watch: Duration,
        /// Who promoted it, if the plan's own conditions did not.
        by: Option<String>,
    },
    /// Done.
    Completed {
        /// The share that was held back until now and has the candidate too from now on.
        held_back: Exposure,
        /// Who promoted it, if the plan's own conditions did not.
        by: Option<String>,
    },
    /// Something holds it.
    Held(Vec<Wait>),
    /// Nothing holds it any more.
    Released,
    /// Paused.
    Paused {
        /// Who.
        by: String,
    },
    /// Goes on.
    Resumed {
        /// Who.
        by: String,
    },
}

impl Change {
    /// A stable word for the kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Closed { .. } => "closed",
            Self::Started { .. } => "started",
            Self::WaveOpened { .. } => "wave-opened",
            Self::SteppedBack { .. } => "stepped-back",
            Self::Noticed(_) => "noticed",
            Self::WatchBegan { .. } => "watch-began",
            Self::Completed { .. } => "completed",
            Self::Held(_) => "held",
            Self::Released => "released",
            Self::Paused { .. } => "paused",
            Self::Resumed { .. } => "resumed",
        }
    }

    /// Who did it: a person, an alerting system, or the controller.
    #[must_use]
    pub fn actor(&self) -> Arc<str> {
        match self {
            Self::Closed { cause: Cause::Person { by, .. }, .. }
            | Self::Started { by, .. }
            | Self::Paused { by }
            | Self::Resumed { by }
            | Self::WaveOpened { by: Some(by), .. }
            | Self::WatchBegan { by: Some(by), .. }
            | Self::Completed { by: Some(by), .. } => Arc::from(by.as_str()),
            Self::Closed { cause: Cause::Train { train, .. }, .. } => Arc::from(format!("train {train}")),
            Self::Closed { cause: Cause::Alert { .. }, .. } => Arc::from("alert"),
            Self::Closed { cause: Cause::Metric { .. } | Cause::NoData { .. }, .. }
            | Self::WaveOpened { .. }
            | Self::WatchBegan { .. }
            | Self::Completed { .. }
            | Self::SteppedBack { .. }
            | Self::Noticed(_)
            | Self::Held(_)
            | Self::Released => Arc::from("controller"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let promoted = |by: &Option<String>| by.as_ref().map(|by| format!(", promoted by {by}")).unwrap_or_default();
        match self {
            Self::Closed { cause, wave, exposure } => write!(f, "closed in wave {wave} at {exposure}: {cause}"),
            Self::Started { attempt: 1, wave, exposure, by } => {
                write!(f, "started by {by}: wave {wave} opens at {exposure}")
            }
            Self::Started { attempt, wave, exposure, by } => {
                write!(f, "retried by {by} (attempt {attempt}): wave {wave} opens at {exposure}")
            }
            Self::WaveOpened { from, wave, exposure, baked, by } => {
                let baked = format_duration(*baked);
                write!(f, "wave {wave} opens at {exposure} after {baked} of {from}{}", promoted(by))
            }
            Self::SteppedBack { from, wave, exposure, seen } => {
                write!(f, "back from wave {from} to {wave} at {exposure}: {seen}")
            }
            Self::Noticed(seen) => write!(f, "noticed: {}", seen.join("; ")),
            Self::WatchBegan { baked, watch, by } => {
                let (baked, watch) = (format_duration(*baked), format_duration(*watch));
                write!(f, "last wave done after {baked}; watched for {watch}{}", promoted(by))
            }
            Self::Completed { by, held_back: Exposure::NONE } => {
                write!(f, "completed{}: the flag can be cleaned up", promoted(by))
            }
            Self::Completed { by, held_back } => {
                let promoted = promoted(by);
                write!(f, "completed{promoted}: the {held_back} held back have it too, and the flag can be cleaned up")
            }
            Self::Held(waits) => f.write_str(&sentence(waits)),
            Self::Released => f.write_str("nothing holds it any more; it goes on"),
            Self::Paused { by } => write!(f, "paused by {by}"),
            Self::Resumed { by } => write!(f, "resumed by {by}"),
        }
    }
}

/// Why an event is not legal in a state. The sentence says what to do instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub(super) String);
