//! What happens in a simulation.

use super::recording::Recording;
use super::traffic::hours;
use crate::rollout::Plan;
use crate::units::{UnixMillis, format_duration};
use std::time::Duration;

/// By how much a slow burn worsens the candidate in an hour, at least.
const BURN: f64 = 0.1;

/// How often a slow burn has doubled by the planned end of the rollout, at least: in a short rollout it is faster.
const DOUBLINGS: f64 = 4.0;

/// How long an outage lasts.
const OUTAGE: Duration = Duration::from_secs(3 * 3_600);

/// What happens to the candidate and to the metrics.
#[derive(Debug, Clone, PartialEq)]
pub enum Scenario {
    /// Nothing: the candidate is as good as the stable variant.
    Healthy,
    /// From the beginning the candidate is twice as bad as the stable variant: errors, latencies, all that has a
    /// good and a bad side.
    DoubleErrors,
    /// The candidate is sound in the first wave. From the second on it worsens by a tenth every hour, or faster
    /// where the plan is so short that this would come to less than sixteen times by its end.
    SlowBurn,
    /// From the middle of the second wave, or of the only one, no metric has data for three hours.
    Outage,
    /// The metrics are what a file says. Those that it does not name are healthy.
    Recorded(Recording),
}

/// A scenario under way.
#[derive(Debug, Clone)]
pub(super) struct Course {
    scenario: Scenario,
    /// Since when it worsens.
    burns: Option<UnixMillis>,
    /// How the candidate's badness grows: the logarithm of its factor for an hour.
    growth: f64,
    /// From when to when nothing is answered.
    outage: Option<(UnixMillis, UnixMillis)>,
}

impl Course {
    pub(super) fn of(scenario: Scenario, plan: &Plan) -> Self {
        let left = hours(planned(plan, last_stage(plan).min(1)));
        let growth = if left > 0.0 { DOUBLINGS * std::f64::consts::LN_2 / left } else { 0.0 };
        Self { scenario, burns: None, growth: growth.max(BURN.ln_1p()), outage: None }
    }

    /// A wave began, counted from 0, or the watch. What the world begins to do with it, in words.
    pub(super) fn enters(&mut self, plan: &Plan, stage: usize, now: UnixMillis) -> Option<String> {
        let is_second = stage == last_stage(plan).min(1);
        match &self.scenario {
            Scenario::DoubleErrors if stage == 0 => {
                Some("the candidate is twice as bad as the stable variant".to_owned())
            }
            Scenario::SlowBurn if is_second && self.burns.is_none() => {
                self.burns = Some(now);
                let percent = 100.0 * self.growth.exp_m1();
                Some(format!("from now on the candidate gets worse, by {percent:.0}% an hour"))
            }
            Scenario::Outage if stage == plan.waves.len().saturating_sub(1).min(1) && self.outage.is_none() => {
                let bake = plan.waves.get(stage).map_or(Duration::ZERO, |wave| wave.bake);
                let from = now.plus(bake.checked_div(2).unwrap_or_default());
                self.outage = Some((from, from.plus(OUTAGE)));
                None
            }
            Scenario::Healthy
            | Scenario::DoubleErrors
            | Scenario::SlowBurn
            | Scenario::Outage
            | Scenario::Recorded(_) => None,
        }
    }

    /// How many times as bad as it should be the candidate is.
    pub(super) fn factor(&self, at: UnixMillis) -> f64 {
        match (&self.scenario, self.burns) {
            (Scenario::DoubleErrors, _) => 2.0,
            (Scenario::SlowBurn, Some(since)) => (self.growth * hours(at.since(since))).exp(),
            (Scenario::SlowBurn | Scenario::Healthy | Scenario::Outage | Scenario::Recorded(_), _) => 1.0,
        }
    }

    /// Whether no metric has data.
    pub(super) fn is_silent(&self, at: UnixMillis) -> bool {
        self.outage.is_some_and(|(from, until)| from <= at && at < until)
    }

    pub(super) const fn recording(&self) -> Option<&Recording> {
        match &self.scenario {
            Scenario::Recorded(recording) => Some(recording),
            Scenario::Healthy | Scenario::DoubleErrors | Scenario::SlowBurn | Scenario::Outage => None,
        }
    }

    /// What is told when the metrics fall silent, and when they do not any more.
    pub(super) fn told(is_silent: bool) -> String {
        match is_silent {
            true => format!("the metrics answer nothing, for {}", format_duration(OUTAGE)),
            false => "the metrics answer again".to_owned(),
        }
    }
}

/// The number of the last wave, or of the watch after it, from 0.
const fn last_stage(plan: &Plan) -> usize {
    if plan.after.is_some() { plan.waves.len() } else { plan.waves.len().saturating_sub(1) }
}

/// How long the plan means the waves from that one on to take, the watch included.
pub(super) fn planned(plan: &Plan, from: usize) -> Duration {
    let waves = plan.waves.iter().skip(from).fold(Duration::ZERO, |sum, wave| sum.saturating_add(wave.bake));
    waves.saturating_add(plan.after.as_ref().map_or(Duration::ZERO, |after| after.watch))
}
