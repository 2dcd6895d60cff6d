//! The loop: the core decides, the world answers, and the clock jumps to what is due next.

use super::dice::whole;
use super::outcome::{Outcome, Simulated};
use super::scenario::{Course, Scenario};
use super::timeline::Timeline;
use super::traffic::Traffic;
use super::world::World;
use crate::rollout::{
    Beginning, Decision, Event, Evidence, Plan, Stage, State, Wait, check_interval, decide, next_check_in, sentence,
    standing_waits,
};
use crate::units::{UnixMillis, format_duration};
use std::time::Duration;

/// When a simulation begins if the plan does not say: any moment would do.
const BEGINS: UnixMillis = UnixMillis::new(1_767_600_000_000);

/// Who does what a person must do.
const SIMULATED: &str = "simulation";

/// A stage that lasts so many times as long as it is planned to, and a week or so many checks more, does not end by
/// itself.
const PATIENCE: u32 = 3;
const WEEK: Duration = Duration::from_secs(7 * 86_400);
const CHECKS_MORE: u32 = 50_000;

/// The most checks of one simulation.
const MOST_CHECKS: u64 = 5_000_000;

/// Tries a plan out. The same plan, scenario, seed and number of users give the same result.
///
/// Approvals are given as soon as nothing else is missing. No alert fires and no event is posted. `users_per_hour` is
/// how many users come in an hour; without it they are as many as the plan needs for the samples it asks for.
#[must_use]
pub fn simulate(plan: &Plan, scenario: Scenario, seed: u64, users_per_hour: Option<u64>) -> Simulated {
    let traffic = match users_per_hour {
        Some(users) => Traffic { per_hour: users as f64 },
        None => Traffic::enough_for(plan),
    };
    let began = plan.start.unwrap_or(BEGINS);
    let world = World::new(plan, Course::of(scenario, plan), traffic, seed, began);
    let sound = world.sound().filter_map(|(name, value)| {
        let quantity = plan.metrics.get(name)?.unit.quantity();
        Some((name.to_string(), quantity.format(value)))
    });
    let sound = sound.collect();
    let mut run = Run {
        plan,
        world,
        now: began,
        state: State::Pending { attempts: 0 },
        waits: Vec::new(),
        told: Vec::new(),
        silent: false,
        checks: 0,
        timeline: Timeline::new(plan, began),
    };
    let (outcome, reason) = run.go_to_the_end();
    Simulated {
        outcome,
        reason,
        lasted: run.now.since(began),
        checks: run.checks,
        users_per_hour: whole(run.world.traffic.per_hour),
        sound,
        timeline: run.timeline.rows,
        left_out: run.timeline.left_out,
    }
}

/// A simulation under way.
struct Run<'p> {
    plan: &'p Plan,
    world: World<'p>,
    now: UnixMillis,
    state: State,
    waits: Vec<Wait>,
    /// The waits that were told last.
    told: Vec<&'static str>,
    /// No metric had data at the last check.
    silent: bool,
    checks: u64,
    timeline: Timeline<'p>,
}

