//! What each rollout has really been through: the answers that its metrics gave, and the changes that
//! the store took. A change that these do not bear out is a broken promise.

use crate::book::Book;
use crate::grounds::{Answers, Grounds};
use crate::shape::{Budget, Shape};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tidegate::analysis::Reading;
use tidegate::controller::Verb;
use tidegate::rollout::{Arm, Cause, Over, Stage, State};
use tidegate::store::journal::ClosingRecord;
use tidegate::store::{Change, Record};
use tidegate::units::{RolloutName, UnixMillis};

/// The most checks that are remembered: more than come while the store puts off a commit.
const MOST_GATHERS: usize = 40;

/// Who begins a rollout whose plan names the time.
const BY_ITSELF: &str = "the plan's start time";

/// A passing check may be this old when something goes on by it.
const FRESH_INTERVALS: u32 = 3;

/// The answers of one check, as the world gave them.
#[derive(Debug, Clone)]
pub struct Gather {
    /// The process's clock when it asked.
    now: UnixMillis,
    pub asked: u64,
    pub done: Option<u64>,
    /// When the last answer was there so far, or was given up.
    until: u64,
    answers: Answers,
}

#[derive(Debug, Default)]
pub struct Histories {
    /// By process and rollout, the newest last; only the newest few.
    gathers: BTreeMap<(u32, RolloutName), Vec<Gather>>,
    stages: BTreeMap<RolloutName, StageHistory>,
    went_back: BTreeSet<RolloutName>,
    pub last_asked: BTreeMap<(u32, RolloutName), u64>,
}

/// What the stage under way has seen so far.
#[derive(Debug, Clone, Default)]
struct StageHistory {
    opened: u64,
    clear: u32,
    paused_at: Option<u64>,
    paused: u64,
    /// Clocks were set, or two processes with clocks of their own were at work.
    clocks_differ: bool,
    /// Rows of each kind that stand for a person's command.
    done: BTreeMap<&'static str, u64>,
}

/// Where a state stands: attempt, wave, and which kind.
fn place(state: &State) -> (&'static str, u32, usize) {
    let stage = |kind, stage: &Stage| (kind, stage.attempt, stage.wave);
    match state {
        State::Pending { attempts } => ("pending", *attempts, 0),
        State::Running(at) => stage("running", at),
        State::Paused { stage: at, .. } => stage("paused", at),
        State::Watching(at) => stage("watching", at),
        State::Completed { attempt, .. } => ("completed", *attempt, 0),
        State::RolledBack { attempt, .. } => ("closed", *attempt, 0),
        #[allow(unreachable_patterns, reason = "states may be added")]
        _ => ("unknown", 0, 0),
    }
}

pub fn live(state: &State) -> bool {
    matches!(place(state).0, "running" | "paused" | "watching")
}

impl Book {
    /// A metric was asked.
    pub fn asked_for(&mut self, process: u32, rollout: &RolloutName, now: UnixMillis, world: u64) {
        self.histories.last_asked.insert((process, rollout.clone()), world);
        let gathers = self.histories.gathers.entry((process, rollout.clone())).or_default();
        if gathers.iter().any(|gather| gather.now == now && gather.asked == world) {
            return;
        }
        if gathers.len() >= MOST_GATHERS {
            gathers.remove(0);
        }
        gathers.push(Gather { now, asked: world, done: None, until: world, answers: Answers::default() });
    }

