//! The wave or watch that is under way: what the plan says of it, and its clock.

use super::plan::{Plan, Wave};
use super::state::{Check, Stage, Standing, State};
use super::wait::Wait;
use crate::analysis::Condition;
use crate::flag::{Gate, Overlay, Part, Parts, Rank, Share};
use crate::units::{Exposure, UnixMillis};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Time between two checks counts as watched up to this many check intervals. Over that the process
/// slept, was stopped, or the clock jumped: such time is neither bake nor part of a `for`.
const WATCHED_INTERVALS: u32 = 3;

impl Stage {
    /// A wave that begins now.
    #[must_use]
    pub const fn enter(attempt: u32, wave: usize, now: UnixMillis) -> Self {
        Self {
            attempt,
            wave,
            entered: now,
            baked: Duration::ZERO,
            checked: None,
            true_since: BTreeMap::new(),
            firing: BTreeMap::new(),
        }
    }

    /// The last moment the clock has taken account of.
    pub(super) fn accounted(&self) -> UnixMillis {
        self.checked.as_ref().map_or(self.entered, |check| check.at)
    }

    /// Takes account of a check: adds what was baked since the last one.
    pub(super) fn pass_time(&mut self, every: Duration, standing: Standing, counts: bool, now: UnixMillis) {
        let gap = now.since(self.accounted());
        let was_clear = self.checked.as_ref().is_none_or(|check| check.standing == Standing::Clear);
        let watched = gap <= every.saturating_mul(WATCHED_INTERVALS);
        if counts && watched && was_clear && standing == Standing::Clear {
            self.baked = self.baked.saturating_add(gap);
        }
        self.checked = Some(Check { at: now, standing });
    }

    /// Forgets since when comparisons have been true if nobody watched in between.
    pub(super) fn forget_unwatched(&mut self, every: Duration, now: UnixMillis) {
        if now.since(self.accounted()) > every.saturating_mul(WATCHED_INTERVALS) {
            self.true_since.clear();
        }
    }

    /// Lets the clock go on from now: what lies between counts as nothing.
    pub(super) fn take_up(&mut self, now: UnixMillis) {
        let standing = self.checked.as_ref().map_or(Standing::Clear, |check| check.standing);
        self.checked = Some(Check { at: now, standing });
    }
}

/// What the plan says of a stage: the wave's own rules, or those of the watch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'p> {
    pub every: Duration,
    pub bake: Duration,
    pub close_when: &'p [Condition],
    pub hold_when: &'p [Condition],
    pub advance_when: &'p [Condition],
    pub watching: bool,
}

impl<'p> Rules<'p> {
    pub(super) fn of_wave(wave: &'p Wave) -> Self {
        Self {
            every: wave.every,
            bake: wave.bake,
            close_when: &wave.close_when,
            hold_when: &wave.hold_when,
            advance_when: &wave.advance_when,
            watching: false,
        }
    }

    /// The rules of the watch; without one in the plan, those of a watch that is over.
    pub(super) fn of_watch(plan: &'p Plan) -> Self {
        let none = Self {
            every: Duration::from_secs(1),
            bake: Duration::ZERO,
            close_when: &[],
            hold_when: &[],
            advance_when: &[],
            watching: true,
        };
        plan.after.as_ref().map_or(none, |after| Self {
            every: after.every,
            bake: after.watch,
            close_when: &after.close_when,
            ..none
        })
    }

    /// What is missing of the bake or the watch.
    pub(super) fn time_left(&self, stage: &Stage) -> Option<Wait> {
        let left = self.bake.saturating_sub(stage.baked);
        match (left.is_zero(), self.watching) {
            (true, _) => None,
            (false, true) => Some(Wait::Watch { left }),
            (false, false) => Some(Wait::Bake { left }),
        }
    }
}

/// The wave of that index. A stored index beyond the plan's end means the last wave, never a panic.
pub(super) fn wave_at(plan: &Plan, index: usize) -> Option<&Wave> {
    plan.waves.get(index).or_else(|| plan.waves.last())
}

