//! What a rollout must do, in the words of its documentation and without its code: the lean driver
//! compares every decision with it.

use crate::shape::{MetricShape, Shape, Verdict};
use std::collections::BTreeMap;
use std::time::Duration;
use tidegate::analysis::Reading;
use tidegate::rollout::HEARD_WITHIN;

/// Over so many check intervals nobody watched.
const WATCHED: u32 = 3;

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

#[derive(Debug, Clone)]
pub struct Model {
    pub phase: Phase,
    pub attempt: u32,
    pub wave: usize,
    /// Wall clock of the last moment taken account of.
    last: i64,
    was_clear: bool,
    pub baked: Duration,
    /// How often the exposure changed in this attempt.
    pub step: u32,
    /// It was taken back: only a person lets it go on.
    pub returned: bool,
    /// Wall clock of the moment at which the wave was entered.
    entered: i64,
    slow_since: [Option<i64>; 3],
    /// Severities of the alerts that it must remember, and when each was last heard of, by fingerprint.
    pub firing: BTreeMap<u64, (&'static str, i64)>,
}

/// What a check comes to.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    pub verdict: Verdict,
    /// Something closes, metrics that lasted included.
    pub closes: bool,
    pub holds: bool,
}

/// An alert that is repeated sooner is not noted again.
const HEARD_ANEW_AFTER: Duration = Duration::from_mins(15);

/// Over how long a metric looks back when its plan says nothing.
const WINDOW: Duration = Duration::from_secs(300);

fn since(now: i64, earlier: i64) -> Duration {
    Duration::from_millis(u64::try_from(now - earlier).unwrap_or(0))
}

impl Model {
    pub const fn new() -> Self {
        Self {
            phase: Phase::Pending,
            attempt: 0,
            wave: 0,
            last: 0,
            was_clear: true,
            baked: Duration::ZERO,
            step: 0,
            returned: false,
            entered: 0,
            slow_since: [None; 3],
            firing: BTreeMap::new(),
        }
    }