impl Run<'_> {
    fn go_to_the_end(&mut self) -> (Outcome, String) {
        if let Some(refused) = self.begin() {
            return (Outcome::Held, refused);
        }
        loop {
            if let Some(ended) = self.ended() {
                return ended;
            }
            let Some(due) = next_check_in(self.plan, &self.state, self.now) else {
                return (Outcome::Held, sentence(&self.waits));
            };
            self.now = self.now.plus(due.max(Duration::from_millis(1)));
            self.notice_silence();
            self.check();
        }
    }

    /// Begins at the plan's time, or at once. Why not, if it cannot.
    fn begin(&mut self) -> Option<String> {
        let baseline = self.world.baseline(&self.state, self.now);
        let beginning = Beginning { by: SIMULATED.to_owned(), baseline, ..Beginning::default() };
        let event = if self.plan.start.is_some() { Event::Due(beginning) } else { Event::Start(beginning) };
        match decide(self.plan, &self.state, &event, self.now) {
            Ok(decision) if decision.next == self.state => {
                self.waits.clone_from(&decision.waits);
                Some(sentence(&decision.waits))
            }
            Ok(decision) => {
                self.take(decision, None);
                None
            }
            Err(refusal) => Some(refusal.to_string()),
        }
    }

    fn check(&mut self) {
        self.checks = self.checks.saturating_add(1);
        let evidence = self.world.evidence(&self.state, self.now);
        // Checks are never refused.
        if let Ok(decision) = decide(self.plan, &self.state, &Event::Checked(evidence.clone()), self.now) {
            self.take(decision, Some(&evidence));
        }
        if let Some(role) = only_approval(&self.waits) {
            let by = format!("{role} (simulated)");
            let evidence = self.world.evidence(&self.state, self.now);
            let event = Event::Promote { by, evidence: evidence.clone() };
            if let Ok(decision) = decide(self.plan, &self.state, &event, self.now) {
                self.take(decision, Some(&evidence));
            }
        }
    }

    fn take(&mut self, decision: Decision, evidence: Option<&Evidence>) {
        let entered = stage_number(&self.state) != stage_number(&decision.next);
        self.state = decision.next;
        self.waits = decision.waits;
        let kinds = kinds(&self.waits);
        let told = match &decision.change {
            Some(change) => Some((change.kind(), change.to_string())),
            None if kinds != self.told && !self.waits.is_empty() => Some(("waits", sentence(&self.waits))),
            None => None,
        };
        if let Some(told) = told {
            self.told = kinds;
            self.timeline.add(self.now, told, (&self.state, &self.waits), evidence);
        }
        if let Some(number) = stage_number(&self.state).filter(|_| entered)
            && let Some(told) = self.world.course.enters(self.plan, number, self.now)
        {
            self.tell_of_the_world(told);
        }
    }

    fn notice_silence(&mut self) {
        let silent = self.world.course.is_silent(self.now);
        if silent != self.silent {
            self.silent = silent;
            self.tell_of_the_world(Course::told(silent));
        }
    }

    fn tell_of_the_world(&mut self, told: String) {
        self.timeline.add(self.now, ("scenario", told), (&self.state, &self.waits), None);
    }

    /// How it ended, if it did.
    fn ended(&self) -> Option<(Outcome, String)> {
        let stage = match &self.state {
            State::Completed { .. } => {
                return Some((Outcome::Completed, "every wave had what the plan asks for".to_owned()));
            }
            State::RolledBack { cause, .. } => return Some((Outcome::RolledBack, cause.to_string())),
            State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => stage,
            State::Pending { .. } => return None,
        };
        // An approval that was not to be had at this check may be at the next one.
        let is_stuck = |wait: &Wait| wait.needs_person() && !matches!(wait, Wait::Approval { .. });
        if !self.waits.is_empty() && self.waits.iter().all(is_stuck) {
            return Some((Outcome::Held, sentence(&self.waits)));
        }
        let lasted = self.now.since(stage.entered);
        let every = check_interval(self.plan, &self.state).unwrap_or(WEEK);
        let more = WEEK.min(every.saturating_mul(CHECKS_MORE));
        let patience = planned(self.plan, &self.state, stage).saturating_mul(PATIENCE).saturating_add(more);
        (lasted > patience || self.checks >= MOST_CHECKS).then(|| {
            let waits = match self.waits.is_empty() {
                true => standing_waits(self.plan, &self.state, self.now),
                false => self.waits.clone(),
            };
            let lasted = format_duration(lasted);
            (Outcome::Held, format!("nothing ends it by itself after {lasted}: {}", sentence(&waits)))
        })
    }
}

/// How long the plan means a stage to last.
fn planned(plan: &Plan, state: &State, stage: &Stage) -> Duration {
    match (state, &plan.after) {
        (State::Watching(_), Some(after)) => after.watch,
        (
            State::Watching(_)
            | State::Running(_)
            | State::Paused { .. }
            | State::Pending { .. }
            | State::Completed { .. }
            | State::RolledBack { .. },
            _,
        ) => plan.waves.get(stage.wave).map_or(Duration::ZERO, |wave| wave.bake),
    }
}

/// The number of the wave from 0; the watch comes after the last.
const fn stage_number(state: &State) -> Option<usize> {
    match state {
        State::Running(stage) | State::Paused { stage, .. } => Some(stage.wave),
        State::Watching(stage) => Some(stage.wave.saturating_add(1)),
        State::Pending { .. } | State::Completed { .. } | State::RolledBack { .. } => None,
    }
}

/// Who must agree, when nothing else is missing.
pub(super) fn only_approval(waits: &[Wait]) -> Option<String> {
    match waits {
        [Wait::Approval { role, .. }] => Some(role.to_string()),
        _ => None,
    }
}

/// What makes a change worth telling: what it waits for, but neither how long still nor that checks are made.
fn kinds(waits: &[Wait]) -> Vec<&'static str> {
    waits.iter().map(Wait::kind).filter(|kind| *kind != "check").collect()
}
