//! Sources of alerts, and what their posts did.

use super::left_out::{is_false, is_zero};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a post did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Triggered {
    /// The rollouts that it closed.
    pub closed: Vec<String>,
    /// The rollouts that it speaks of and did not close.
    pub concerned: Vec<String>,
    /// The rollouts that were closed before.
    pub already_closed: Vec<String>,
    /// Its source is only tried out: nothing was done.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dry_run: bool,
    /// The rollouts that it would have closed, were its source not only tried out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub would_close: Vec<String>,
    /// The rollouts that it would have touched, and that its source may not close.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub out_of_scope: Vec<String>,
    /// Names in its labels that are nothing here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownName>,
    /// Its alerts of which something newer is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<String>,
    /// Its alerts that the source is not asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<String>,
    /// Its alerts that fire for lack of data, which closes nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_data: Vec<String>,
    /// How many of its alerts said once more what was known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeated: u64,
    /// What it had that tells of no alert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// A name that is nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownName {
    /// `rollout` or `flag`.
    pub label: String,
    /// The name.
    pub name: String,
    /// What there is not.
    pub why: String,
    /// What may have been meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// All sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerSources {
    /// By name.
    pub sources: Vec<TriggerSource>,
}

/// A source of alerts. Counts are since the start of the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerSource {
    /// Its name.
    pub name: String,
    /// What it sends.
    pub kind: String,
    /// How it shows that it is who it says: `control key`, `key`, `signature`, or `own` for a probe.
    pub proof: String,
    /// What it may close; without it, everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_close: Option<MayClose>,
    /// Which of its alerts are heard; without it, all.
    #[serde(default, rename = "match", skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    /// What its alerts are labelled with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// It is only tried out.
    pub dry_run: bool,
    /// An alert that fires for lack of data fires.
    pub no_data_fires: bool,
    /// How many posts it may make in a second.
    pub per_second: u32,
    /// How many posts ended how.
    pub posts: BTreeMap<String, u64>,
    /// The last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_post: Option<LastPost>,
    /// When one last closed something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_closing: Option<String>,
    /// What that closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub last_closed: Vec<String>,
    /// Its alerts that fire, the one heard of last first: what they would close cannot begin. At most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub firing: Vec<FiringAlert>,
    /// How many fire.
    #[serde(default)]
    pub firing_count: u64,
    /// The last problems, the newest first.
    pub problems: Vec<TriggerProblem>,
    /// What it looks at, where it is a probe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
}

/// An alert that fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FiringAlert {
    /// What it is called.
    pub name: String,
    /// Its sender's own identity of it, which its end must have.
    pub identity: String,
    /// When it was last heard of.
    pub heard: String,
}

/// What a source may close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MayClose {
    /// Only rollouts of these environments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<String>,
    /// Only rollouts of these flags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// Only rollouts of flags with these metadata.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// A post, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastPost {
    /// When.
    pub at: String,
    /// What became of it.
    pub result: String,
}

/// Something that went wrong, once or often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerProblem {
    /// What.
    pub what: String,
    /// When first.
    pub first: String,
    /// When last.
    pub last: String,
    /// How often.
    pub count: u64,
}

/// A probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// What it looks at, without what may be a key.
    pub target: String,
    /// How often.
    pub every: String,
    /// `not looked yet`, `up`, `failing` or `firing`.
    pub state: String,
    /// What was not as it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// How many looks in a row ended so.
    pub in_a_row: u32,
    /// When it looked last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}
