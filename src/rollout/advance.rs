//! From a stage that has nothing left to wait for to the one that follows, and what stands against it.

use super::alerts;
use super::decide::{moved, wave_name};
use super::decision::{Change, Decision, Effect, Opening};
use super::event::Evidence;
use super::memory::over_budget;
use super::overlay::{open, open_to_all};
use super::plan::Plan;
use super::share::Reach;
use super::stage::Rules;
use super::state::{Stage, State};
use super::wait::Wait;
use crate::analysis::{Compared, NoData, Reading};
use crate::flag::Rank;
use crate::planted::{self, Bug};
use crate::units::{Exposure, UnixMillis, format_duration};
use std::time::Duration;

/// What stands against leaving the stage beside its conditions and its time. `asks_for_approval`: nothing
/// else is in the way, so that people are asked only for what they can really open.
pub(super) fn stands_against_next(
    plan: &Plan,
    rules: &Rules<'_>,
    stage: &Stage,
    evidence: &Evidence,
    asks_for_approval: bool,
    now: UnixMillis,
) -> Vec<Wait> {
    if rules.watching {
        return Vec::new();
    }
    let index = stage.wave.saturating_add(1);
    let next = plan.waves.get(index);
    let mut waits: Vec<Wait> = too_few(rules, evidence).into_iter().collect();
    waits.extend(came_back(plan, stage));
    waits.extend(over_budget(plan, stage).map(Wait::Budget));
    waits.extend(not_counted_yet(plan, evidence).filter(|_| next.is_some()).map(Wait::Budget));
    waits.extend(alerts::stands_against(plan, index, &stage.firing, now));
    if asks_for_approval
        && !planted::is(Bug::ApprovalIsSkipped)
        && waits.is_empty()
        && let Some((next, role)) = next.and_then(|next| Some((next, next.approval.clone()?)))
    {
        waits.push(Wait::Approval { wave: next.name.clone(), role });
    }
    waits
}

/// What the budget does not know yet: a look that catches up has not seen what was done last.
fn not_counted_yet(plan: &Plan, evidence: &Evidence) -> Option<String> {
    let compared = evidence.compared.get(&plan.budget.as_ref()?.metric)?;
    let Ok(Compared::Counts(counts)) = compared else { return None };
    let behind = format_duration(counts.behind);
    (counts.behind > Duration::ZERO).then(|| format!("what the last {behind} cost is not counted yet"))
}

/// That it came back from the wave after this one, and only a person sends it there again.
pub(super) fn came_back(plan: &Plan, stage: &Stage) -> Option<Wait> {
    let next = plan
        .waves
        .get(stage.wave.saturating_add(1))
        .filter(|_| stage.returned && !planted::is(Bug::StepBackIsForgotten))?;
    Some(Wait::SteppedBack(next.name.clone()))
}

/// Whether too few of the candidate's outcomes were seen in the wave. Without an answer there were none.
fn too_few(rules: &Rules<'_>, evidence: &Evidence) -> Option<Wait> {
    let need = rules.min_samples;
    let have = match &evidence.seen {
        Some(Reading::Value { samples, .. }) => samples.unwrap_or(0),
        // Too few for the metric are some all the same.
        Some(Reading::NoData(NoData::TooFew { have, .. })) => *have,
        Some(Reading::NoData(_)) | None => 0,
    };
    (have < need).then_some(Wait::Samples { have, need })
}

/// Goes on. `by` is who promoted it, if the plan's own conditions did not.
pub(super) fn advance(plan: &Plan, state: &State, stage: &Stage, by: Option<&str>, now: UnixMillis) -> Decision {
    let by = by.map(str::to_owned);
    let baked = stage.baked;
    if matches!(state, State::Watching(_)) {
        return completed(plan, stage, by, now);
    }
    let index = stage.wave.saturating_add(if planted::is(Bug::WaveIsSkipped) { 2 } else { 1 });
    match (plan.waves.get(index), &plan.after) {
        (Some(wave), _) => {
            let next = stage.followed_by(plan, index, now);
            let from = wave_name(plan, stage.wave).unwrap_or_else(|| wave.name.clone());
            let change =
                Change::WaveOpened { from, wave: wave.name.clone(), exposure: Reach::of_wave(plan, wave), baked, by };
            let effect = open(plan, Rank::open(next.attempt, next.step), index)
                .map_or(Effect::Keep, |overlay| Effect::Open(Opening(overlay)));
            moved(plan, State::Running(next), effect, Some(change), now)
        }
        (None, Some(after)) => {
            let mut next = stage.followed_by(plan, stage.wave, now);
            // Nothing changes for anybody.
            next.step = stage.step;
            let change = Change::WatchBegan { baked, watch: after.watch, by };
            moved(plan, State::Watching(next), Effect::Keep, Some(change), now)
        }
        (None, None) => completed(plan, stage, by, now),
    }
}

/// Done: who was held back until now gets the candidate too.
fn completed(plan: &Plan, stage: &Stage, by: Option<String>, now: UnixMillis) -> Decision {
    let held_back = plan.after.as_ref().map_or(Exposure::NONE, |after| after.holdback);
    let opens = held_back != Exposure::NONE;
    let step = if opens { stage.step.saturating_add(1) } else { stage.step };
    let effect = match open_to_all(plan, Rank::open(stage.attempt, step)).filter(|_| opens) {
        Some(overlay) => Effect::Open(Opening(overlay)),
        None => Effect::Keep,
    };
    let next = State::Completed { attempt: stage.attempt, at: now, step };
    moved(plan, next, effect, Some(Change::Completed { by, held_back }), now)
}
