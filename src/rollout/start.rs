//! Beginning: by a person, or by itself at the time that the plan names.

use super::alerts;
use super::decide::{describe, keep, moved};
use super::decision::{Change, Decision, Effect, Opening, Refusal};
use super::event::Beginning;
use super::memory::questions_at_start;
use super::overlay::open;
use super::plan::Plan;
use super::share::Reach;
use super::state::{Stage, State};
use super::wait::Wait;
use crate::flag::Rank;
use crate::planted::{self, Bug};
use crate::units::{UnixMillis, format_duration};
use std::time::Duration;

/// How long after its time a rollout may begin by itself. Later nobody may be there to see it.
const BEGINS_WITHIN: Duration = Duration::from_secs(3_600);

/// How often is tried again what could not begin at its time.
const TRIED_EVERY: Duration = Duration::from_secs(60);

/// How long until a rollout begins, or tries to, by itself. A minute at most, so that a clock that is set
/// is noticed.
pub(super) fn start_in(plan: &Plan, state: &State, now: UnixMillis) -> Option<Duration> {
    let (State::Pending { attempts: 0 }, Some(start)) = (state, plan.start) else { return None };
    match now.since(start) {
        late if late > BEGINS_WITHIN => None,
        late if late.is_zero() => Some(start.since(now).min(TRIED_EVERY)),
        _ => Some(TRIED_EVERY),
    }
}

/// What a rollout that has not begun waits for.
pub(super) fn start_waits(plan: &Plan, attempts: u32, now: UnixMillis) -> Wait {
    match plan.start {
        Some(start) if attempts == 0 && start > now => Wait::StartTime { left: start.since(now) },
        Some(start) if attempts == 0 && now.since(start) > BEGINS_WITHIN => {
            Wait::StartMissed("for an hour nobody was there, or something stood against it".to_owned())
        }
        Some(_) | None => Wait::Start,
    }
}

pub(super) fn start(plan: &Plan, state: &State, beginning: &Beginning, now: UnixMillis) -> Result<Decision, Refusal> {
    match state {
        State::Pending { attempts } => match plan
            .start
            .filter(|start| *start > now && !planted::is(Bug::BeginsBeforeItsTime))
        {
            Some(_) => {
                Err(Refusal(format!("{} {}: change `start` in its plan", plan.name, start_waits(plan, *attempts, now))))
            }
            None => begin(plan, attempts.saturating_add(1), beginning, now),
        },
        State::RolledBack { .. } => Err(Refusal(format!("{} was rolled back: use `retry` to begin anew", plan.name))),
        State::Running(_) | State::Paused { .. } | State::Watching(_) | State::Completed { .. } => {
            Err(Refusal(format!("{} was started already: it is {}", plan.name, describe(plan, state))))
        }
    }
}

/// The time has come that the plan names. What stands against beginning is waited for, but not for ever.
pub(super) fn due(plan: &Plan, state: &State, beginning: &Beginning, now: UnixMillis) -> Decision {
    let mut waits = keep(plan, state, now);
    let (State::Pending { attempts: 0 }, Some(start)) = (state, plan.start) else { return waits };
    if start > now || now.since(start) > BEGINS_WITHIN {
        return waits;
    }
    match begin(plan, 1, beginning, now) {
        Ok(decision) => decision,
        Err(Refusal(why)) => {
            waits.waits = vec![Wait::Hold(why)];
            waits
        }
    }
}

pub(super) fn retry(plan: &Plan, state: &State, beginning: &Beginning, now: UnixMillis) -> Result<Decision, Refusal> {
    match state {
        State::RolledBack { attempt, .. } if planted::is(Bug::RetryKeepsTheAttempt) => {
            begin(plan, *attempt, beginning, now)
        }
        State::Completed { attempt, .. } if planted::is(Bug::CompletedIsNotTheEnd) => {
            begin(plan, attempt.saturating_add(1), beginning, now)
        }
        State::RolledBack { attempt, at, .. } => {
            let since = now.since(*at);
            let during = |span: &Duration| {
                *span > since && !questions_at_start(plan).is_empty() && !planted::is(Bug::BaselineOfTheLastAttempt)
            };
            match plan.baseline.filter(during) {
                Some(span) => Err(Refusal(format!(
                    "{} cannot begin: its baseline of {} would be that of the attempt that was rolled back; wait {}",
                    plan.name,
                    format_duration(span),
                    format_duration(span.saturating_sub(since))
                ))),
                None => begin(plan, attempt.saturating_add(1), beginning, now),
            }
        }
        State::Pending { .. } => Err(Refusal(format!("{} was never started: use `start`", plan.name))),
        State::Running(_) | State::Paused { .. } | State::Watching(_) | State::Completed { .. } => Err(Refusal(
            format!("{} is {}: only what was rolled back can be retried", plan.name, describe(plan, state)),
        )),
    }
}

fn begin(plan: &Plan, attempt: u32, beginning: &Beginning, now: UnixMillis) -> Result<Decision, Refusal> {
    let cannot = |why: &dyn std::fmt::Display| Refusal(format!("{} cannot begin: {why}", plan.name));
    if let Some(problem) = beginning.flag_problems.first() {
        return Err(cannot(problem));
    }
    let (Some(wave), Some(overlay)) = (plan.waves.first(), open(plan, Rank::open(attempt, 0), 0)) else {
        return Err(Refusal(format!("{} has no waves", plan.name)));
    };
    let mut stage = Stage::enter(attempt, 0, now);
    for question in questions_at_start(plan) {
        let reading = beginning.baseline.get(&question.metric).map(crate::analysis::Reading::value);
        match reading {
            Some(Ok((value, _))) => drop(stage.memory.baseline.insert(question.metric, value)),
            Some(Err(why)) => return Err(cannot(&format!("no baseline of {}: {why}", question.metric))),
            None => return Err(cannot(&format!("no baseline of {} was taken", question.metric))),
        }
    }
    if let Some(cause) = alerts::remember_at_start(plan, &mut stage, &beginning.firing, now) {
        return Err(cannot(&cause));
    }
    let change = Change::Started {
        attempt,
        wave: wave.name.clone(),
        exposure: Reach::of_wave(plan, wave),
        by: beginning.by.clone(),
    };
    Ok(moved(plan, State::Running(stage), Effect::Open(Opening(overlay)), Some(change), now))
}
