//! A train, and what a file of rollouts and trains has.

use super::duration::DurationText;
use super::rollout::RolloutDocument;
use schemars::JsonSchema;

/// A train: rollouts that are opened one after the other, with a watch between each, and that close together.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "Tidegate train")]
pub struct TrainDocument {
    /// Where this schema is, for editors.
    #[schemars(rename = "$schema")]
    pub schema: Option<String>,
    /// What this document is.
    pub kind: TrainKind,
    /// The train's name: letters, digits, `.`, `_` and `-`. No rollout has the same.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub name: String,
    /// The environment that it and its rollouts belong to; `default` when left out.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub environment: Option<String>,
    /// How long each rollout is watched with all its waves open before the next one begins; `2m` when left out.
    pub watch: Option<DurationText>,
    /// What closes when one of them closes; `all` when left out.
    pub rollback: Option<ExtentWord>,
    /// Whether the rollouts must have the same users, or no user in common; not looked at when left out.
    pub cohorts: Option<CohortsWord>,
    /// Its rollouts, in the order in which they are opened.
    #[schemars(length(min = 2, max = 100))]
    pub rollouts: Vec<MemberDocument>,
}

/// The kind of document.
#[derive(Debug, JsonSchema)]
pub enum TrainKind {
    /// A train.
    Train,
}

/// What closes when one of them closes.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum ExtentWord {
    /// All of them, the last one first.
    All,
    /// Only what needs it.
    Dependents,
}

/// How the users of the rollouts relate.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum CohortsWord {
    /// Who has one has the others, as far as their shares are the same.
    Same,
    /// Nobody has two of them.
    Disjoint,
}

/// A rollout of the train: its name, perhaps with more said of it.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum MemberDocument {
    /// Its name.
    Name(#[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))] String),
    /// Its name, and more.
    Told(MemberFields),
}

/// A rollout of the train.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MemberFields {
    /// The rollout's name.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub rollout: String,
    /// How long it is watched before the next one begins; the train's `watch` when left out.
    pub watch: Option<DurationText>,
    /// The rollouts without which it cannot be open. Each comes before it.
    pub needs: Option<Vec<String>>,
}

/// A rollout or a train: what a file of both has as each of its documents.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, title = "Tidegate rollout or train")]
pub enum PlanDocument {
    /// A rollout.
    Rollout(Box<RolloutDocument>),
    /// A train.
    Train(Box<TrainDocument>),
}
