//! A new plan for a rollout under way: it may change what has not begun.

use super::decide::describe;
use super::memory::{left_without, questions_at_start};
use super::overlay::held_back;
use super::plan::{Plan, Wave};
use super::state::{Stage, State};
use crate::analysis::Condition;
use crate::planted::{self, Bug};
use crate::units::MetricName;
use std::collections::BTreeSet;

/// Whether a new plan may take the place of the one that a rollout is under way with. What was seen in the
/// attempt goes on counting under the new plan, so nothing that it rests on may be another.
///
/// # Errors
/// What would change that has begun, as a sentence without a full stop.
pub fn may_revise(old: &Plan, new: &Plan, state: &State) -> Result<(), String> {
    let name = &old.name;
    let same_variants = old.flag == new.flag && old.candidate == new.candidate && old.stable == new.stable;
    match state {
        State::Pending { attempts: 0 } => Ok(()),
        State::Pending { .. } | State::RolledBack { .. } if same_variants => Ok(()),
        State::Pending { .. } | State::RolledBack { .. } => Err(format!(
            "{name} was closed for variant {} of flag {}: a plan for another flag or variant needs another name",
            old.candidate, old.flag
        )),
        State::Completed { .. } => Err(format!("{name} is completed: nothing of its plan is still to come")),
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => {
            let watching = matches!(state, State::Watching(_));
            same_head(old, new)
                .and_then(|()| same_waves(old, new, stage, watching))
                .and_then(|()| same_metrics(old, new, stage, watching))
                .and_then(|()| has_baseline(new, stage))
                .and_then(|()| has_alpha(new, stage))
                .map_err(|what| format!("{name} is {}, and {what}", describe(old, state)))
        }
    }
}

/// What all waves rest on.
fn same_head(old: &Plan, new: &Plan) -> Result<(), String> {
    let differs = [
        ("environment", old.environment != new.environment),
        ("flag", old.flag != new.flag),
        ("candidate", old.candidate != new.candidate),
        ("stable", old.stable != new.stable),
        ("bucket_by", old.bucket_by != new.bucket_by),
        ("salt", old.salt != new.salt || old.retry != new.retry),
        ("layer", old.layer != new.layer),
        ("alpha", old.alpha.to_bits() != new.alpha.to_bits()),
        ("baseline", old.baseline != new.baseline),
        ("telemetry", old.telemetry != new.telemetry),
    ];
    match differs.iter().find(|(_, differs)| *differs) {
        Some((field, _)) => Err(format!("`{field}` cannot change under way")),
        None => Ok(()),
    }
}

fn same_waves(old: &Plan, new: &Plan, stage: &Stage, watching: bool) -> Result<(), String> {
    for (index, wave) in begun(old, stage).iter().enumerate() {
        let counterpart = new.waves.get(index);
        let opens_the_same = |other: &Wave| held_back(old, wave) == held_back(new, other);
        let same = counterpart.is_some_and(|other| other == wave && opens_the_same(other));
        if !same && !planted::is(Bug::WhatHasBegunChanges) {
            return Err(format!("wave {} has begun: it, and what is always looked at, cannot change", wave.name));
        }
    }
    if watching && (new.waves.len() != old.waves.len() || new.after != old.after) {
        return Err("the watch has begun: neither it nor the waves before it can change".to_owned());
    }
    Ok(())
}

fn begun<'p>(plan: &'p Plan, stage: &Stage) -> &'p [Wave] {
    plan.waves.get(..=stage.wave).unwrap_or(&plan.waves)
}

/// A metric that has been looked at goes on meaning the same.
fn same_metrics(old: &Plan, new: &Plan, stage: &Stage, watching: bool) -> Result<(), String> {
    let after = old.after.iter().filter(|_| watching).flat_map(|after| &after.clauses);
    let mut used: BTreeSet<&MetricName> = old.budget.iter().map(|budget| &budget.metric).collect();
    // What was seen of a metric is kept, and later waves may compare with it.
    let memory = &stage.memory;
    used.extend(memory.baseline.keys());
    used.extend(memory.waves.values().flat_map(|means| means.keys()));
    used.extend(memory.trails.keys().map(|(metric, _)| metric));
    for clause in begun(old, stage).iter().flat_map(|wave| &wave.clauses).chain(after) {
        clause.when.each_leaf(&mut |leaf| used.extend(metrics_of(leaf)));
    }
    if stage.memory.cost.is_some()
        && old.budget.as_ref().map(|budget| &budget.metric) != new.budget.as_ref().map(|budget| &budget.metric)
    {
        return Err("what the candidate has cost is counted by `budget.metric`: it cannot change".to_owned());
    }
    match used.into_iter().find(|name| old.metrics.get(*name) != new.metrics.get(*name)) {
        Some(metric) => Err(format!("the metric {metric} is in use: it cannot change")),
        None => Ok(()),
    }
}

fn metrics_of(leaf: &Condition) -> Vec<&MetricName> {
    match leaf {
        Condition::Compare(one) => vec![&one.metric],
        Condition::Trend(one) => vec![&one.metric],
        Condition::Burn(one) => vec![&one.metric],
        Condition::Regresses(one) => vec![&one.metric],
        Condition::ProvedSafe(one) => vec![&one.metric],
        Condition::Score(one) => one.parts.iter().map(|part| &part.metric).collect(),
        Condition::All(_) | Condition::Any(_) | Condition::Alert(_) => Vec::new(),
    }
}

/// A baseline is taken before the first wave or never.
fn has_baseline(new: &Plan, stage: &Stage) -> Result<(), String> {
    let missing = questions_at_start(new).into_iter().find(|asked| !stage.memory.baseline.contains_key(&asked.metric));
    match missing {
        Some(question) => Err(format!("no baseline of {} was taken before it began", question.metric)),
        None => Ok(()),
    }
}

/// A test takes its part of alpha when it first looks. One that joins when all of it is taken would make false alarms
/// more frequent than the plan says.
fn has_alpha(new: &Plan, stage: &Stage) -> Result<(), String> {
    match left_without(new, &stage.memory).first() {
        Some(test) => Err(format!(
            "nothing is left of its `alpha` for `{test}`: the tests that have begun share all of it; \
             give it one of its own, such as `{test} at alpha 0.001`, or a retry"
        )),
        None => Ok(()),
    }
}
