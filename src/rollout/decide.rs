//! The decision: plan, state, event and time in; next state, effect and reason out. Total and pure.

use super::alerts;
use super::cause::Cause;
use super::check::{Look, look};
use super::decision::{Change, Closing, Decision, Effect, Opening, Refusal};
use super::event::{Beginning, Event, Evidence};
use super::plan::Plan;
use super::stage::{Rules, closed, exposure, open, wave_at};
use super::state::{Stage, Standing, State};
use super::wait::{Wait, sentence};
use crate::units::{UnixMillis, WaveName};

/// Decides what an event means for a rollout.
///
/// # Errors
/// When the event is a person's command that is not legal in this state. Rolling back is legal in
/// every state in which anybody has the candidate; checks, alerts and recoveries are never refused.
pub fn decide(plan: &Plan, state: &State, event: &Event, now: UnixMillis) -> Result<Decision, Refusal> {
    match event {
        Event::Firing(alert) => Ok(alerts::firing(plan, state, alert, now)),
        Event::Rollback { by, reason } => {
            rollback(plan, state, Cause::Person { by: by.clone(), reason: reason.clone() }, now)
        }
        Event::Resolved { fingerprint } => Ok(alerts::resolved(plan, state, fingerprint)),
        Event::Checked(evidence) => Ok(checked(plan, state, evidence, now)),
        Event::Start(beginning) => start(plan, state, beginning, now),
        Event::Pause { by } => pause(plan, state, by, now),
        Event::Resume { by } => resume(plan, state, by, now),
        Event::Promote { by, evidence } => promote(plan, state, by, evidence, now),
        Event::Retry(beginning) => retry(plan, state, beginning, now),
        Event::Recovered => Ok(recovered(plan, state, now)),
    }
}

/// What a rollout waits for as far as its state alone tells.
#[must_use]
pub fn standing_waits(plan: &Plan, state: &State) -> Vec<Wait> {
    match state {
        State::Pending { .. } => vec![Wait::Start],
        State::RolledBack { .. } => vec![Wait::Retry],
        State::Completed { .. } => Vec::new(),
        State::Paused { .. } => vec![Wait::Resume],
        State::Running(stage) => {
            let left = wave_at(plan, stage.wave).and_then(|wave| Rules::of_wave(wave).time_left(stage));
            left.into_iter().chain([Wait::NextCheck]).collect()
        }
        State::Watching(stage) => Rules::of_watch(plan).time_left(stage).into_iter().collect(),
    }
}

pub(super) fn keep(plan: &Plan, state: &State) -> Decision {
    moved(plan, state.clone(), Effect::Keep, None)
}

fn moved(plan: &Plan, next: State, effect: Effect, change: Option<Change>) -> Decision {
    let waits = standing_waits(plan, &next);
    Decision { next, effect, change, waits, findings: Vec::new(), check_now: false }
}

fn wave_name(plan: &Plan, index: usize) -> Option<WaveName> {
    wave_at(plan, index).map(|wave| wave.name.clone())
}

/// The stage of a state in which somebody has the candidate and somebody watches.
pub(super) const fn live_stage(state: &State) -> Option<&Stage> {
    match state {
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => Some(stage),
        State::Pending { .. } | State::Completed { .. } | State::RolledBack { .. } => None,
    }
}

/// The same state with another stage in it.
pub(super) fn with_stage(state: &State, stage: Stage) -> State {
    match state {
        State::Running(_) => State::Running(stage),
        State::Paused { since, .. } => State::Paused { stage, since: *since },
        State::Watching(_) => State::Watching(stage),
        State::Pending { .. } | State::Completed { .. } | State::RolledBack { .. } => state.clone(),
    }
}

pub(super) fn rules_of<'p>(plan: &'p Plan, state: &State, stage: &Stage) -> Option<Rules<'p>> {
    match state {
        State::Watching(_) => Some(Rules::of_watch(plan)),
        State::Running(_)
        | State::Paused { .. }
        | State::Pending { .. }
        | State::Completed { .. }
        | State::RolledBack { .. } => wave_at(plan, stage.wave).map(Rules::of_wave),
    }
}

pub(super) fn close(plan: &Plan, state: &State, attempt: u32, wave: usize, cause: Cause, now: UnixMillis) -> Decision {
    let change = wave_name(plan, wave).map(|name| Change::Closed {
        cause: cause.clone(),
        wave: name,
        exposure: exposure(plan, state),
    });
    let next = State::RolledBack { attempt, at: now, wave, cause };
    moved(plan, next, Effect::Close(Closing(closed(plan, attempt))), change)
}

fn rollback(plan: &Plan, state: &State, cause: Cause, now: UnixMillis) -> Result<Decision, Refusal> {
    match state {
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => {
            Ok(close(plan, state, stage.attempt, stage.wave, cause, now))
        }
        State::Completed { attempt, .. } => {
            Ok(close(plan, state, *attempt, plan.waves.len().saturating_sub(1), cause, now))
        }
        State::RolledBack { .. } => Ok(keep(plan, state)),
        State::Pending { .. } => {
            Err(Refusal(format!("{} has not been started: there is nothing to roll back", plan.name)))
        }
    }
}

