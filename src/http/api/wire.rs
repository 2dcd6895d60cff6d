//! What goes over the wire of the control door, as the server writes it and the command line reads it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
    /// Where it stands.
    pub state: State,
    /// The wave it is in, or was in when it ended; `None` before its start.
    pub wave: Option<Wave>,
    /// The share that gets the candidate now, such as `25%`.
    pub exposure: String,
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

/// One thing a rollout waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// `bake`, `check`, `advance`, `hold`, `no-data`, `approval`, `paused` or `flag`.
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

/// What `POST /api/v1/rollouts` did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// What happened to it.
    pub change: Change,
    /// As it is now.
    pub rollout: Rollout,
    /// What changed in the plan's text, as a unified diff, if it replaced another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
}

/// What an application of a plan did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Created,
    /// The plan was replaced.
    Updated,
    /// It was this one already.
    Unchanged,
}

/// The body of a verb; all of it may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who asks, as they call themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A part of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// In the order of their sequence.
    pub entries: Vec<HistoryEntry>,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// Its number; grows without end.
    pub sequence: u64,
    /// When, RFC 3339.
    pub at: String,
    /// Whose.
    pub rollout: String,
    /// What kind of entry: `wave-opened`, `closed`, ...
    pub kind: String,
    /// Who did it.
    pub actor: String,
    /// In words.
    pub sentence: String,
    /// What the decision rested on.
    pub detail: serde_json::Value,
    /// The hash that chains it to all before it, in hexadecimal.
    pub hash: String,
}

/// `GET /api/v1/flags`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flags {
    /// All of them, by key.
    pub flags: Vec<Flag>,
    /// What is wrong in the files now; the first of them where there are very many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// How many more problems there are.
    #[serde(default, rename = "moreProblems", skip_serializing_if = "is_zero")]
    pub more_problems: u64,
}

/// A flag as it is served.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Flag {
    /// Its key.
    pub key: String,
    /// `enabled`, `disabled` or `broken`.
    pub state: String,
    /// Its variants' names.
    pub variants: Vec<String>,
    /// The variant served where no rule decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_variant: Option<String>,
    /// The file it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line there, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The share that a rollout gives the candidate, or `closed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure: Option<String>,
    /// The rollout that lies over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<String>,
    /// Why it cannot be served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

/// `GET /api/v1/flags/{key}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlagDetail {
    /// What the list shows too.
    #[serde(flatten)]
    pub flag: Flag,
    /// The variants' values, in the order of the definition.
    pub values: Vec<VariantValue>,
    /// What a rollout lays over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlay: Option<Overlay>,
}

/// A variant and what it stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantValue {
    /// Its name.
    pub variant: String,
    /// Its value.
    pub value: serde_json::Value,
}

/// The media type of [`PlanWithFiles`].
pub const PLAN_WITH_FILES: &str = "application/vnd.tidegate.plan+json";

/// A plan together with the files that it names, as `POST /api/v1/rollouts` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanWithFiles {
    /// The document.
    pub plan: String,
    /// How it is written.
    #[serde(default)]
    pub format: PlanFormat,
    /// The files' texts, by the names that the plan has for them.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

/// How a plan is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanFormat {
    /// As YAML.
    #[default]
    Yaml,
    /// As JSON.
    Json,
}

/// What a rollout lays over a flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Overlay {
    /// Whose it is.
    pub rollout: String,
    /// The variant being rolled out.
    pub candidate: String,
    /// The variant everybody else gets.
    pub stable: String,
    /// Whether the candidate is served to nobody.
    pub closed: bool,
    /// The share that the newest wave opened to, when it is not closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure: Option<String>,
    /// The context attribute that is hashed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket_by: Option<String>,
    /// What is hashed before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// The slice of a layer whose users alone may be in the share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<Layer>,
    /// Whether only audiences may be in the share.
    pub audience: bool,
    /// Who gets the candidate: whoever is in at least one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<SharePart>,
}

/// A part of the users that get the candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharePart {
    /// The wave that opened to it, from 1.
    pub wave: u32,
    /// How many of the audience.
    pub exposure: String,
    /// Whether only an audience may be in it.
    pub audience: bool,
}

