//! What a rollout must do, in the words of its documentation and without its code: the lean driver
//! compares every decision with it.

use super::look::Seen;
use super::proof::{Look, Proofs};
use crate::shape::{Bound, Leaf, List, Rule, Shape, Since, When};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tidegate::rollout::HEARD_WITHIN;

/// Over so many check intervals nobody watched.
const WATCHED: u32 = 3;

/// An alert that is repeated sooner is not noted again.
const HEARD_ANEW_AFTER: Duration = Duration::from_mins(15);

/// The most metrics of a plan here.
pub const METRICS: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Pending,
    Running,
    Paused,
    Watching,
    Completed,
    Closed,
}

/// What should come of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    Refused,
    Stays,
    Closes,
    /// A wave opens, the watch begins, or it is completed.
    GoesOn,
    /// To the wave before.
    GoesBack,
    Pauses,
    Resumes,
    Begins,
}

/// The row that an event leaves in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    None,
    /// That of a move.
    Move,
    Held,
    Released,
    Noticed,
}

/// How the last check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Clear,
    Held,
    Blind,
}

#[derive(Debug, Clone)]
pub struct Model {
    pub phase: Phase,
    pub attempt: u32,
    pub wave: usize,
    /// Wall clock of the last moment taken account of.
    pub last: i64,
    pub standing: Standing,
    pub baked: Duration,
    /// How often the exposure changed in this attempt.
    pub step: u32,
    /// It was taken back: only a person lets it go on.
    pub returned: bool,
    /// Wall clock of the moment at which the wave was entered.
    pub entered: i64,
    /// Wall clock of the last closing.
    pub closed: i64,
    /// Since when each rule's comparison has been true.
    pub slow_since: BTreeMap<usize, i64>,
    /// Severities of the alerts that it must remember, and when each was last heard of, by fingerprint.
    pub firing: BTreeMap<u64, (&'static str, i64)>,
    /// For how long each metric has been silent, as far as somebody watched.
    pub silent: [Option<Duration>; METRICS],
    pub baseline: [Option<f64>; METRICS],
    /// Sum and number of each metric's values in each wave.
    pub means: Vec<[(f64, u64); METRICS]>,
    pub posted: Posted,
    /// The rules that somebody was told of and that have been true since.
    pub noticed: BTreeSet<usize>,
    pub proofs: Proofs,
    /// Wall clock up to which both groups were counted.
    pub counted: Option<i64>,
    /// Over how long that was.
    pub cost_seen: Duration,
}

/// What was reported in this attempt.
#[derive(Debug, Clone, Default)]
pub struct Posted {
    known: BTreeSet<u64>,
    total: u64,
    before_wave: u64,
    moments: Vec<(i64, u64)>,
}

impl Posted {
    pub fn count(&self, since: Since, now: i64) -> u64 {
        match since {
            Since::Start => self.total,
            Since::Wave => self.total - self.before_wave,
            Since::Within(span) => {
                self.moments.iter().filter(|(at, _)| self::since(now, *at) <= span).map(|(_, count)| count).sum()
            }
        }
    }

    /// Takes a report, once.
    pub fn take(&mut self, id: u64, count: u64, now: i64) -> bool {
        let new = self.known.insert(id);
        if new {
            self.total += count;
            self.moments.push((now, count));
        }
        new
    }
}

pub fn since(now: i64, earlier: i64) -> Duration {
    Duration::from_millis(u64::try_from(now - earlier).unwrap_or(0))
}

impl Model {
    pub fn new() -> Self {
        Self {
            phase: Phase::Pending,
            attempt: 0,
            wave: 0,
            last: 0,
            standing: Standing::Clear,
            baked: Duration::ZERO,
            step: 0,
            returned: false,
            entered: 0,
            closed: 0,
            slow_since: BTreeMap::new(),
            firing: BTreeMap::new(),
            silent: [None; METRICS],
            baseline: [None; METRICS],
            means: Vec::new(),
            posted: Posted::default(),
            noticed: BTreeSet::new(),
            proofs: Proofs::default(),
            counted: None,
            cost_seen: Duration::ZERO,
        }
    }

    pub const fn live(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Paused | Phase::Watching)
    }

    pub const fn watching(&self) -> bool {
        matches!(self.phase, Phase::Watching)
    }