    pub const fn live(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Paused | Phase::Watching)
    }

    pub const fn watching(&self) -> bool {
        matches!(self.phase, Phase::Watching)
    }

    /// Whether alerts of these severities close it.
    pub fn alerts_close<'s>(shape: &Shape, severities: impl Iterator<Item = &'s &'static str> + Clone) -> bool {
        let has = |wanted: &str| severities.clone().any(|severity| *severity == wanted);
        let both = has("page") && has("warning");
        both || (shape.critical_closes && has("critical"))
    }

    pub fn severities(&self) -> impl Iterator<Item = &&'static str> + Clone {
        self.firing.values().map(|(severity, _)| severity)
    }

    /// An alert fires, perhaps still.
    pub fn hear(&mut self, shape: &Shape, fingerprint: u64, severity: &'static str, now: i64) {
        self.forget_silent_alerts(shape, now);
        let heard = self.firing.entry(fingerprint).or_insert((severity, now));
        if since(now, heard.1) >= HEARD_ANEW_AFTER {
            heard.1 = now;
        }
    }

    /// What nobody heard of for five hours does not fire any more, unless nobody listened.
    fn forget_silent_alerts(&mut self, shape: &Shape, now: i64) {
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

    fn unwatched(&self, shape: &Shape, now: i64) -> bool {
        since(now, self.last) > shape.every(self.wave, self.watching()) * WATCHED
    }

    /// Looks at a set of answers and remembers what lasts.
    pub fn look(
        &mut self,
        shape: &Shape,
        readings: &dyn Fn(&str) -> Option<Reading>,
        problems: bool,
        now: i64,
    ) -> Seen {
        let gap = since(now, self.last);
        if self.unwatched(shape, now) {
            self.slow_since = [None; 3];
        }
        self.forget_silent_alerts(shape, now);
        let answers: Vec<(&str, Option<Reading>)> =
            shape.metrics.iter().map(|metric| (metric.name, readings(metric.name))).collect();
        let answer =
            |name: &str| answers.iter().find(|(other, _)| *other == name).and_then(|(_, answer)| answer.as_ref());
        let mut verdict = shape.verdict(self.watching(), answer);
        verdict.blind |= problems;
        let (mut closes, mut holds) = (verdict.closes, verdict.holds);
        // What it sees may still be of the wave that it came back from.
        if verdict.goes_back && self.returned && since(now, self.entered) < WINDOW {
            verdict.goes_back = false;
            holds = true;
        }
        for (index, metric) in shape.metrics.iter().enumerate() {
            match self.lasts(metric, index, answer(metric.name), gap, now) {
                Some(true) => closes = true,
                Some(false) => holds = true,
                None => {}
            }
        }
        closes |= Self::alerts_close(shape, self.severities());
        holds |= self.severities().any(|severity| *severity == "warning");
        Seen { verdict, closes, holds }
    }

    /// Whether a comparison with a `for` has come true, or is on its way there.
    fn lasts(
        &mut self,
        metric: &MetricShape,
        index: usize,
        answer: Option<&Reading>,
        gap: Duration,
        now: i64,
    ) -> Option<bool> {
        let (bound, lasting) = metric.slow_above?;
        let since_then = &mut self.slow_since[index];
        let value = match answer {
            Some(Reading::Value { value, .. }) if value.is_finite() => *value,
            _ => {
                let moved = |moment: i64| moment.saturating_add(i64::try_from(gap.as_millis()).unwrap()).min(now);
                *since_then = since_then.map(moved);
                return None;
            }
        };
        if value <= bound {
            *since_then = None;
            return None;
        }
        let began = since_then.map_or(now, |moment| moment.min(now));
        *since_then = Some(began);
        Some(since(now, began) >= lasting)
    }

    /// Takes account of a check's time.
    pub fn pass(&mut self, shape: &Shape, seen: Seen, counts: bool, now: i64) {
        let clear = !seen.verdict.blind && !seen.holds;
        if counts && clear && self.was_clear && !self.unwatched(shape, now) {
            self.baked += since(now, self.last);
        }
        self.last = now;
        self.was_clear = clear;
    }

    pub fn baked_enough(&self, shape: &Shape) -> bool {
        self.baked >= shape.bake(self.wave, self.watching())
    }

    pub fn needs_approval(&self, shape: &Shape) -> bool {
        !self.watching() && shape.waves.get(self.wave + 1).is_some_and(|wave| wave.approval)
    }

    pub fn begin(&mut self, now: i64) {
        self.attempt += 1;
        self.phase = Phase::Running;
        self.enter(0, now);
        self.step = 0;
    }

    fn enter(&mut self, wave: usize, now: i64) {
        self.wave = wave;
        self.last = now;
        self.entered = now;
        self.was_clear = true;
        self.returned = false;
        self.baked = Duration::ZERO;
        self.slow_since = [None; 3];
    }

    pub fn go_on(&mut self, shape: &Shape, now: i64) {
        if self.watching() {
            self.phase = Phase::Completed;
        } else if self.wave + 1 < shape.waves.len() {
            self.step += 1;
            self.enter(self.wave + 1, now);
        } else if shape.watch.is_some() {
            self.phase = Phase::Watching;
            self.enter(self.wave, now);
        } else {
            self.phase = Phase::Completed;
        }
    }

    /// To the wave before; from the first one there is no way back but to close.
    pub fn go_back(&mut self, now: i64) -> Expected {
        if self.wave == 0 {
            self.close();
            return Expected::Closes;
        }
        self.step += 1;
        self.enter(self.wave - 1, now);
        self.returned = true;
        Expected::GoesBack
    }

    pub fn close(&mut self) {
        self.phase = Phase::Closed;
        self.firing.clear();
    }

    pub fn resume(&mut self, now: i64) {
        self.phase = Phase::Running;
        self.last = now;
    }

    pub fn recover(&mut self, shape: &Shape, now: i64) {
        if self.unwatched(shape, now) {
            self.slow_since = [None; 3];
        }
        self.hear_from(now);
        self.last = now;
    }
}