    /// A metric answered, or the caller's patience ended first.
    pub fn answered_for(
        &mut self,
        process: u32,
        shape: &Shape,
        question: (usize, Arm, Over),
        asked: (UnixMillis, u64),
        world: u64,
        reading: &Reading,
    ) {
        let key = (process, shape.name.clone());
        let Some(gathers) = self.histories.gathers.get_mut(&key) else { return };
        let Some(gather) = gathers.iter_mut().find(|gather| (gather.now, gather.asked) == asked) else { return };
        let (metric, arm, over) = question;
        if (arm, over) != (Arm::Candidate, Over::Usual) {
            gather.answers.others.insert(question, reading.clone());
            gather.lasts_until(world);
            return;
        }
        gather.answers.own.insert(metric, reading.clone());
        if gather.answers.own.len() < shape.metrics.iter().filter(|metric| metric.posted.is_none()).count() {
            return;
        }
        gather.until = gather.until.max(world);
        gather.done = Some(gather.until);
        let gather = gather.clone();
        self.reached.checks += 1;
        self.events += 1;
        self.note(|| format!("{world:>9} process {process} has answers for {}: {:?}", shape.name, gather.answers));
        let (kind, _, wave) = self.database.records.get(&shape.name).map_or(("", 0, 0), |record| place(&record.state));
        if gather.answers.may_close(shape) {
            self.histories.went_back.insert(shape.name.clone());
        }
        if gather.answers.mean(shape, wave, kind == "watching").clear()
            && let Some(stage) = self.histories.stages.get_mut(&shape.name)
        {
            stage.clear += 1;
        }
    }

    /// Both groups were counted, for a check whose other answers may all be there.
    pub fn counted_for(&mut self, process: u32, rollout: &RolloutName, asked: (UnixMillis, u64), world: u64) {
        let gathers = self.histories.gathers.get_mut(&(process, rollout.clone()));
        let gather = gathers.into_iter().flatten().find(|gather| (gather.now, gather.asked) == asked);
        if let Some(gather) = gather {
            gather.lasts_until(world);
        }
    }

    /// Clocks were set, or there are several: what they show is no measure of the time that passed.
    pub fn clocks_differ(&mut self) {
        for stage in self.histories.stages.values_mut() {
            stage.clocks_differ = true;
        }
    }

    /// The store took a change.
    pub fn committed(&mut self, process: u32, before: Option<&Record>, change: &Change, arrived: u64, apart: bool) {
        let name = &change.rollout;
        let kinds: Vec<&str> = change.entries.iter().map(|entry| entry.kind.as_str()).collect();
        self.note(|| format!("{arrived:>9} process {process} stores {name}: {:?} {kinds:?}", place(&change.state)));
        let told = change.entries.iter().filter(|entry| entry.kind != "applied").count();
        if told != change.messages.len() {
            self.broken("one-message-per-row", format!("{name}: {} messages for {kinds:?}", change.messages.len()));
        }
        let Some(before) = before else {
            if kinds != ["applied"] || place(&change.state).0 != "pending" {
                self.broken("one-row-per-change", format!("{name} came into being by {kinds:?}"));
            }
            return;
        };
        self.judge_step(process, before, change, &kinds, arrived);
        self.judge_plan(before, change);
        self.judge_reports(change);
        let (was, is) = (place(&before.state), place(&change.state));
        let stage = self.histories.stages.entry(name.clone()).or_default();
        match is.0 {
            "running" | "watching" if (is.1, is.2, is.0 == "watching") != (was.1, was.2, was.0 == "watching") => {
                let done = std::mem::take(&mut stage.done);
                *stage = StageHistory { opened: arrived, clocks_differ: apart, done, ..StageHistory::default() };
            }
            "paused" if was.0 != "paused" => stage.paused_at = Some(arrived),
            "running" if was.0 == "paused" => {
                stage.paused += arrived - stage.paused_at.take().unwrap_or(arrived);
            }
            _ => {}
        }
        if let State::Running(at) | State::Paused { stage: at, .. } | State::Watching(at) = &change.state {
            self.served.opened.insert((name.clone(), at.attempt, at.step));
        }
        // Who was held back gets it with the completion.
        if let State::Completed { attempt, step, .. } = &change.state {
            self.served.opened.insert((name.clone(), *attempt, *step));
        }
        let reached = &mut self.reached;
        match kinds.first() {
            Some(&"started") if is.1 > 1 => reached.retries += 1,
            Some(&"wave-opened" | &"started") => reached.openings += 1,
            Some(&"stepped-back") => reached.steps_back += 1,
            Some(&"completed") => reached.completions += 1,
            Some(&"closed") => reached.closings += 1,
            _ => {}
        }
    }