    pub fn severities(&self) -> Vec<&'static str> {
        self.firing.values().map(|(severity, _)| *severity).collect()
    }

    /// An alert fires, perhaps still; whether that is news.
    pub fn hear(&mut self, shape: &Shape, fingerprint: u64, severity: &'static str, now: i64) -> bool {
        self.forget_silent_alerts(shape, now);
        let known = self.firing.get(&fingerprint);
        let anew = known.is_none_or(|(_, at)| since(now, *at) >= HEARD_ANEW_AFTER);
        if anew {
            self.firing.insert(fingerprint, (severity, now));
        }
        anew
    }

    /// What nobody heard of for long does not fire any more, unless nobody listened.
    pub fn forget_silent_alerts(&mut self, shape: &Shape, now: i64) {
        match self.unwatched(shape, now) {
            true => self.hear_from(now),
            false => self.firing.retain(|_, (_, at)| {
                *at = now.min(*at);
                since(now, *at) <= HEARD_WITHIN
            }),
        }
    }

    fn hear_from(&mut self, now: i64) {
        self.firing.values_mut().for_each(|(_, at)| *at = now);
    }

    pub fn unwatched(&self, shape: &Shape, now: i64) -> bool {
        since(now, self.last) > shape.every(self.wave, self.watching()) * WATCHED
    }

    /// Takes account of a check's time.
    pub fn pass(&mut self, shape: &Shape, seen: &Seen, counts: bool, now: i64) {
        let clear = seen.standing() == Standing::Clear && self.standing == Standing::Clear;
        if counts && clear && !self.unwatched(shape, now) {
            self.baked += since(now, self.last);
        }
        self.last = now;
        self.standing = seen.standing();
    }

    pub fn baked_enough(&self, shape: &Shape) -> bool {
        self.baked >= shape.bake(self.wave, self.watching())
    }

    pub fn needs_approval(&self, shape: &Shape) -> bool {
        !self.watching() && shape.waves.get(self.wave + 1).is_some_and(|wave| wave.approval)
    }

    pub fn begin(&mut self, now: i64) {
        let attempt = self.attempt + 1;
        *self = Self { attempt, phase: Phase::Running, ..Self::new() };
        self.enter(0, now);
    }

    fn enter(&mut self, wave: usize, now: i64) {
        self.wave = wave;
        self.last = now;
        self.entered = now;
        self.standing = Standing::Clear;
        self.returned = false;
        self.baked = Duration::ZERO;
        self.slow_since.clear();
        self.posted.before_wave = self.posted.total;
        self.proofs.begin_wave();
    }

    pub fn go_on(&mut self, shape: &Shape, now: i64) {
        if self.watching() {
            self.complete(shape);
        } else if self.wave + 1 < shape.waves.len() {
            self.step += 1;
            self.enter(self.wave + 1, now);
        } else if shape.watch.is_some() {
            self.phase = Phase::Watching;
            self.enter(self.wave, now);
        } else {
            self.complete(shape);
        }
    }

    /// Who was held back gets it now.
    fn complete(&mut self, shape: &Shape) {
        self.phase = Phase::Completed;
        self.step += u32::from(shape.holdback() > 0);
    }

    /// To the wave before; from the first one there is no way back but to close.
    pub fn go_back(&mut self, shape: &Shape, now: i64) -> Expected {
        if self.wave == 0 || self.watching() {
            self.close(now);
            return Expected::Closes;
        }
        let left = shape.stage(self.wave, false).iter().copied().filter(|rule| shape.rules[*rule].list == List::Back);
        self.proofs.forget(left);
        self.step += 1;
        self.enter(self.wave - 1, now);
        self.returned = true;
        Expected::GoesBack
    }

    pub fn close(&mut self, now: i64) {
        self.phase = Phase::Closed;
        self.closed = now;
        self.firing.clear();
    }

    pub fn resume(&mut self, now: i64) {
        self.phase = Phase::Running;
        self.last = now;
    }

    pub fn recover(&mut self, shape: &Shape, now: i64) {
        if self.unwatched(shape, now) {
            self.slow_since.clear();
        }
        self.hear_from(now);
        self.last = now;
    }

    /// Whether what people and alerts say closes a wave or the watch, metrics apart.
    pub fn said_closes(&self, shape: &Shape, stage: &[usize], firing: &[&'static str], counts: bool, now: i64) -> bool {
        let said = |rule: &Rule| {
            let leaf = |leaf: &Leaf| match leaf {
                Leaf::Alert(severity) => Some(firing.contains(severity)),
                Leaf::Compare { metric, bound: Bound::Fixed(bound), .. } => {
                    let since = shape.metrics[*metric].posted?;
                    let count = if counts { self.posted.count(since, now) } else { 0 };
                    Some(count as f64 > *bound)
                }
                _ => None,
            };
            let mut leaves = rule.when.leaves().iter().map(leaf);
            match rule.when {
                When::One(_) | When::All(_) => leaves.all(|said| said == Some(true)),
                When::Any(_) => leaves.any(|said| said == Some(true)),
            }
        };
        let closing = stage.iter().map(|rule| &shape.rules[*rule]);
        closing.filter(|rule| rule.list == List::Close && !rule.observe).any(said)
    }

    /// Takes up what was counted of both groups since the last look, for the rules that speak of it.
    pub fn count(&mut self, shape: &Shape, look: Look, now: i64) {
        let looked = self.counted.unwrap_or(self.entered).max(self.entered);
        self.cost_seen += since(now, looked);
        self.counted = Some(now);
        // No stage is counted before it began: the clock was ahead then, and was set back.
        self.entered = self.entered.min(now);
        for rule in shape.stage(self.wave, self.watching()) {
            if shape.rules[*rule].is_statistical() {
                self.proofs.look(*rule, look);
            }
        }
    }
}
