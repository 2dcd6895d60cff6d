//! What an explanation rests on beside the plan and the state.

use crate::analysis::{Alert, Reading};
use crate::rollout::memory::with_counts;
use crate::rollout::stage::{Rules, rules_of};
use crate::rollout::{Finding, Metric, Plan, Split, Stage, State, Wait};
use crate::units::{MetricName, RolloutName, UnixMillis};
use std::collections::BTreeMap;

/// What is known of a rollout beside its plan and its state.
pub struct Sight<'s> {
    /// What it waits for.
    pub waits: &'s [Wait],
    /// What the last check made of each condition.
    pub findings: &'s [Finding],
    /// Whether that check was of the stage that it is in.
    pub looked: bool,
    /// What the metrics answered at that check.
    pub readings: &'s BTreeMap<MetricName, Reading>,
    /// How that check found the users split between the two variants, where that was asked.
    pub split: Option<Split>,
    /// When the next check is due.
    pub next_check: Option<UnixMillis>,
    /// What a metric asks its provider for the candidate; `None` where nobody is asked.
    pub asked: &'s dyn Fn(&Metric) -> Option<String>,
    /// The alerts that fire and may concern it.
    pub firing: &'s [Alert],
    /// The train that it rides in.
    pub train: Option<Boarded>,
    /// What is wrong with its flag, for which a beginning is refused.
    pub flag_problems: &'s [String],
    /// The other rollouts that have what it would need to begin.
    pub claims: &'s [Claimed],
}

/// Another rollout that has what one needs to begin: its flag, or users of its slice of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// That rollout.
    pub by: RolloutName,
    /// What it does, to stand behind its name: `drives flag search`.
    pub does: String,
    /// What can be done about it.
    pub hint: String,
}

/// A train and how that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boarded {
    /// Its name.
    pub train: RolloutName,
    /// Why the train stands where it stands, as one sentence without a full stop.
    pub reason: String,
}

impl std::fmt::Debug for Sight<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sight").field("waits", &self.waits).field("looked", &self.looked).finish_non_exhaustive()
    }
}

/// A stage under way with all that is known of it.
pub(super) struct Scene<'s> {
    pub plan: &'s Plan,
    pub stage: &'s Stage,
    pub rules: Rules<'s>,
    pub sight: &'s Sight<'s>,
    /// The answers of the last check of this stage, with what the rollout counts itself as it is now. Those of the
    /// stage before were of other users.
    pub readings: BTreeMap<MetricName, Reading>,
    pub now: UnixMillis,
}

impl<'s> Scene<'s> {
    /// `None` where nobody has the candidate, or nobody watches any more.
    pub(super) fn of(plan: &'s Plan, state: &'s State, sight: &'s Sight<'s>, now: UnixMillis) -> Option<Self> {
        let (stage, rules) = rules_of(plan, state)?;
        let nothing = BTreeMap::new();
        let looked = if sight.looked { sight.readings } else { &nothing };
        let readings = with_counts(plan, stage, looked, now).into_owned();
        Some(Self { plan, stage, rules, sight, readings, now })
    }

    /// Whether a step back has somewhere to go. From the first wave and from the watch it closes instead.
    pub(super) const fn has_wave_before(&self) -> bool {
        self.stage.wave > 0 && !self.rules.watching
    }

    /// What the last check of this stage made of a condition.
    pub(super) fn finding(&self, position: usize, text: &str) -> Option<&'s Finding> {
        let findings = self.sight.looked.then_some(self.sight.findings)?;
        // The same condition may stand in several lists; mostly it stands where it was.
        let at_place = findings.get(position).filter(|finding| *finding.condition == *text);
        at_place.or_else(|| findings.iter().find(|finding| *finding.condition == *text))
    }
}
