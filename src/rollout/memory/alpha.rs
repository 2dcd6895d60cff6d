//! How a plan's alpha is given out: each test takes a share of it when it first looks, and keeps that, and each wave
//! takes a share of what begins anew with it. What has been given is given, so that the shares of an attempt never
//! add up to more than the whole, whatever a new plan adds, takes away, or goes through again.

use super::ask::each_clause;
use super::attempt::Memory;
use crate::analysis::{Condition, Regresses};
use crate::rollout::{Plan, Stage};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Less than this is nothing: sums of shares are not exact.
const NOTHING: f64 = 1e-9;

/// How often a test may be wrong, over the whole attempt.
pub(in crate::rollout) fn level_of(plan: &Plan, memory: &Memory, test: &Regresses, text: &str) -> f64 {
    test.alpha.unwrap_or_else(|| {
        let given = memory.alpha_given.get(text).copied();
        plan.alpha * given.unwrap_or_else(|| next_share(plan, memory)).max(NOTHING)
    })
}

/// Gives a test that looks for the first time its share.
pub(super) fn give<'t>(plan: &Plan, memory: &mut Memory, leaf: &Condition, text: impl FnOnce() -> Cow<'t, str>) {
    if let Condition::Regresses(Regresses { alpha: None, .. }) = leaf {
        let text = text();
        if !memory.alpha_given.contains_key(&*text) {
            let share = next_share(plan, memory);
            memory.alpha_given.insert(text.into_owned(), share);
        }
    }
}

/// The tests of a plan that there is nothing left for.
pub(in crate::rollout) fn left_without(plan: &Plan, memory: &Memory) -> BTreeSet<String> {
    if left(memory) > NOTHING { BTreeSet::new() } else { waiting(plan, memory) }
}

/// An equal part of what is left for each test that has none yet.
fn next_share(plan: &Plan, memory: &Memory) -> f64 {
    left(memory) / waiting(plan, memory).len().max(1) as f64
}

fn left(memory: &Memory) -> f64 {
    (1.0 - memory.alpha_given.values().sum::<f64>()).max(0.0)
}

/// The tests that share the plan's alpha and have nothing of it yet.
fn waiting(plan: &Plan, memory: &Memory) -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    each_clause(plan, &mut |clause| {
        clause.when.each_leaf(&mut |leaf| {
            if let Condition::Regresses(test @ Regresses { alpha: None, .. }) = leaf {
                tests.insert(test.to_string());
            }
        });
    });
    tests.retain(|test| !memory.alpha_given.contains_key(test));
    tests
}

/// Notes what a stage uses, before it does.
pub(super) fn take_stage_share(plan: &Plan, stage: &mut Stage, watching: bool) {
    stage.memory.stage_taken = stage.memory.stage_taken.max(share_of_stage(plan, stage, watching));
}

/// What the stages so far have had, with this one. What it has used counts, also where a plan of more waves would give
/// it less now.
pub(in crate::rollout) fn given_with(plan: &Plan, stage: &Stage) -> f64 {
    stage.memory.stages_given + stage.memory.stage_taken.max(share_of_stage(plan, stage, false))
}

/// In states of versions in which each stage had the same share, those before this one have had theirs.
pub(in crate::rollout) fn account_for_stages(plan: &Plan, stage: &mut Stage, watching: bool) {
    let before = if watching { plan.waves.len() } else { stage.wave };
    if stage.memory.stages_given <= 0.0 && before > 0 {
        let stages = plan.waves.len().saturating_add(usize::from(plan.after.is_some())).max(1);
        stage.memory.stages_given = (before as f64 / stages as f64).min(1.0);
    }
}

/// The share that what begins anew with each wave has in this one.
pub(in crate::rollout) fn share_of_stage(plan: &Plan, stage: &Stage, watching: bool) -> f64 {
    let waves = plan.waves.len().saturating_sub(stage.wave).saturating_add(usize::from(plan.after.is_some()));
    let to_come = if watching { 1 } else { waves.max(1) };
    ((1.0 - stage.memory.stages_given) / to_come as f64).max(NOTHING)
}
