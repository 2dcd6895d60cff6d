//! The decision: plan, state, event and time in; next state, effect and reason out. Total and pure.

use super::advance::{advance, came_back, stands_against_next};
use super::alerts;
use super::cause::Cause;
use super::check::{Look, Notice, SteppingBack, look};
use super::decision::{Change, Closing, Decision, Effect, Narrowing, Refusal};
use super::event::{Event, Evidence};
use super::memory::account_for_stages;
use super::overlay::{closed, open};
use super::plan::{List, Plan, Wave};
use super::posting;
use super::share::{Reach, reach};
use super::stage::{Rules, rules_of, wave_at};
use super::start::{self, start_waits};
use super::state::{Stage, Standing, State};
use super::wait::{Wait, sentence};
use crate::flag::Rank;
use crate::planted::{self, Bug};
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
        Event::Recalled { attempt, .. } if *attempt != state.attempt() => Ok(keep(plan, state, now)),
        Event::Recalled { train, because, alone, .. } => {
            let cause = Cause::Train { train: train.clone(), because: because.clone(), alone: *alone };
            rollback(plan, state, cause, now)
        }
        Event::Resolved { fingerprint } => Ok(alerts::resolved(plan, state, fingerprint, now)),
        Event::Posted(event) => Ok(posting::posted(plan, state, event, now)),
        Event::Checked(evidence) => Ok(checked(plan, state, evidence, now)),
        Event::Due(beginning) => Ok(start::due(plan, state, beginning, now)),
        Event::Start(beginning) => start::start(plan, state, beginning, now),
        Event::Pause { by } => pause(plan, state, by, now),
        Event::Resume { by } => resume(plan, state, by, now),
        Event::Promote { by, evidence } => promote(plan, state, by, evidence, now),
        Event::Retry(beginning) => start::retry(plan, state, beginning, now),
        Event::Recovered => Ok(recovered(plan, state, now)),
    }
}

/// What a rollout waits for as far as its state alone tells.
#[must_use]
pub fn standing_waits(plan: &Plan, state: &State, now: UnixMillis) -> Vec<Wait> {
    match state {
        State::Pending { attempts } => vec![start_waits(plan, *attempts, now)],
        State::RolledBack { .. } => vec![Wait::Retry],
        State::Completed { .. } => Vec::new(),
        State::Paused { .. } => vec![Wait::Resume],
        State::Running(stage) => {
            let left = wave_at(plan, stage.wave).and_then(|wave| Rules::of_wave(wave).time_left(stage));
            left.into_iter().chain(came_back(plan, stage)).chain([Wait::NextCheck]).collect()
        }
        State::Watching(stage) => Rules::of_watch(plan).time_left(stage).into_iter().collect(),
    }
}

pub(super) fn keep(plan: &Plan, state: &State, now: UnixMillis) -> Decision {
    moved(plan, state.clone(), Effect::Keep, None, now)
}

pub(super) fn moved(plan: &Plan, next: State, effect: Effect, change: Option<Change>, now: UnixMillis) -> Decision {
    let waits = standing_waits(plan, &next, now);
    Decision { next, effect, change, waits, findings: Vec::new(), check_now: false }
}

