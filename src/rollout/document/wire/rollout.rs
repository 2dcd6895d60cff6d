//! A rollout as a whole.

use super::condition::Conditions;
use super::duration::DurationText;
use super::metric::MetricDocument;
use super::telemetry::TelemetryDocument;
use super::wave::{AfterDocument, WaveDocument};
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// A rollout: waves for one flag, and what must be true to open and to close them.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "Tidegate rollout")]
pub struct RolloutDocument {
    /// Where this schema is, for editors.
    #[schemars(rename = "$schema")]
    pub schema: Option<String>,
    /// What this document is.
    pub kind: RolloutKind,
    /// The rollout's name: letters, digits, `.`, `_` and `-`.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub name: String,
    /// The environment it belongs to; `default` when left out.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub environment: Option<String>,
    /// The key of the flag whose exposure it drives.
    #[schemars(length(min = 1, max = 200))]
    pub flag: String,
    /// The variant that is rolled out.
    #[schemars(length(min = 1, max = 200))]
    pub candidate: String,
    /// The variant that everybody else gets.
    #[schemars(length(min = 1, max = 200))]
    pub stable: String,
    /// The context attribute that decides who is in a share; `targetingKey` when left out.
    #[schemars(length(min = 1, max = 200))]
    pub bucket_by: Option<String>,
    /// Hashed before that attribute, so that rollouts do not share their first users; the rollout's
    /// name when left out. Rollouts with the same salt open to the same users first.
    #[schemars(length(min = 1, max = 200))]
    pub salt: Option<String>,
    /// The slice of a layer that the rollout keeps to. Rollouts with slices that do not overlap never share a user.
    pub layer: Option<LayerDocument>,
    /// Who has the candidate first in another attempt; `same` when left out.
    pub retry: Option<RetryWord>,
    /// By what the users of both groups are counted, to see whether there are as many as there should be; `outcomes`
    /// when left out.
    pub exposures: Option<ExposuresWord>,
    /// When it begins by itself, such as `2026-03-02T09:00:00+01:00`. Nobody can begin it earlier.
    pub start: Option<String>,
    /// Over how long before the first wave the baseline is taken.
    pub baseline: Option<DurationText>,
    /// How often a sound candidate may be called worse; `0.01` when left out.
    pub alpha: Option<AlphaDocument>,
    /// What the candidate may cost.
    pub budget: Option<BudgetDocument>,
    /// Which spans or metric points of traced applications become outcomes; every span that names the flag when
    /// left out.
    pub telemetry: Option<TelemetryDocument>,
    /// The metrics that conditions may speak of, by name.
    pub metrics: Option<BTreeMap<String, MetricDocument>>,
    /// What is looked at in every wave, and in the watch after them.
    pub always: Option<AlwaysDocument>,
    /// The waves, in their order. Each adds to those before it: nobody loses the candidate from one to the next.
    #[schemars(length(min = 1, max = 100))]
    pub waves: Vec<WaveDocument>,
    /// The watch after the last wave.
    pub after: Option<AfterDocument>,
}

/// The kind of document.
#[derive(Debug, JsonSchema)]
pub enum RolloutKind {
    /// A rollout.
    Rollout,
}

/// Who has the candidate first in another attempt.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum RetryWord {
    /// The same users as before.
    Same,
    /// Others.
    Fresh,
}

/// By what it is seen whom each variant is given to.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum ExposuresWord {
    /// Those of whom outcomes are posted.
    Outcomes,
    /// Those to whom this server's evaluation door gave a variant.
    Evaluations,
}

/// A slice of a layer: the users whose bucket in the layer is from `from` up to, but without, `to`.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LayerDocument {
    /// The layer's name: letters, digits, `.`, `_` and `-`. It decides which users are in which slice.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,200}$"))]
    pub name: String,
    /// Where the slice begins, such as `0%`.
    #[schemars(regex(pattern = r"^[0-9]+(\.[0-9]+)?\s*%$"))]
    pub from: String,
    /// Where it ends, such as `50%`.
    #[schemars(regex(pattern = r"^[0-9]+(\.[0-9]+)?\s*%$"))]
    pub to: String,
}

/// How often a sound candidate may be called worse.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum AlphaDocument {
    /// As a percentage such as `1%`.
    Percentage(String),
    /// As a share such as `0.01`.
    Share(f64),
}

/// The cap on the harm that a rollout may do.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct BudgetDocument {
    /// The metric that is the share of what fails.
    pub metric: String,
    /// The share that must succeed, such as `99.9%`.
    pub objective: String,
    /// How much of what may fail the rollout may use up, such as `10%`.
    pub share: String,
    /// Over how long the objective is kept; `30d` when left out.
    pub window: Option<DurationText>,
}

/// What is judged in every wave.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AlwaysDocument {
    /// When one is true the flag closes.
    pub close_when: Option<Conditions>,
    /// When one is true the rollout goes back to the wave before; from the first wave and in the watch it closes.
    pub step_back_when: Option<Conditions>,
    /// While one is true the rollout stays where it is.
    pub hold_when: Option<Conditions>,
    /// When one becomes true somebody is told.
    pub notify_when: Option<Conditions>,
}