fn checked(plan: &Plan, state: &State, evidence: &Evidence, now: UnixMillis) -> Decision {
    let Some((before, rules)) = live_stage(state).and_then(|stage| Some((stage, rules_of(plan, state, stage)?))) else {
        return keep(plan, state);
    };
    let mut stage = before.clone();
    let Look { findings, cause, mut waits, standing } = look(plan, &rules, &mut stage, evidence, now);
    if let Some(cause) = cause {
        let decision = close(plan, state, stage.attempt, stage.wave, cause, now);
        return Decision { findings, ..decision };
    }
    let paused = matches!(state, State::Paused { .. });
    stage.pass_time(rules.every, standing, !paused, now);
    if paused {
        let decision = keep(plan, &with_stage(state, stage));
        return Decision { findings, ..decision };
    }
    let seen_against = held_change(before, standing, &waits);
    if let Some(left) = rules.time_left(&stage) {
        waits.insert(0, left);
    }
    if waits.is_empty() && !rules.watching {
        waits.extend(alerts::stands_against(plan, stage.wave.saturating_add(1), &stage.firing, now));
    }
    if waits.is_empty() && !rules.watching {
        waits.extend(approval_for_next(plan, &stage));
    }
    if waits.is_empty() {
        return Decision { findings, ..advance(plan, state, &stage, None, now) };
    }
    let next = with_stage(state, stage);
    Decision { next, effect: Effect::Keep, change: seen_against, waits, findings, check_now: false }
}

/// A row for the ledger when holding begins, changes its kind, or ends.
fn held_change(before: &Stage, standing: Standing, waits: &[Wait]) -> Option<Change> {
    let was = before.checked.as_ref().map_or(Standing::Clear, |check| check.standing);
    let holding = |wait: &&Wait| matches!(wait, Wait::Hold(_) | Wait::NoData { .. } | Wait::Flag(_));
    match (was, standing) {
        (was, standing) if was == standing => None,
        (_, Standing::Clear) => Some(Change::Released),
        (_, Standing::Held | Standing::Blind) => Some(Change::Held(waits.iter().filter(holding).cloned().collect())),
    }
}

fn approval_for_next(plan: &Plan, stage: &Stage) -> Option<Wait> {
    let next = plan.waves.get(stage.wave.saturating_add(1))?;
    let role = next.approval.clone()?;
    Some(Wait::Approval { wave: next.name.clone(), role })
}

/// From a stage that has nothing left to wait for to the one that follows.
fn advance(plan: &Plan, state: &State, stage: &Stage, by: Option<&str>, now: UnixMillis) -> Decision {
    let by = by.map(str::to_owned);
    let baked = stage.baked;
    let completed = |by| {
        let next = State::Completed { attempt: stage.attempt, at: now };
        moved(plan, next, Effect::Keep, Some(Change::Completed { by }))
    };
    if matches!(state, State::Watching(_)) {
        return completed(by);
    }
    let index = stage.wave.saturating_add(1);
    let mut next = Stage::enter(stage.attempt, index, now);
    next.firing.clone_from(&stage.firing);
    match (plan.waves.get(index), &plan.after) {
        (Some(wave), _) => {
            let from = wave_name(plan, stage.wave).unwrap_or_else(|| wave.name.clone());
            let change = Change::WaveOpened { from, wave: wave.name.clone(), exposure: wave.exposure, baked, by };
            let effect =
                open(plan, stage.attempt, index).map_or(Effect::Keep, |overlay| Effect::Open(Opening(overlay)));
            moved(plan, State::Running(next), effect, Some(change))
        }
        (None, Some(after)) => {
            next.wave = stage.wave;
            let change = Change::WatchBegan { baked, watch: after.watch, by };
            moved(plan, State::Watching(next), Effect::Keep, Some(change))
        }
        (None, None) => completed(by),
    }
}

fn begin(plan: &Plan, attempt: u32, beginning: &Beginning, now: UnixMillis) -> Result<Decision, Refusal> {
    if let Some(problem) = beginning.flag_problems.first() {
        return Err(Refusal(format!("{} cannot begin: {problem}", plan.name)));
    }
    let (Some(wave), Some(overlay)) = (plan.waves.first(), open(plan, attempt, 0)) else {
        return Err(Refusal(format!("{} has no waves", plan.name)));
    };
    let change =
        Change::Started { attempt, wave: wave.name.clone(), exposure: wave.exposure, by: beginning.by.clone() };
    let mut stage = Stage::enter(attempt, 0, now);
    if let Some(cause) = alerts::remember_at_start(plan, &mut stage, &beginning.firing, now) {
        return Err(Refusal(format!("{} cannot begin: {cause}", plan.name)));
    }
    let next = State::Running(stage);
    Ok(moved(plan, next, Effect::Open(Opening(overlay)), Some(change)))
}

