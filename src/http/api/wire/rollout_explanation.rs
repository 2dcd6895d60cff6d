//! A rollout explained.

use super::explanation::Explanation;
use super::left_out::is_false;
use super::rollout::{Rollout, Wait};
use super::seen::SeenOutcomes;
use serde::{Deserialize, Serialize};

/// `GET` and `POST /api/v1/rollouts/{name}/explain`: where a rollout stands, why, and what can become of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutExplanation {
    /// The gist in sentences, to be sent to others as they are.
    pub sentences: Vec<String>,
    /// The rollout.
    pub rollout: Rollout,
    /// When it can go on.
    pub next: NextStep,
    /// Each condition of the wave or watch that it is in, in the order in which they are looked at.
    pub checks: Vec<Check>,
    /// When they were last looked at, RFC 3339; nothing while that was not done in this wave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<String>,
    /// What would close it or take it back a wave, what is nearest first.
    pub closers: Vec<Closer>,
    /// The metrics with what they ask.
    pub metrics: Vec<MetricFacts>,
    /// The metrics without data, and what comes of that.
    pub silences: Vec<Silence>,
    /// Whether the users are split as they should be, where two groups are compared by counting users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<UserSplit>,
    /// What was posted of both variants since the wave began, and whom evaluations gave them to where that is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenOutcomes>,
    /// What is left of the plan's budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetLeft>,
    /// Alerts that fire and concern it.
    pub alerts: Vec<String>,
    /// It came back from this wave, and only a person sends it there again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned_from: Option<String>,
    /// What the check saw that closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<String>,
    /// The user who was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserPlace>,
}

/// What comes next, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NextStep {
    /// `begin`, `open`, `watch`, `complete` or `nothing`.
    pub kind: String,
    /// In words.
    pub sentence: String,
    /// The wave that opens, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<String>,
    /// What it opens to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<String>,
    /// The earliest moment, RFC 3339, where it depends on no person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<String>,
    /// What must come first.
    pub needs: Vec<Need>,
}

/// Something that must come first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// The wait.
    #[serde(flatten)]
    pub wait: Wait,
    /// Only a person can see to it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub person: bool,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// The list it stands in, such as `close_when`.
    pub list: String,
    /// Nothing comes of it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub observe: bool,
    /// The condition in canonical form.
    pub condition: String,
    /// `pass`, `fail`, `warn` or `no-data`; nothing while it was not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// In words, with how far it is from being otherwise.
    pub sentence: String,
    /// What the last check saw.
    pub seen: String,
    /// What it is made of.
    pub parts: Vec<Part>,
}

/// A part of a condition. Values and bounds are in base units: shares from 0 to 1, milliseconds, bytes. Of a burn rate
/// they are rates, and the value is that of the window that burns slower; of a trend they count pairs of values, those
/// that go there less those that go back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// In canonical form.
    pub condition: String,
    /// Its metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The value at the last check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// What it is held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<f64>,
    /// How many samples the value rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<u64>,
    /// It is true, `for` apart.
    #[serde(default, skip_serializing_if = "is_false")]
    pub holds: bool,
    /// By how much the value would have to change for it to be true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<f64>,
    /// How many times the value the bound is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<f64>,
    /// How long it must be true, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_seconds: Option<f64>,
    /// How long it has been, in seconds, up to the last check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasted_seconds: Option<f64>,
    /// Since when it is true, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// How strong the proof is, where it is a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// What is still needed for a proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<String>,
    /// Both windows of a burn rate, the longer one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<BurnWindow>,
    /// Why nothing can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_data: Option<String>,
}

/// How fast a budget burns in a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BurnWindow {
    /// How long the window is.
    pub over_seconds: f64,
    /// How many times as fast as the objective allows.
    pub rate: f64,
}

/// How the users of a sample are split between the two variants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserSplit {
    /// By what users are counted: `outcomes` or `evaluations`.
    pub by: String,
    /// How many have the candidate.
    pub candidate: u64,
    /// How many have the stable variant.
    pub stable: u64,
    /// The share that should have the candidate, from 0 to 1.
    pub expected: f64,
    /// No sound assignment splits them so: that holds.
    #[serde(default, skip_serializing_if = "is_false")]
    pub mismatch: bool,
    /// In words.
    pub sentence: String,
}

/// Something that would close it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Closer {
    /// `close`, `step-back`, `no-data`, `alert` or `train`.
    pub kind: String,
    /// The condition, the metric or the train.
    pub of: String,
    /// In words.
    pub sentence: String,
    /// How many times its value would have to grow or shrink: 1 or more, the smaller the nearer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// When it closes if things stay as they are, in seconds after the last check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_seconds: Option<f64>,
    /// When it is expected to close at the rate so far, in seconds after the last check: an estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_seconds: Option<f64>,
}

/// A metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricFacts {
    /// Its name.
    pub metric: String,
    /// Where it comes from: `outcomes`, `events`, or the kind of the system that is asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// `guardrail` or `signal`.
    pub role: String,
    /// What is asked for the candidate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The last value in its base unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The last answer in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// How many samples it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<u64>,
    /// When it was true, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// A metric without data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Silence {
    /// Its name.
    pub metric: String,
    /// `hold`, `close` or `ignore`.
    pub then: String,
    /// For how long, in seconds, as far as somebody watched.
    pub lasted_seconds: f64,
    /// After how long something else than holding comes of it.
    pub after_seconds: f64,
    /// In words.
    pub sentence: String,
}

/// What is left of a budget, in bad events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BudgetLeft {
    /// How many the rollout may cost.
    pub allowed: f64,
    /// How many it has cost.
    pub cost: f64,
    /// Hardly more than that; nothing where there is no bound yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// How many are left.
    pub left: f64,
    /// The largest exposure of the next wave that stays within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_safe_next: Option<String>,
    /// In words.
    pub sentence: String,
}

/// Where a user stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserPlace {
    /// In one sentence.
    pub sentence: String,
    /// `wave`, `held-back`, `never`, `outside-slice`, `nameless`, `ruled` or `not-served`.
    pub place: String,
    /// The first wave that includes them, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<usize>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave_name: Option<String>,
    /// Their bucket of a million.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<u32>,
    /// Whether they are of the audience of the wave, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<bool>,
    /// Of which attempt that is, from 1.
    pub attempt: u32,
    /// What they get now, and why.
    pub answer: Explanation,
}
