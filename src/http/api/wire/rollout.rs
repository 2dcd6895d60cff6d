//! Rollouts, and why they stand where they stand.

use super::left_out::is_false;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A rollout: what is planned, where it stands, and why it stands there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// Its name.
    pub name: String,
    /// Its environment.
    pub environment: String,
    /// The flag it drives.
    pub flag: String,
    /// The variant being rolled out.
    pub candidate: String,
    /// The variant everybody else gets.
    pub stable: String,
    /// The slice of a layer that it keeps to, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<Layer>,
    /// The train that it rides in: that alone begins it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<String>,
    /// Where it stands.
    pub state: State,
    /// The wave it is in, or was in when it ended; `None` before its start.
    pub wave: Option<Wave>,
    /// The share that gets the candidate now, such as `25%`.
    pub exposure: String,
    /// The same with of whom, in words: `100% of its audience`.
    #[serde(default)]
    pub reach: String,
    /// Which attempt, from 1; 0 before the first start.
    pub attempt: u32,
    /// Why it stands where it stands, in one sentence.
    pub reason: String,
    /// What it waits for.
    pub waits: Vec<Wait>,
    /// Whether nothing goes on without a person.
    pub needs_person: bool,
    /// The metrics as last read, and what was counted of posted events.
    pub readings: Vec<Reading>,
    /// What the last check made of each condition. Left out of the list of all rollouts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// The largest exposure of the next wave that stays within the plan's budget, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_safe_next: Option<String>,
    /// When it is looked at next, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_check: Option<String>,
    /// Since when it is in this state or wave, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Grows with every change.
    pub version: u64,
    /// Where the plan came from.
    pub origin: Origin,
    /// Which plan of this rollout it is, from 1.
    pub revision: u32,
    /// What is wrong with it, such as a flag that is missing.
    pub problems: Vec<String>,
}

/// A slice of a layer. Rollouts with slices that do not overlap never share a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    /// The layer's name.
    pub name: String,
    /// Where the slice begins, such as `0%`.
    pub from: String,
    /// Where it ends, such as `50%`.
    pub to: String,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} of the layer {}", self.from, self.to, self.name)
    }
}

/// Where a rollout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not started.
    Pending,
    /// In a wave.
    Running,
    /// In a wave, held by a person.
    Paused,
    /// All waves done, still watched.
    Watching,
    /// Done.
    Completed,
    /// Closed.
    RolledBack,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Watching => "watching",
            Self::Completed => "completed",
            Self::RolledBack => "rolled back",
        })
    }
}

/// A wave's place among its rollout's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    /// From 1.
    pub index: usize,
    /// How many there are.
    pub count: usize,
    /// Its name.
    pub name: String,
}

/// One thing a rollout or a train waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Of a rollout: `bake`, `check`, `advance`, `hold`, `no-data`, `approval`, `paused` or `flag`. Of a train:
    /// `start`, `paused`, `reenable`, `waves`, `watch`, `hold`, `member` or `change`.
    pub kind: String,
    /// In words.
    pub sentence: String,
}

/// A metric as last read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The metric's name.
    pub metric: String,
    /// Its value with unit, or why there is none.
    pub value: String,
    /// Whether `value` is a value.
    pub data: bool,
    /// Where it is none, of which kind that is: `error`, `absent`, `stale` or `inconclusive`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What was asked of a system outside, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
}

/// What was asked of a system outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// The connection of the server's settings, or the address.
    pub connection: String,
    /// The question with all names filled in.
    pub query: String,
    /// When it was asked, RFC 3339.
    pub at: String,
    /// How long the answer took, in milliseconds.
    pub took_ms: u64,
    /// What should be known of the answer, such as that nothing of what counts as bad was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// A condition at the last check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The list it stands in, such as `close_when`.
    pub list: String,
    /// The condition in canonical form.
    pub condition: String,
    /// Nothing comes of it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub observe: bool,
    /// `pass`, `fail`, `warn` or `no-data`.
    pub verdict: String,
    /// What was seen.
    pub seen: String,
    /// How strong the proof is, where it is a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// What is still needed for a proof, where it is a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<String>,
    /// How many samples it rests on, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<u64>,
}

/// Where a plan came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The API.
    Api,
    /// A file, by its path.
    File(String),
}

/// `GET /api/v1/rollouts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rollouts {
    /// All of them, by name.
    pub rollouts: Vec<Rollout>,
}
