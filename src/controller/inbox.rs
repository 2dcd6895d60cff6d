//! What reaches a rollout's lane from outside. Triggers have a door of their own, which is always
//! looked at first.

use super::train::Permit;
use super::view::{Applied, ApplyError, CommandError, Verb, View};
use crate::analysis::Alert;
use crate::rollout::{Plan, PostedEvent};
use crate::store::PlanSource;
use crate::units::RolloutName;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// What an alerting system or a person in a hurry has to say: it may close the flag.
#[derive(Debug)]
pub(super) struct Trigger {
    /// What it is.
    pub kind: TriggerKind,
    /// When the door took it: the rollback latency counts from here.
    pub accepted: Instant,
    /// Told once the outcome is durable.
    pub reply: oneshot::Sender<Result<Triggered, CommandError>>,
}

/// The kinds of triggers.
#[derive(Debug, Clone)]
pub(super) enum TriggerKind {
    /// An alert fires.
    Firing(Alert),
    /// An alert stopped firing. It closes nothing, but comes by this door: it must not overtake the
    /// firing before it, nor be overtaken by the one after it.
    Resolved { fingerprint: String },
    /// A person wants it closed.
    Rollback { by: String, reason: Option<String> },
    /// Its train closes it.
    Recalled { train: RolloutName, attempt: u32, because: String, alone: bool },
    /// Something happened that the rollout may count, with what its sender says of it.
    Posted { event: PostedEvent, message: Option<String> },
}

/// What a trigger did.
#[derive(Debug, Clone)]
pub(super) enum Triggered {
    /// It closed the flag.
    Closed(Box<View>),
    /// The flag was closed before.
    AlreadyClosed(Box<View>),
    /// It concerns the rollout, but does not close it.
    Noted,
    /// An event that the rollout has counted before.
    Repeated,
    /// It is not the rollout's business.
    NotConcerned,
}

/// Everything else.
#[derive(Debug)]
pub(super) enum Command {
    /// A person's command, other than closing.
    Verb { verb: Verb, by: String, reason: Option<String>, reply: oneshot::Sender<Result<View, CommandError>> },
    /// To begin, as that attempt, for its train.
    Begin { attempt: u32, by: String, permit: Permit, reply: oneshot::Sender<Result<View, CommandError>> },
    /// A new plan for it.
    Plan { plan: Arc<Plan>, source: PlanSource, by: String, reply: oneshot::Sender<Result<Applied, ApplyError>> },
}
