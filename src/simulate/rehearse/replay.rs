//! One rollout in the past, from its beginning until it ends or the past does. The core decides as in production.

use super::past::Past;
use super::weather::{Fault, Weather};
use crate::rollout::{Beginning, Decision, Event, Plan, State, Wait, decide, describe, next_check_in, sentence};
use crate::simulate::run::only_approval;
use crate::simulate::scenario::{Course, Scenario};
use crate::simulate::traffic::Traffic;
use crate::simulate::world::World;
use crate::units::{UnixMillis, WaveName};
use std::time::Duration;

/// Who does what a person must do.
const REHEARSED: &str = "rehearsal";

/// How a replay ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// It closed itself.
    Closed {
        /// In which wave.
        wave: WaveName,
        /// Why.
        cause: String,
    },
    /// It went back a wave, from where only a person sends it on.
    SteppedBack {
        /// What was seen.
        seen: String,
    },
    /// All waves and the watch were done.
    Completed,
    /// The past, or the time that it was given, was over before.
    TimeOver {
        /// Where it stood, and what it waited for.
        standing: String,
    },
    /// It could not begin.
    Refused(String),
}

/// A time in which something held a rollout.
#[derive(Debug, Clone, PartialEq)]
pub struct Hold {
    /// From when on.
    pub from: UnixMillis,
    /// For how long.
    pub lasted: Duration,
    /// That there was no data, and not that a value was bad.
    pub blind: bool,
    /// What was seen first.
    pub seen: String,
}

/// A replay.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// When it began.
    pub began: UnixMillis,
    /// When it ended.
    pub ended: UnixMillis,
    /// How.
    pub end: End,
    /// The times in which something held it.
    pub holds: Vec<Hold>,
    /// When the last wave opened, since the beginning.
    pub full: Option<Duration>,
    /// How often the metrics were looked at.
    pub checks: u64,
}

/// How far a replay goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// Until it ends.
    End,
    /// Until its last wave opens, if it comes so far.
    LastWave,
}

/// What a replay is given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'p> {
    pub plan: &'p Plan,
    pub past: &'p Past,
    pub fault: Fault<'p>,
    pub traffic: Traffic,
    pub seed: u64,
    /// It is not followed for longer than this.
    pub patience: Duration,
    /// How far it is followed.
    pub goal: Goal,
}

impl<'p> Setting<'p> {
    /// The world of a replay that begins at a moment.
    pub(super) fn world(&self, began: UnixMillis) -> World<'p> {
        let course = Course::of(Scenario::Healthy, self.plan);
        // Another beginning, another chance.
        let seed = self.seed.wrapping_add(u64::from_ne_bytes(began.get().to_ne_bytes()));
        let weather = Weather { past: self.past, fault: self.fault };
        World::new(self.plan, course, self.traffic, seed, began).in_weather(weather)
    }
}

/// Replays a rollout that begins at a moment.
pub(super) fn replay(setting: &Setting<'_>, began: UnixMillis) -> Replayed {
    let until = setting.past.until().min(began.plus(setting.patience));
    let mut replay = Replay {
        plan: setting.plan,
        world: setting.world(began),
        began,
        now: began,
        state: State::Pending { attempts: 0 },
        waits: Vec::new(),
        holds: Vec::new(),
        is_held: false,
        full: None,
        goal: setting.goal,
        checks: 0,
    };
    let end = replay.go(until);
    if replay.is_held {
        replay.end_hold();
    }
    Replayed { began, ended: replay.now, end, holds: replay.holds, full: replay.full, checks: replay.checks }
}

struct Replay<'p> {
    plan: &'p Plan,
    world: World<'p>,
    began: UnixMillis,
    now: UnixMillis,
    state: State,
    waits: Vec<Wait>,
    holds: Vec<Hold>,
    /// The last of the holds still lasts.
    is_held: bool,
    full: Option<Duration>,
    goal: Goal,
    checks: u64,
}

impl Replay<'_> {
    fn go(&mut self, until: UnixMillis) -> End {
        let baseline = self.world.baseline(&self.state, self.now);
        let beginning = Beginning { by: REHEARSED.to_owned(), baseline, ..Beginning::default() };
        match decide(self.plan, &self.state, &Event::Start(beginning), self.now) {
            Ok(decision) => self.take(decision),
            Err(refusal) => return End::Refused(refusal.to_string()),
        }
        loop {
            if let Some(end) = self.ended() {
                return end;
            }
            let due = next_check_in(self.plan, &self.state, self.now);
            let next = due.map(|due| self.now.plus(due.max(Duration::from_millis(1))));
            let Some(next) = next.filter(|next| *next <= until) else {
                let standing = format!("{}: {}", describe(self.plan, &self.state), sentence(&self.waits));
                return End::TimeOver { standing };
            };
            self.now = next;
            self.check();
        }
    }

    fn check(&mut self) {
        self.checks = self.checks.saturating_add(1);
        let evidence = self.world.evidence(&self.state, self.now);
        // Checks are never refused.
        if let Ok(decision) = decide(self.plan, &self.state, &Event::Checked(evidence), self.now) {
            self.take(decision);
        }
        if let Some(role) = only_approval(&self.waits) {
            let evidence = self.world.evidence(&self.state, self.now);
            let event = Event::Promote { by: role, evidence };
            if let Ok(decision) = decide(self.plan, &self.state, &event, self.now) {
                self.take(decision);
            }
        }
    }

    fn take(&mut self, decision: Decision) {
        self.state = decision.next;
        self.waits = decision.waits;
        if let State::Running(stage) = &self.state
            && self.full.is_none()
            && stage.wave.saturating_add(1) == self.plan.waves.len()
        {
            self.full = Some(self.now.since(self.began));
        }
        let holding = |wait: &&Wait| matches!(wait, Wait::Hold(_) | Wait::NoData { .. });
        let seen = self.waits.iter().find(holding);
        match (seen, self.is_held) {
            (Some(wait), false) => {
                let blind = matches!(wait, Wait::NoData { .. });
                let seen = wait.to_string();
                self.holds.push(Hold { from: self.now, lasted: Duration::ZERO, blind, seen });
                self.is_held = true;
            }
            (None, true) => self.end_hold(),
            (Some(_), true) | (None, false) => {}
        }
    }

    fn end_hold(&mut self) {
        self.is_held = false;
        if let Some(hold) = self.holds.last_mut() {
            hold.lasted = self.now.since(hold.from);
        }
    }

    fn ended(&self) -> Option<End> {
        match &self.state {
            _ if self.goal == Goal::LastWave && self.full.is_some() => {
                Some(End::TimeOver { standing: describe(self.plan, &self.state) })
            }
            State::Completed { .. } => Some(End::Completed),
            State::RolledBack { cause, wave, .. } => {
                let wave = self.plan.waves.get(*wave).or_else(|| self.plan.waves.last())?;
                Some(End::Closed { wave: wave.name.clone(), cause: cause.to_string() })
            }
            State::Running(stage) if stage.returned => {
                Some(End::SteppedBack { seen: format!("back in {}", describe(self.plan, &self.state)) })
            }
            State::Running(_) | State::Paused { .. } | State::Watching(_) | State::Pending { .. } => None,
        }
    }
}