fn start(plan: &Plan, state: &State, beginning: &Beginning, now: UnixMillis) -> Result<Decision, Refusal> {
    match state {
        State::Pending { attempts } => begin(plan, attempts.saturating_add(1), beginning, now),
        State::RolledBack { .. } => Err(Refusal(format!("{} was rolled back: use `retry` to begin anew", plan.name))),
        State::Running(_) | State::Paused { .. } | State::Watching(_) | State::Completed { .. } => {
            Err(Refusal(format!("{} was started already: it is {}", plan.name, describe(plan, state))))
        }
    }
}

fn retry(plan: &Plan, state: &State, beginning: &Beginning, now: UnixMillis) -> Result<Decision, Refusal> {
    match state {
        State::RolledBack { attempt, .. } => begin(plan, attempt.saturating_add(1), beginning, now),
        State::Pending { .. } => Err(Refusal(format!("{} was never started: use `start`", plan.name))),
        State::Running(_) | State::Paused { .. } | State::Watching(_) | State::Completed { .. } => Err(Refusal(
            format!("{} is {}: only what was rolled back can be retried", plan.name, describe(plan, state)),
        )),
    }
}

fn pause(plan: &Plan, state: &State, by: &str, now: UnixMillis) -> Result<Decision, Refusal> {
    match state {
        State::Running(stage) => {
            let next = State::Paused { stage: stage.clone(), since: now };
            Ok(moved(plan, next, Effect::Keep, Some(Change::Paused { by: by.to_owned() })))
        }
        State::Paused { .. } => Ok(keep(plan, state)),
        State::Pending { .. } | State::Watching(_) | State::Completed { .. } | State::RolledBack { .. } => {
            Err(Refusal(format!("{} is {}: there is no wave to pause", plan.name, describe(plan, state))))
        }
    }
}

fn resume(plan: &Plan, state: &State, by: &str, now: UnixMillis) -> Result<Decision, Refusal> {
    match state {
        State::Paused { stage, .. } => {
            let mut stage = stage.clone();
            stage.take_up(now);
            Ok(moved(plan, State::Running(stage), Effect::Keep, Some(Change::Resumed { by: by.to_owned() })))
        }
        State::Running(_) => Ok(keep(plan, state)),
        State::Pending { .. } | State::Watching(_) | State::Completed { .. } | State::RolledBack { .. } => {
            Err(Refusal(format!("{} is {}, not paused", plan.name, describe(plan, state))))
        }
    }
}

fn promote(plan: &Plan, state: &State, by: &str, evidence: &Evidence, now: UnixMillis) -> Result<Decision, Refusal> {
    let State::Running(before) = state else {
        let advice = match state {
            State::Paused { .. } => ": use `resume` first",
            State::Pending { .. } => ": use `start`",
            State::RolledBack { .. } => ": use `retry`",
            State::Watching(_) => ": all waves are open, and the watch ends by itself",
            State::Completed { .. } | State::Running(_) => "",
        };
        return Err(Refusal(format!("{} is {}{advice}", plan.name, describe(plan, state))));
    };
    let Some(rules) = rules_of(plan, state, before) else { return Ok(keep(plan, state)) };
    let mut stage = before.clone();
    let Look { findings, cause, waits, standing } = look(plan, &rules, &mut stage, evidence, now);
    if let Some(cause) = cause {
        return Ok(Decision { findings, ..close(plan, state, stage.attempt, stage.wave, cause, now) });
    }
    stage.pass_time(rules.every, standing, true, now);
    let alerts = alerts::stands_against(plan, stage.wave.saturating_add(1), &stage.firing, now);
    let against: Vec<Wait> = waits.into_iter().filter(|wait| !wait.yields_to_promotion()).chain(alerts).collect();
    match against.is_empty() {
        true => Ok(Decision { findings, ..advance(plan, state, &stage, Some(by), now) }),
        false => Err(Refusal(format!("{} cannot go on: {}", plan.name, sentence(&against)))),
    }
}

fn recovered(plan: &Plan, state: &State, now: UnixMillis) -> Decision {
    let Some((before, rules)) = live_stage(state).and_then(|stage| Some((stage, rules_of(plan, state, stage)?))) else {
        return keep(plan, state);
    };
    let mut stage = before.clone();
    stage.forget_unwatched(rules.every, now);
    stage.take_up(now);
    keep(plan, &with_stage(state, stage))
}

/// The state in a few words: `in wave beta`, `paused in wave beta`.
#[must_use]
pub fn describe(plan: &Plan, state: &State) -> String {
    let wave = |stage: &Stage| wave_name(plan, stage.wave).map(|name| name.to_string()).unwrap_or_default();
    match state {
        State::Pending { .. } => "not started".to_owned(),
        State::Running(stage) => format!("in wave {}", wave(stage)),
        State::Paused { stage, .. } => format!("paused in wave {}", wave(stage)),
        State::Watching(_) => "watched after its last wave".to_owned(),
        State::Completed { .. } => "completed".to_owned(),
        State::RolledBack { .. } => "rolled back".to_owned(),
    }
}