pub(super) fn wave_name(plan: &Plan, index: usize) -> Option<WaveName> {
    wave_at(plan, index).map(|wave| wave.name.clone())
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

pub(super) fn close(plan: &Plan, state: &State, attempt: u32, wave: usize, cause: Cause, now: UnixMillis) -> Decision {
    let change = wave_name(plan, wave).map(|name| Change::Closed {
        cause: cause.clone(),
        wave: name,
        exposure: reach(plan, state),
    });
    let next = State::RolledBack { attempt, at: now, wave, cause };
    moved(plan, next, Effect::Close(Closing(closed(plan, attempt))), change, now)
}

fn rollback(plan: &Plan, state: &State, cause: Cause, now: UnixMillis) -> Result<Decision, Refusal> {
    match state {
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => {
            Ok(close(plan, state, stage.attempt, stage.wave, cause, now))
        }
        State::Completed { attempt, .. } => {
            Ok(close(plan, state, *attempt, plan.waves.len().saturating_sub(1), cause, now))
        }
        State::RolledBack { .. } => Ok(keep(plan, state, now)),
        State::Pending { .. } => {
            Err(Refusal(format!("{} has not been started: there is nothing to roll back", plan.name)))
        }
    }
}

fn checked(plan: &Plan, state: &State, evidence: &Evidence, now: UnixMillis) -> Decision {
    let Some((before, rules)) = rules_of(plan, state) else { return keep(plan, state, now) };
    let mut stage = before.clone();
    let Look { findings, cause, step_back, mut waits, standing, early, noticed } =
        look(plan, &rules, &mut stage, evidence, now);
    let kept = planted::is(Bug::PauseKeepsFromClosing) && matches!(state, State::Paused { .. });
    if let Some(cause) = cause.filter(|_| !kept) {
        let decision = close(plan, state, stage.attempt, stage.wave, cause, now);
        return Decision { findings, ..decision };
    }
    if let Some(why) = step_back {
        forget(&mut stage, &noticed);
        return Decision { findings, ..back(plan, state, &stage, why, now) };
    }
    let paused = matches!(state, State::Paused { .. });
    stage.pass_time(&rules, standing, !paused || planted::is(Bug::PauseGoesOnBaking), now);
    if paused {
        let change = noticed_change(&noticed);
        return Decision { findings, change, ..keep(plan, &with_stage(state, stage), now) };
    }
    if let Some(left) = rules.time_left(&stage).filter(|_| !early) {
        waits.insert(0, left);
    }
    waits.extend(stands_against_next(plan, &rules, &stage, evidence, waits.is_empty(), now));
    if waits.is_empty() {
        forget(&mut stage, &noticed);
        return Decision { findings, ..advance(plan, state, &stage, None, now) };
    }
    let held = held_change(before, standing, &waits);
    if held.is_some() {
        forget(&mut stage, &noticed);
    }
    let change = held.or_else(|| noticed_change(&noticed));
    let next = with_stage(state, stage);
    Decision { next, effect: Effect::Keep, change, waits, findings, check_now: false }
}

fn noticed_change(noticed: &[Notice]) -> Option<Change> {
    let seen = || noticed.iter().map(|notice| notice.seen.clone()).collect();
    (!noticed.is_empty()).then(|| Change::Noticed(seen()))
}

/// A decision makes one row. What could not be told beside another is told at the next check, if it is still so.
fn forget(stage: &mut Stage, noticed: &[Notice]) {
    for notice in noticed {
        stage.memory.noticed.remove(&*notice.condition);
    }
}

/// Back to the wave before, where only a person lets it go on. From the first wave there is no way back
/// but to close.
fn back(plan: &Plan, state: &State, stage: &Stage, why: SteppingBack, now: UnixMillis) -> Decision {
    let SteppingBack { seen, cause } = why;
    let before = stage.wave.checked_sub(1).filter(|_| !matches!(state, State::Watching(_)));
    let to = before.and_then(|index| Some((index, wave_at(plan, index)?)));
    let Some((index, wave)) = to else {
        return close(plan, state, stage.attempt, stage.wave, cause, now);
    };
    went_back(plan, state, stage, (index, wave), stage.step.saturating_add(1), seen, now)
}

/// A step back that was decided and served before, in a state that does not know of it. `None` where it knows of it
/// or of what came after it, or where the attempt is not in a later wave.
#[must_use]
pub fn step_back_again(
    plan: &Plan,
    state: &State,
    (attempt, step): (u32, u32),
    (index, seen): (usize, &str),
    now: UnixMillis,
) -> Option<Decision> {
    let (State::Running(stage) | State::Paused { stage, .. }) = state else { return None };
    let wave = plan.waves.get(index)?;
    let unknown = stage.attempt == attempt && stage.step < step && index < stage.wave;
    unknown.then(|| went_back(plan, state, stage, (index, wave), step, seen.to_owned(), now))
}

fn went_back(
    plan: &Plan,
    state: &State,
    stage: &Stage,
    (index, wave): (usize, &Wave),
    step: u32,
    seen: String,
    now: UnixMillis,
) -> Decision {
    let mut next = stage.followed_by(plan, index, now);
    next.step = step;
    next.returned = true;
    // What has taken it back has been said: it is to be seen anew before it takes it back further.
    let rules = wave_at(plan, stage.wave).map(Rules::of_wave);
    for clause in rules.iter().flat_map(|rules| rules.clauses).filter(|clause| clause.list == List::StepBack) {
        clause.when.each_leaf(&mut |leaf| next.memory.forget_test(&clause.text_of(leaf)));
    }
    let from = wave_name(plan, stage.wave).unwrap_or_else(|| wave.name.clone());
    let change = Change::SteppedBack { from, wave: wave.name.clone(), exposure: Reach::of_wave(plan, wave), seen };
    let widest = if planted::is(Bug::StepBackWidens) { usize::MAX } else { index };
    let effect = open(plan, Rank::open(next.attempt, next.step), widest)
        .map_or(Effect::Keep, |overlay| Effect::Narrow(Narrowing(overlay)));
    let next = match state {
        State::Paused { since, .. } => State::Paused { stage: next, since: *since },
        State::Running(_)
        | State::Watching(_)
        | State::Pending { .. }
        | State::Completed { .. }
        | State::RolledBack { .. } => State::Running(next),
    };
    moved(plan, next, effect, Some(change), now)
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

fn pause(plan: &Plan, state: &State, by: &str, now: UnixMillis) -> Result<Decision, Refusal> {
    match state {
        State::Running(stage) => {
            let change = Change::Paused { by: by.to_owned() };
            let next = State::Paused { stage: stage.clone(), since: now };
            Ok(moved(plan, next, Effect::Keep, Some(change), now))
        }
        State::Paused { .. } => Ok(keep(plan, state, now)),
        State::Pending { .. } | State::Watching(_) | State::Completed { .. } | State::RolledBack { .. } => {
            Err(Refusal(format!("{} is {}: there is no wave to pause", plan.name, describe(plan, state))))
        }
    }
}

fn resume(plan: &Plan, state: &State, by: &str, now: UnixMillis) -> Result<Decision, Refusal> {
    match state {
        State::Paused { stage, .. } => {
            let mut stage = stage.clone();
            if !planted::is(Bug::ResumeCountsThePause) {
                stage.take_up(now);
            }
            let change = Change::Resumed { by: by.to_owned() };
            Ok(moved(plan, State::Running(stage), Effect::Keep, Some(change), now))
        }
        State::Running(_) => Ok(keep(plan, state, now)),
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
    let Some((_, rules)) = rules_of(plan, state) else { return Ok(keep(plan, state, now)) };
    let mut stage = before.clone();
    let Look { findings, cause, step_back, mut waits, standing, noticed, .. } =
        look(plan, &rules, &mut stage, evidence, now);
    if let Some(cause) = cause {
        return Ok(Decision { findings, ..close(plan, state, stage.attempt, stage.wave, cause, now) });
    }
    forget(&mut stage, &noticed);
    if let Some(why) = step_back {
        return Ok(Decision { findings, ..back(plan, state, &stage, why, now) });
    }
    stage.pass_time(&rules, standing, true, now);
    waits.extend(stands_against_next(plan, &rules, &stage, evidence, true, now));
    let against: Vec<Wait> = waits.into_iter().filter(|wait| !wait.yields_to_promotion()).collect();
    match against.is_empty() || planted::is(Bug::PromotionIsEvidence) {
        true => Ok(Decision { findings, ..advance(plan, state, &stage, Some(by), now) }),
        false => Err(Refusal(format!("{} cannot go on: {}", plan.name, sentence(&against)))),
    }
}

fn recovered(plan: &Plan, state: &State, now: UnixMillis) -> Decision {
    let Some((before, rules)) = rules_of(plan, state) else { return keep(plan, state, now) };
    let mut stage = before.clone();
    stage.forget_unwatched(rules.every, now);
    stage.hear_alerts_from(now);
    account_for_stages(plan, &mut stage, rules.watching);
    if !planted::is(Bug::RestartCountsTheTimeBetween) {
        stage.take_up(now);
    }
    keep(plan, &with_stage(state, stage), now)
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