    /// Whether one state may follow another with these rows, and whether there was a reason for it.
    fn judge_step(&mut self, process: u32, before: &Record, change: &Change, kinds: &[&str], arrived: u64) {
        let name = change.rollout.clone();
        let (mut was, is) = (place(&before.state), place(&change.state));
        // Steps back take effect without the store: their rows may come with the next one.
        let owed = kinds.iter().take(kinds.len().saturating_sub(1)).take_while(|kind| **kind == "stepped-back").count();
        let kinds = &kinds[owed..];
        if was.0 != "closed" {
            was.2 = was.2.saturating_sub(owed);
        }
        let what = format!("{name}: {was:?} became {is:?} with {kinds:?}");
        let same = |kinds: &[&str]| {
            kinds.is_empty()
                || (kinds.len() == 1 && matches!(kinds[0], "held" | "released" | "noticed" | "plan-changed"))
        };
        let wanted = match (was, is) {
            (was, is) if was == is => {
                return if !same(kinds) {
                    self.broken("one-row-per-change", what)
                };
            }
            (("closed", ..), (next, ..)) if next != "closed" && is.1 <= was.1 => {
                return self.broken("closed-stays-closed", what);
            }
            (_, _) if is.1 < was.1 => return self.broken("attempts-count-up", what),
            (("pending" | "closed", from, _), ("running", to, 0)) if to == from + 1 => "started",
            (("completed", ..), (next, ..)) if next != "closed" => return self.broken("terminal-is-terminal", what),
            (_, ("closed", ..)) if is.1 == was.1 && was.0 != "pending" => "closed",
            (_, _) if is.1 != was.1 => return self.broken("attempts-count-up", what),
            (("running", ..), ("paused", ..)) if was.2 == is.2 => "paused",
            (("paused", ..), ("running", ..)) if was.2 == is.2 => "resumed",
            (("running" | "paused", ..), (kind, ..)) if kind == was.0 && is.2 + 1 == was.2 => "stepped-back",
            (("running", ..), ("running", ..)) if is.2 == was.2 + 1 => "wave-opened",
            (("running", ..), ("watching", ..)) if was.2 == is.2 => "watch-began",
            (("running" | "watching", ..), ("completed", ..)) => "completed",
            (("paused", ..), _) => return self.broken("pause-stands-still", what),
            _ => return self.broken("one-wave-at-a-time", what),
        };
        if kinds != [wanted] {
            return self.broken("one-row-per-change", what);
        }
        match wanted {
            "stepped-back" if !self.went_back(&name) => self.broken("steps-back-only-for-a-reason", what),
            "stepped-back" => {}
            "closed" => self.judge_closing(&name, &change.state, &what),
            "wave-opened" | "watch-began" | "completed" => self.judge_advance(process, before, change, arrived, &what),
            "started" => {
                self.judge_driver(&name, &what);
                let by_itself = change.entries.iter().any(|entry| entry.actor == BY_ITSELF);
                match self.stored_shape(&name).and_then(|shape| shape.start).filter(|_| by_itself) {
                    Some(start) if change.at.get() >= start && is.1 == 1 => {}
                    Some(start) => self.broken("begins-only-at-its-time", format!("{what}: {start}")),
                    None => self.judge_command(&name, "started", &[Verb::Start, Verb::Retry], &what),
                }
            }
            "paused" => self.judge_command(&name, "paused", &[Verb::Pause], &what),
            _ => self.judge_command(&name, "resumed", &[Verb::Resume], &what),
        }
    }