/// The share of users that has the candidate in a state.
#[must_use]
pub fn exposure(plan: &Plan, state: &State) -> Exposure {
    let at = |index| wave_at(plan, index).map_or(Exposure::NONE, |wave| wave.exposure);
    match state {
        State::Pending { .. } | State::RolledBack { .. } => Exposure::NONE,
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => at(stage.wave),
        State::Completed { .. } => at(usize::MAX),
    }
}

/// What a state lays over the flag. Nothing before the start; after that always something, so that a
/// closed flag stays closed whatever its definition becomes.
#[must_use]
pub fn overlay(plan: &Plan, state: &State) -> Option<Overlay> {
    let last = plan.waves.len().saturating_sub(1);
    match state {
        State::Pending { attempts: 0 } => None,
        State::Pending { attempts } => Some(closed(plan, *attempts)),
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => {
            open(plan, stage.attempt, stage.wave)
        }
        State::Completed { attempt, .. } => open(plan, *attempt, last),
        State::RolledBack { attempt, .. } => Some(closed(plan, *attempt)),
    }
}

/// What the waves up to that one open together: whoever got the candidate by an earlier one keeps it.
pub(super) fn open(plan: &Plan, attempt: u32, index: usize) -> Option<Overlay> {
    let step = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    let part = |(index, wave): (usize, &Wave)| Part {
        step: step(index),
        exposure: wave.exposure,
        audience: wave.audience.clone(),
    };
    let mut parts = plan.waves.iter().take(index.saturating_add(1)).enumerate().map(part);
    let first = Parts::of(parts.next()?);
    let share = Share {
        parts: parts.fold(first, Parts::with),
        bucket_by: Arc::clone(&plan.bucket_by),
        salt: Arc::clone(&plan.salt),
    };
    Some(lay(plan, Rank::open(attempt, step(index)), Gate::Open(share)))
}

pub(super) fn closed(plan: &Plan, attempt: u32) -> Overlay {
    lay(plan, Rank::closed(attempt), Gate::Closed)
}

fn lay(plan: &Plan, rank: Rank, gate: Gate) -> Overlay {
    Overlay { rollout: plan.name.clone(), rank, candidate: plan.candidate.clone(), stable: plan.stable.clone(), gate }
}

/// The time between two checks; `None` where none is made.
#[must_use]
pub fn check_interval(plan: &Plan, state: &State) -> Option<Duration> {
    match state {
        State::Running(stage) | State::Paused { stage, .. } => wave_at(plan, stage.wave).map(|wave| wave.every),
        State::Watching(_) => Some(Rules::of_watch(plan).every),
        State::Pending { .. } | State::Completed { .. } | State::RolledBack { .. } => None,
    }
}

/// How long until the next check is due; `None` where none is made. Never longer than the check
/// interval, so that a clock set back cannot silence the guardrails.
#[must_use]
pub fn next_check_in(plan: &Plan, state: &State, now: UnixMillis) -> Option<Duration> {
    let (stage, rules, paused) = match state {
        State::Running(stage) => (stage, Rules::of_wave(wave_at(plan, stage.wave)?), false),
        State::Paused { stage, .. } => (stage, Rules::of_wave(wave_at(plan, stage.wave)?), true),
        State::Watching(stage) => (stage, Rules::of_watch(plan), false),
        State::Pending { .. } | State::Completed { .. } | State::RolledBack { .. } => return None,
    };
    let last = stage.accounted();
    let mut due = last.plus(rules.every);
    let left = rules.bake.saturating_sub(stage.baked);
    if !paused && !left.is_zero() {
        due = due.min(last.plus(left));
    }
    // A `for` that runs out before the interval does is looked at when it runs out.
    let lasting = |condition: &Condition| {
        let mut ends = Vec::new();
        condition.each_leaf(&mut |leaf| {
            if let Condition::Compare(compare) = leaf
                && let (Some(span), Some(since)) = (compare.lasting, stage.true_since.get(&compare.to_string()))
            {
                ends.push(since.plus(span));
            }
        });
        ends
    };
    let ends = rules.close_when.iter().flat_map(lasting).filter(|end| *end > last);
    due = ends.fold(due, UnixMillis::min);
    Some(due.since(now).min(rules.every))
}
