//! The past as the world of a replay, with a fault in it or without, and what a plan makes of it.

use super::past::Past;
use super::replay::{End, Replayed};
use crate::units::{MetricName, UnixMillis};
use std::time::Duration;

/// What the metrics of a replay are.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulate) struct Weather<'p> {
    /// What they were.
    pub past: &'p Past,
    /// The fault of the candidate.
    pub fault: Fault<'p>,
}

/// By how much a candidate is worse than the past.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulate) enum Fault<'p> {
    /// Not at all.
    None,
    /// So many times, in one metric.
    In(&'p MetricName, f64),
    /// So many times, in all.
    Everywhere(f64),
}

impl Weather<'_> {
    /// Whether a metric is what it was, and not made up.
    pub(in crate::simulate) fn knows(&self, metric: &MetricName) -> bool {
        self.past.has(metric)
    }

    /// What it was for whoever had the stable variant.
    pub(in crate::simulate) fn at(&self, metric: &MetricName, at: UnixMillis) -> Option<f64> {
        self.past.at(metric, at)
    }

    /// What it was for them over some time up to a moment, in values that each tell of as long as a window: the newest
    /// one, that of a window before it, and so on. Together they tell of all of the time, as far as there were any.
    pub(in crate::simulate) fn over(
        &self,
        metric: &MetricName,
        (span, window): (Duration, Duration),
        now: UnixMillis,
    ) -> impl Iterator<Item = (UnixMillis, f64)> {
        let steps = window.as_millis().checked_div(self.past.step().as_millis()).unwrap_or(1);
        let apart = usize::try_from(steps).unwrap_or(usize::MAX).max(1);
        self.past.between(metric, now.minus(span), now).iter().rev().step_by(apart).copied()
    }

    /// How many times as bad it is for the candidate.
    pub(in crate::simulate) fn times(&self, metric: &MetricName) -> f64 {
        match self.fault {
            Fault::In(of, times) if of == metric => times,
            Fault::Everywhere(times) => times,
            Fault::None | Fault::In(..) => 1.0,
        }
    }
}

/// What a sound candidate would have met in the past.
#[derive(Debug, Clone, PartialEq)]
pub struct InTheWeather {
    /// The replays, one after the other: each begins where the one before it ended.
    pub replays: Vec<Replayed>,
    /// How long a replay was under way, all together.
    pub under_way: Duration,
    /// The part of that in which some metric had a value. Where nothing is known nothing can close it for nothing.
    pub seen: Duration,
}

impl InTheWeather {
    /// How often it closed.
    #[must_use]
    pub fn closings(&self) -> usize {
        self.replays.iter().filter(|replay| matches!(replay.end, End::Closed { .. })).count()
    }

    /// How often it went back a wave, where it would have stayed.
    #[must_use]
    pub fn steps_back(&self) -> usize {
        self.replays.iter().filter(|replay| matches!(replay.end, End::SteppedBack { .. })).count()
    }

    /// How often something held it.
    #[must_use]
    pub fn holds(&self) -> usize {
        self.replays.iter().map(|replay| replay.holds.len()).sum()
    }

    /// For how long something held it, missing data included.
    #[must_use]
    pub fn held(&self) -> Duration {
        let holds = self.replays.iter().flat_map(|replay| &replay.holds);
        holds.fold(Duration::ZERO, |sum, hold| sum.saturating_add(hold.lasted))
    }

    /// A number of events as a rate per week under way with data.
    #[must_use]
    pub fn per_week(&self, count: usize) -> f64 {
        let weeks = self.seen.as_secs_f64() / (7.0 * 86_400.0);
        if weeks > 0.0 { count as f64 / weeks } else { 0.0 }
    }
}

/// How long it would have taken until everybody had the candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct ToFull {
    /// How long the bakes take that come before the last wave.
    pub planned: Duration,
    /// How many beginnings, spread over the past, had time enough for that.
    pub begun: usize,
    /// How long those took that came so far, in their order.
    pub reached: Vec<Duration>,
}

impl ToFull {
    /// The middle one.
    #[must_use]
    pub fn median(&self) -> Option<Duration> {
        self.reached.get(self.reached.len().div_euclid(2)).copied()
    }
}
