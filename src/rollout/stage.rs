//! The wave or watch that is under way: what the plan says of it, and its clock.

use super::memory::{Memory, given_with};
use super::plan::{Clause, List, Plan, Wave};
use super::start::start_in;
use super::state::{Check, Stage, Standing, State};
use super::wait::Wait;
use crate::analysis::Condition;
use crate::analysis::statistics::Claim;
use crate::planted::{self, Bug};
use crate::units::UnixMillis;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Time between two checks counts as watched up to this many check intervals. Over that the process
/// slept, was stopped, or the clock jumped: such time is neither bake nor part of a `for`.
const WATCHED_INTERVALS: u32 = 3;

impl Stage {
    /// A wave that begins now.
    #[must_use]
    pub fn enter(attempt: u32, wave: usize, now: UnixMillis) -> Self {
        Self {
            attempt,
            wave,
            step: 0,
            returned: false,
            entered: now,
            baked: Duration::ZERO,
            checked: None,
            true_since: BTreeMap::new(),
            firing: BTreeMap::new(),
            memory: Memory::default(),
        }
    }

    /// The stage after this one, with another exposure: what was seen in the attempt goes with it.
    pub(super) fn followed_by(&self, plan: &Plan, wave: usize, now: UnixMillis) -> Self {
        let mut next = Self::enter(self.attempt, wave, now);
        next.step = self.step.saturating_add(1);
        if !planted::is(Bug::NextWaveForgetsAlerts) {
            next.firing.clone_from(&self.firing);
        }
        next.memory = self.memory.clone();
        // Nothing follows the watch: what this was is a wave.
        next.memory.stages_given = given_with(plan, self);
        next.memory.stage_taken = 0.0;
        next.memory.begin_wave();
        // What was proved safe for few users is to be proved anew for more.
        next.memory.tests.retain(|_, test| test.claim != Claim::Safe || planted::is(Bug::SafetyOutlivesItsWave));
        next
    }

    /// The last moment the clock has taken account of.
    pub(super) fn accounted(&self) -> UnixMillis {
        self.checked.as_ref().map_or(self.entered, |check| check.at)
    }

    /// Takes account of a check: adds what was baked since the last one.
    pub(super) fn pass_time(&mut self, rules: &Rules<'_>, standing: Standing, counts: bool, now: UnixMillis) {
        let gap = now.since(self.accounted());
        let was_clear = self.checked.as_ref().is_none_or(|check| check.standing == Standing::Clear);
        let watched = rules.is_watched(gap) || planted::is(Bug::BakeCountsUnwatchedTime);
        if counts && watched && was_clear && standing == Standing::Clear {
            self.baked = self.baked.saturating_add(gap);
        }
        self.checked = Some(Check { at: now, standing });
    }

    /// Forgets since when comparisons have been true if nobody watched in between.
    pub(super) fn forget_unwatched(&mut self, every: Duration, now: UnixMillis) {
        if is_unwatched(every, self.accounted(), now) && !planted::is(Bug::ForCountsUnwatchedTime) {
            self.true_since.clear();
        }
    }

    /// Lets the clock go on from now: what lies between counts as nothing.
    pub(super) fn take_up(&mut self, now: UnixMillis) {
        let standing = self.checked.as_ref().map_or(Standing::Clear, |check| check.standing);
        self.checked = Some(Check { at: now, standing });
    }
}

/// Whether nobody watched between two moments: then the process slept, was stopped, or the clock jumped.
pub(super) fn is_unwatched(every: Duration, last: UnixMillis, now: UnixMillis) -> bool {
    now.since(last) > every.saturating_mul(WATCHED_INTERVALS)
}

/// What the plan says of a stage: the wave's own rules, or those of the watch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'p> {
    pub every: Duration,
    pub bake: Duration,
    pub min_samples: u64,
    pub clauses: &'p [Arc<Clause>],
    pub watching: bool,
}

impl<'p> Rules<'p> {
    pub(super) fn of_wave(wave: &'p Wave) -> Self {
        Self {
            every: wave.every,
            bake: wave.bake,
            min_samples: wave.min_samples,
            clauses: &wave.clauses,
            watching: false,
        }
    }