    /// One flag has one rollout under way. Not judged where only the store could know: between two processes.
    fn judge_driver(&mut self, name: &RolloutName, what: &str) {
        let Some(flag) = self.stored_shape(name).map(|shape| shape.flag.clone()) else { return };
        // One whose closing is on a disk is over, also after a crash.
        let ended = |record: &Record| {
            let attempt = record.state.attempt();
            let closes = |closing: &ClosingRecord| closing.rollout == record.name && closing.attempt == attempt;
            self.disks.iter().any(|disk| disk.pending.lock().unwrap().iter().any(closes))
        };
        let drives = |record: &&Record| {
            let same = self.shape(&record.plan.text).is_some_and(|shape| shape.flag == flag);
            record.name != *name && same && live(&record.state) && !ended(record)
        };
        let other = self.database.records.values().find(drives).map(|record| record.name.clone());
        if let Some(other) = other
            && self.reached.zombies == 0
        {
            self.broken("one-flag-has-one-driver", format!("{what}, and {other} drives {flag}"));
        }
    }

    /// What has begun of a plan stays as it is.
    fn judge_plan(&mut self, before: &Record, change: &Change) {
        if before.plan.text == change.plan.text || !live(&before.state) {
            return;
        }
        let (Some(old), Some(new)) = (self.shape(&before.plan.text), self.shape(&change.plan.text)) else { return };
        self.reached.revisions += 1;
        let (kind, _, wave) = place(&before.state);
        let begun = |shape: &Shape| {
            let waves = shape.waves.iter().take(wave + 1);
            waves.map(|wave| (wave.ppm, wave.group, wave.bake, wave.every)).collect::<Vec<_>>()
        };
        if kind == "watching" || begun(&old) != begun(&new) || old.salt != new.salt {
            self.broken("what-has-begun-stays", format!("{kind}, wave {wave}:\n{}\n{}", old.text, new.text));
        }
    }

