//! Trains as they go over the wire.

use super::{Change, Origin, State, Wait, Wave};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A train: its rollouts in their order, where it stands, and why it stands there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Train {
    /// Its name.
    pub name: String,
    /// Its environment.
    pub environment: String,
    /// Where it stands.
    pub state: TrainState,
    /// Which journey it is on or was on last, from 1; 0 before the first start.
    pub run: u32,
    /// Why it stands where it stands, in one sentence.
    pub reason: String,
    /// What it waits for.
    pub waits: Vec<Wait>,
    /// Whether nothing goes on without a person.
    pub needs_person: bool,
    /// Its rollouts in the order in which they are opened.
    pub members: Vec<TrainMember>,
    /// The last change, RFC 3339.
    pub updated: String,
    /// Grows with every change.
    pub version: u64,
    /// Where the plan came from.
    pub origin: Origin,
    /// Which plan of this train it is, from 1.
    pub revision: u32,
    /// What is wrong around it, such as a rollout whose plan does not suit it any more.
    pub problems: Vec<String>,
    /// The plan in force, as it was written. Left out of the list of all trains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
}

/// A rollout of a train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainMember {
    /// Its name.
    pub rollout: String,
    /// How far it is in this journey; `null` when it is not aboard.
    pub ride: Option<Ride>,
    /// The rollout's attempt, from 1; 0 before its first start. `null` when there is no such rollout.
    pub attempt: Option<u32>,
    /// Where the rollout stands; `null` when there is no such rollout.
    pub state: Option<State>,
    /// The wave it is in, or was in when it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<Wave>,
    /// The share that gets its candidate now, such as `25%`; `null` when there is no such rollout.
    pub exposure: Option<String>,
    /// Why the rollout stands where it stands; `null` when there is no such rollout.
    pub reason: Option<String>,
}

/// How far a rollout is in a journey of its train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ride {
    /// Its turn has not come.
    Waiting,
    /// It was told to begin.
    Begun,
    /// It is closed, or is to be.
    Closed,
}

impl fmt::Display for Ride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting",
            Self::Begun => "begun",
            Self::Closed => "closed",
        })
    }
}

/// Where a train stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainState {
    /// Not started.
    Pending,
    /// On its way.
    Running,
    /// Nothing begins until a person lets it go on.
    Paused,
    /// All its rollouts are open and were watched.
    Completed,
    /// Something closed; nothing begins until a person says so.
    Stopped,
}

impl fmt::Display for TrainState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
        })
    }
}

/// `GET /api/v1/trains`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trains {
    /// All of them, by name.
    pub trains: Vec<Train>,
}

/// What `POST /api/v1/trains` did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainApplied {
    /// What happened to it.
    pub change: Change,
    /// As it is now.
    pub train: Train,
    /// What changed in the plan's text, as a unified diff, if it replaced another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
}

/// The body of a train's verb; all of it may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainOrder {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who asks, as they call themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Only these of its rollouts, for `rollback` and `reenable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollouts: Option<Vec<String>>,
}