/// What became of posted outcomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// How many were taken.
    pub accepted: u64,
    /// How many were not, because as many flags and variants are kept as there is room for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_false(truth: &bool) -> bool {
    !*truth
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What a trigger did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Triggered {
    /// The rollouts that it closed.
    pub closed: Vec<String>,
    /// The rollouts that it speaks of and did not close.
    pub concerned: Vec<String>,
    /// The rollouts that were closed before.
    pub already_closed: Vec<String>,
}

/// An event, as `POST /api/v1/events` takes it, alone or in a list. Of `rollout` and `flag` at most one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What happened.
    pub event: String,
    /// The sender's own identity of this report.
    pub id: String,
    /// How many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The rollout that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<String>,
    /// The flag whose rollout it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
    /// Only rollouts of this environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What there is to say of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What posted events did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventsPosted {
    /// The rollouts that they closed.
    pub closed: Vec<String>,
    /// The rollouts that were closed before.
    pub already_closed: Vec<String>,
    /// The rollouts that counted at least one of them now.
    pub counted: Vec<String>,
    /// The rollouts that had counted at least one of them before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repeated: Vec<String>,
    /// The events that nobody counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_counted: Vec<EventNotCounted>,
}

/// An event that nobody counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventNotCounted {
    /// Its place in the list, from 0.
    pub item: usize,
    /// What it was.
    pub event: String,
    /// Why nobody counts it.
    pub why: String,
    /// What may have been meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Every error's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The error.
    pub error: FailureDetail,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureDetail {
    /// In words.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What is wrong in a document; the first of it where it is very much.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// How many more problems there are.
    #[serde(default, rename = "moreProblems", skip_serializing_if = "is_zero")]
    pub more_problems: u64,
}

/// One fault in a document, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file, or what stands for it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What the fault belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What is wrong.
    pub message: String,
    /// The text at that place.
    pub excerpt: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl From<&crate::source::Problem> for Problem {
    fn from(problem: &crate::source::Problem) -> Self {
        Self {
            file: problem.file.to_string(),
            line: problem.line,
            column: problem.column,
            subject: problem.subject.clone(),
            message: problem.message.clone(),
            excerpt: problem.excerpt.clone(),
            hint: problem.hint.clone(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if let Some(subject) = &self.subject {
            write!(f, "{subject}: ")?;
        }
        f.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

/// `POST /api/v1/flags/{key}/explain`: an answer and how it came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// OFREP's object, as the evaluation listener answers it.
    pub answer: serde_json::Value,
    /// What was looked at on the way, in its order.
    pub steps: Vec<serde_json::Value>,
    /// The same in words, one short sentence per step.
    pub sentences: Vec<String>,
    /// The rollout that lies over the flag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Standing>,
}

impl Explanation {
    /// An explanation with where the rollout stands that lies over its flag.
    #[must_use]
    pub fn new(explained: &crate::eval::Explanation<'_>, rollout: Option<Standing>) -> Self {
        let mut answer = Vec::new();
        explained.resolution().write_ofrep(&mut answer);
        let steps = explained.steps();
        let mut sentences: Vec<_> = steps.iter().map(ToString::to_string).collect();
        if let Some(standing) = &rollout {
            // Before the answer, which comes last.
            sentences.insert(sentences.len().saturating_sub(1), standing.to_string());
        }
        Self {
            // Both are JSON by construction.
            answer: serde_json::from_slice(&answer).unwrap_or_default(),
            steps: steps.iter().map(|step| serde_json::to_value(step).unwrap_or_default()).collect(),
            sentences,
            rollout,
        }
    }
}

/// Where a rollout stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// Its state, if it is known here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// The wave it is in, or was in when it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<Wave>,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rollout {}", self.name)?;
        if let Some(state) = self.state {
            write!(f, " is {state}")?;
        }
        match &self.wave {
            Some(wave) => write!(f, ", wave {} of {}, \"{}\"", wave.index, wave.count, wave.name),
            None => Ok(()),
        }
    }
}