    /// A report counts once, however often it came.
    fn judge_reports(&mut self, change: &Change) {
        let (State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage)) = &change.state else {
            return;
        };
        let counted: u64 = stage.memory.events.values().map(|posted| posted.total).sum();
        let told: u64 = self.reported.get(&change.rollout).map_or(0, |reports| reports.values().sum());
        if counted > told {
            let what = format!("{}: {counted} reports counted, {told} told", change.rollout);
            self.broken("one-effect-per-event", what);
        }
    }

    /// Nobody's command takes effect twice.
    fn judge_command(&mut self, name: &RolloutName, kind: &'static str, verbs: &[Verb], what: &str) {
        let told: u64 = verbs.iter().map(|verb| self.told(name, *verb)).sum();
        let done = self.histories.stages.entry(name.clone()).or_default().done.entry(kind).or_default();
        *done += 1;
        let done = *done;
        if done > told {
            self.broken("one-effect-per-event", format!("{what}: done {done} times, told {told} times"));
        }
    }

    fn gathered(&self, name: &RolloutName) -> impl Iterator<Item = &Gather> {
        let own = self.histories.gathers.iter().filter(move |((_, other), _)| other == name);
        own.flat_map(|(_, gathers)| gathers)
    }

    fn judge_closing(&mut self, name: &RolloutName, state: &State, what: &str) {
        let State::RolledBack { cause, .. } = state else { return };
        let Some(shape) = self.stored_shape(name) else { return };
        let reason = match cause {
            Cause::Person { .. } => self.told(name, Verb::Rollback) > 0,
            Cause::Train { train, .. } => self.database.trains.contains_key(train),
            Cause::Alert { .. } => self.told.keys().any(|(_, verb)| *verb == "alert"),
            Cause::Metric { condition, .. } if condition.contains("escalations") => self.reported.contains_key(name),
            Cause::Metric { .. } => self.gathered(name).any(|gather| gather.answers.may_close(&shape)),
            Cause::NoData { .. } => self.gathered(name).any(|gather| gather.answers.are_silent(&shape)),
        };
        if !reason {
            self.broken("closes-only-for-a-reason", format!("{what}: {cause}"));
        }
    }

    /// Whether the world gave what the plan asks for before it goes on.
    fn judge_advance(&mut self, process: u32, before: &Record, change: &Change, arrived: u64, what: &str) {
        let name = &change.rollout;
        let Some(shape) = self.shape(&before.plan.text) else { return };
        let (kind, _, wave) = place(&before.state);
        let watching = kind == "watching";
        let every = shape.every(wave, watching);
        let stage = self.histories.stages.get(name).cloned().unwrap_or_default();
        let gathers = self.histories.gathers.get(&(process, name.clone())).cloned().unwrap_or_default();
        // The store may have carried it out long after it was decided.
        let done: Vec<&Gather> =
            gathers.iter().filter(|gather| gather.done.is_some_and(|done| done <= arrived)).collect();
        let newest = &done[done.len().saturating_sub(2)..];
        let passing: Vec<_> = newest
            .iter()
            .filter(|gather| {
                let grounds = gather.mean(&shape, wave, watching);
                grounds.clear() && (watching || !grounds.bad)
            })
            .collect();
        if passing.is_empty() {
            return self.broken("advance-needs-a-passing-check", format!("{what}: {newest:?}"));
        }
        let skew = if self.reached.zombies > 0 { self.slice } else { 0 };
        if passing.iter().all(|gather| gather.asked + skew < stage.opened) {
            return self.broken("advance-needs-evidence-of-its-own-wave", format!("{what}: {passing:?}, {stage:?}"));
        }
        let oldest = millis(every * FRESH_INTERVALS) + 2_000;
        if passing.iter().all(|gather| gather.done.is_none_or(|done| arrived > done + oldest)) {
            return self.broken("advance-needs-a-fresh-check", format!("{what} at {arrived}: {passing:?}"));
        }
        if kind == "running" && shape.budget == Some(Budget::Nothing) && wave + 1 < shape.waves.len() {
            return self.broken("budget-holds", what);
        }
        let promoted = change.entries.iter().any(|entry| entry.actor == "ada");
        if promoted {
            return self.judge_command(name, "promoted", &[Verb::Promote], what);
        }
        let early = passing.iter().any(|gather| gather.mean(&shape, wave, watching).may_be_early);
        let bake = if early { Duration::ZERO } else { shape.bake(wave, watching) };
        if (every * FRESH_INTERVALS) * stage.clear < bake {
            return self.broken("bake-is-watched-time", format!("{what}: {bake:?} by {} checks", stage.clear));
        }
        let passed = arrived.saturating_sub(stage.opened).saturating_sub(stage.paused);
        if !stage.clocks_differ && Duration::from_millis(passed + 1_000) < bake {
            return self.broken("bake-is-watched-time", format!("{what}: {bake:?} in {passed} ms, {stage:?}"));
        }
        if !watching && shape.waves.get(wave + 1).is_some_and(|next| next.approval) {
            self.broken("approval-is-a-person's", what);
        }
    }

    /// Whether the world gave a reason for going back to the wave before.
    pub fn went_back(&self, name: &RolloutName) -> bool {
        self.histories.went_back.contains(name)
    }

    /// Whether a process has lately seen answers that close at once, in the stage under way.
    pub fn closing_answers(&self, process: u32, shape: &Shape, from: u64) -> Option<u64> {
        let gathers = self.histories.gathers.get(&(process, shape.name.clone()))?;
        let closes =
            |gather: &&Gather| gather.done.is_some_and(|done| done >= from) && gather.answers.close_at_once(shape);
        gathers.iter().find(closes).map(|gather| gather.asked)
    }
}

impl Gather {
    fn lasts_until(&mut self, world: u64) {
        self.until = self.until.max(world);
        self.done = self.done.map(|_| self.until);
    }

    fn mean(&self, shape: &Shape, wave: usize, watching: bool) -> Grounds {
        self.answers.mean(shape, wave, watching)
    }
}

pub fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap()
}
