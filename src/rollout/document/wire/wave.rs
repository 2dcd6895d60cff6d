//! The waves, and the watch after them.

use super::condition::Conditions;
use super::duration::DurationText;
use schemars::JsonSchema;
use serde_json::Value;

/// A step of exposure, and what must be true to leave it.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WaveDocument {
    /// Its name: letters, digits, `.`, `_` and `-`.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub name: String,
    /// The share of the audience that gets the candidate, such as `25%`; the smallest step is 0.0001%. A wave has
    /// this or a `group`.
    #[schemars(regex(pattern = r"^[0-9]+(\.[0-9]+)?\s*%$"))]
    pub exposure: Option<String>,
    /// From that share on in equal steps up to another.
    pub ramp: Option<RampDocument>,
    /// Who may be in the share, as a rule in JSONLogic; everybody when left out.
    pub audience: Option<serde_json::Map<String, Value>>,
    /// The users that get the candidate, instead of `exposure` and `audience`.
    pub group: Option<GroupDocument>,
    /// The least time under observation before the next wave.
    pub bake: DurationText,
    /// The time between checks; `1m` when left out.
    pub every: Option<DurationText>,
    /// So many outcomes of the candidate must have been seen in the wave before the next.
    pub min_samples: Option<u64>,
    /// Who must agree before this wave opens.
    pub approval: Option<ApprovalDocument>,
    /// All must be true to go on.
    pub advance_when: Option<Conditions>,
    /// When all are true the bake is over before its time.
    pub early_when: Option<Conditions>,
    /// When one becomes true somebody is told.
    pub notify_when: Option<Conditions>,
    /// While one is true the rollout stays where it is.
    pub hold_when: Option<Conditions>,
    /// When one is true the rollout goes back to the wave before.
    pub step_back_when: Option<Conditions>,
    /// When one is true the flag closes.
    pub close_when: Option<Conditions>,
}

/// Users that a wave opens to: one of `users`, `rule` and `file`.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct GroupDocument {
    /// They themselves: what the context has under `bucket_by`.
    #[schemars(length(min = 1, max = 100_000))]
    pub users: Option<Vec<String>>,
    /// A rule in JSONLogic that is true for them.
    pub rule: Option<serde_json::Map<String, Value>>,
    /// A file beside or below the plan's own: one user a line, comments begin with `#`.
    #[schemars(length(min = 1, max = 200))]
    pub file: Option<String>,
    /// How many of them; `100%` when left out.
    #[schemars(regex(pattern = r"^[0-9]+(\.[0-9]+)?\s*%$"))]
    pub exposure: Option<String>,
}

/// The watch at the last wave's exposure, before the rollout counts as completed.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AfterDocument {
    /// How long.
    pub watch: DurationText,
    /// The time between checks; `1m` when left out.
    pub every: Option<DurationText>,
    /// The share of everybody that stays without the candidate until the watch is over, such as `1%`.
    pub holdback: Option<String>,
    /// When one becomes true somebody is told.
    pub notify_when: Option<Conditions>,
    /// While one is true the watch does not go on.
    pub hold_when: Option<Conditions>,
    /// When one is true the flag closes: in the watch there is no wave to go back to.
    pub step_back_when: Option<Conditions>,
    /// When one is true the flag closes.
    pub close_when: Option<Conditions>,
}

/// A ramp: from the wave's exposure up to another, in equal steps of equal time.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RampDocument {
    /// Where it ends, such as `50%`.
    pub to: String,
    /// How long it takes.
    pub over: DurationText,
    /// In how many steps.
    #[schemars(range(min = 1, max = 100))]
    pub steps: u64,
}

/// Whether and by whom a wave must be approved.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum ApprovalDocument {
    /// Whether some person must agree.
    Needed(bool),
    /// Who must agree.
    By(#[schemars(length(min = 1))] String),
}