    /// The rules of the watch; without one in the plan, those of a watch that is over.
    pub(super) fn of_watch(plan: &'p Plan) -> Self {
        let none =
            Self { every: Duration::from_secs(1), bake: Duration::ZERO, min_samples: 0, clauses: &[], watching: true };
        plan.after.as_ref().map_or(none, |after| Self {
            every: after.every,
            bake: after.watch,
            clauses: &after.clauses,
            ..none
        })
    }

    /// Only what closes or steps back. Clauses stand in the order of severity, so these come first.
    pub(super) fn severe(self) -> Self {
        let severe = self.clauses.iter().take_while(|clause| clause.list <= List::StepBack).count();
        Self { clauses: self.clauses.get(..severe).unwrap_or(self.clauses), ..self }
    }

    /// Whether somebody watched all through a gap between two checks.
    pub(super) fn is_watched(&self, gap: Duration) -> bool {
        gap <= self.every.saturating_mul(WATCHED_INTERVALS)
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

/// The stage of a state in which somebody has the candidate and somebody watches, and its rules.
pub(super) fn rules_of<'a>(plan: &'a Plan, state: &'a State) -> Option<(&'a Stage, Rules<'a>)> {
    match state {
        State::Running(stage) | State::Paused { stage, .. } => {
            wave_at(plan, stage.wave).map(|wave| (stage, Rules::of_wave(wave)))
        }
        State::Watching(stage) => Some((stage, Rules::of_watch(plan))),
        State::Pending { .. } | State::Completed { .. } | State::RolledBack { .. } => None,
    }
}

/// As [`rules_of`], to change the stage.
pub(super) fn rules_of_mut<'a>(plan: &'a Plan, state: &'a mut State) -> Option<(&'a mut Stage, Rules<'a>)> {
    match state {
        State::Running(stage) | State::Paused { stage, .. } => {
            let rules = Rules::of_wave(wave_at(plan, stage.wave)?);
            Some((stage, rules))
        }
        State::Watching(stage) => Some((stage, Rules::of_watch(plan))),
        State::Pending { .. } | State::Completed { .. } | State::RolledBack { .. } => None,
    }
}

/// The wave of that index. A stored index beyond the plan's end means the last wave, never a panic.
pub(super) fn wave_at(plan: &Plan, index: usize) -> Option<&Wave> {
    plan.waves.get(index).or_else(|| plan.waves.last())
}

/// The time between two checks; `None` where none is made.
#[must_use]
pub fn check_interval(plan: &Plan, state: &State) -> Option<Duration> {
    rules_of(plan, state).map(|(_, rules)| rules.every)
}

/// How long until the next check is due, or the beginning that the plan names; `None` where neither is
/// made. Never longer than the check interval, so that a clock set back cannot silence the guardrails.
#[must_use]
pub fn next_check_in(plan: &Plan, state: &State, now: UnixMillis) -> Option<Duration> {
    if let State::Pending { .. } = state {
        return start_in(plan, state, now);
    }
    let (stage, rules) = rules_of(plan, state)?;
    let last = stage.accounted();
    let mut due = last.plus(rules.every);
    let left = rules.bake.saturating_sub(stage.baked);
    // While something holds, the bake does not go on, and nothing is to be seen at its end.
    let bakes = stage.checked.as_ref().is_none_or(|check| check.standing == Standing::Clear);
    if bakes && !matches!(state, State::Paused { .. }) && !left.is_zero() {
        due = due.min(last.plus(left));
    }
    // A `for` that runs out before the interval does is looked at when it runs out.
    let severe = rules.severe().clauses.iter();
    severe.for_each(|clause| {
        clause.when.each_leaf(&mut |leaf| {
            if let Condition::Compare(compare) = leaf
                && let Some(span) = compare.lasting.filter(|_| !stage.true_since.is_empty())
                && let Some(since) = stage.true_since.get(&*clause.text_of(leaf))
                && since.plus(span) > last
            {
                due = due.min(since.plus(span));
            }
        })
    });
    Some(due.since(now).min(rules.every))
}
