//! How soon a fault that is put into the past closes a rollout.

use super::past::Past;
use super::replay::{End, Replayed, Setting, replay};
use super::weather::Fault;
use crate::analysis::Condition;
use crate::rollout::{List, Plan, Role};
use crate::units::{MetricName, UnixMillis};
use std::collections::BTreeSet;
use std::time::Duration;

/// How many times as bad the candidate is.
pub const FACTORS: [u32; 3] = [2, 3, 10];

/// From so many moments of the past on each fault is tried.
const BEGINNINGS: u32 = 5;

/// A fault that was not found after this is not found.
const PATIENCE: Duration = Duration::from_secs(3 * 86_400);

/// How a plan meets a fault in one of its guardrails.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// The metric.
    pub metric: MetricName,
    /// How many times as bad as the past the candidate is in it, from its first minute on.
    pub times: u32,
    /// How often it was tried.
    pub tried: usize,
    /// After how long it closed, or went back a wave, in the order of time; those that did.
    pub closed: Vec<Duration>,
    /// After how long it was held, in the order of time; those that were.
    pub held: Vec<Duration>,
    /// The part of its past that no fault changes, from 0 to 1: ten times nothing is nothing. At 1 nothing was tried.
    pub unchanged: f64,
}

impl Detection {
    /// The middle of the times to a closing, where more than half closed.
    #[must_use]
    pub fn median(&self) -> Option<Duration> {
        let middle = self.tried.div_euclid(2);
        self.closed.get(middle).copied()
    }

    /// The middle of the times to a hold, where more than half were held.
    #[must_use]
    pub fn median_hold(&self) -> Option<Duration> {
        self.held.get(self.tried.div_euclid(2)).copied()
    }
}

/// What the past alone does to a rollout that begins at a moment.
struct Quiet {
    began: UnixMillis,
    /// When it closes or goes back, if it does.
    ends: Option<UnixMillis>,
    /// When something first holds it, if it does.
    held: Option<UnixMillis>,
}

/// Each guardrail that can close the plan, with each factor.
pub(super) fn detections(setting: &Setting<'_>) -> Vec<Detection> {
    let setting = &Setting { patience: PATIENCE, ..*setting };
    let quiet: Vec<Quiet> = beginnings(setting.past).filter_map(|began| quiet(setting, began)).collect();
    let factors = |metric: MetricName| FACTORS.map(|times| (metric.clone(), times));
    let tries = guardrails(setting.plan).into_iter().flat_map(factors);
    tries.map(|(metric, times)| detect(setting, &quiet, metric, times)).collect()
}

/// `None` where it cannot begin.
fn quiet(setting: &Setting<'_>, began: UnixMillis) -> Option<Quiet> {
    let replayed = replay(setting, began);
    let held = first_hold(&replayed);
    match replayed.end {
        End::Refused(_) => None,
        End::Closed { .. } | End::SteppedBack { .. } => Some(Quiet { began, ends: Some(replayed.ended), held }),
        End::Completed | End::TimeOver { .. } => Some(Quiet { began, ends: None, held }),
    }
}

fn first_hold(replayed: &Replayed) -> Option<UnixMillis> {
    replayed.holds.iter().find(|hold| !hold.blind).map(|hold| hold.from)
}

/// Only what comes sooner than by the past alone is found by its fault.
fn detect(setting: &Setting<'_>, quiet: &[Quiet], metric: MetricName, times: u32) -> Detection {
    let unchanged = unchanged(setting, &metric, f64::from(times));
    let quiet = if unchanged < 1.0 { quiet } else { &[] };
    let mut found = Detection { metric, times, tried: quiet.len(), closed: Vec::new(), held: Vec::new(), unchanged };
    for quiet in quiet {
        let fault = Fault::In(&found.metric, f64::from(times));
        let replayed = replay(&Setting { fault, ..*setting }, quiet.began);
        let sooner = |at: UnixMillis, without: Option<UnixMillis>| without.is_none_or(|without| at < without);
        match replayed.end {
            End::Closed { .. } | End::SteppedBack { .. } if sooner(replayed.ended, quiet.ends) => {
                found.closed.push(replayed.ended.since(quiet.began));
            }
            End::Closed { .. } | End::SteppedBack { .. } | End::Completed | End::TimeOver { .. } | End::Refused(_) => {}
        }
        let held = first_hold(&replayed).filter(|at| sooner(*at, quiet.held));
        found.held.extend(held.map(|at| at.since(quiet.began)));
    }
    found.closed.sort();
    found.held.sort();
    found
}

/// The part of a metric's past that a fault of so many times leaves as it is.
pub(super) fn unchanged(setting: &Setting<'_>, metric: &MetricName, times: f64) -> f64 {
    let world = setting.world(setting.past.from());
    setting.past.part_of(metric, &|value| !world.is_changed(metric, value, times))
}

/// Moments spread over the past, each with time enough after it.
fn beginnings(past: &Past) -> impl Iterator<Item = UnixMillis> {
    let (from, whole) = (past.from(), past.until().since(past.from()));
    let part = whole.checked_div(BEGINNINGS.saturating_add(1)).unwrap_or_default();
    (0..BEGINNINGS).map(move |index| from.plus(part.saturating_mul(index)))
}

/// The metrics of which some condition can close the plan or take it back.
pub(super) fn guardrails(plan: &Plan) -> BTreeSet<MetricName> {
    let mut found = BTreeSet::new();
    let clauses = plan.waves.iter().flat_map(|wave| &wave.clauses);
    let severe = clauses.filter(|clause| clause.list <= List::StepBack && !clause.observe);
    for clause in severe {
        clause.when.each_leaf(&mut |leaf| match leaf {
            Condition::Compare(one) => drop(found.insert(one.metric.clone())),
            Condition::Trend(one) => drop(found.insert(one.metric.clone())),
            Condition::Burn(one) => drop(found.insert(one.metric.clone())),
            Condition::Regresses(one) => drop(found.insert(one.metric.clone())),
            Condition::ProvedSafe(one) => drop(found.insert(one.metric.clone())),
            Condition::Score(one) => found.extend(one.parts.iter().map(|part| part.metric.clone())),
            Condition::Alert(_) | Condition::All(_) | Condition::Any(_) => {}
        });
    }
    let known = |metric: &MetricName| {
        let of = plan.metrics.get(metric);
        of.is_some_and(|of| {
            of.role == Role::Guardrail && !matches!(of.source, crate::rollout::MetricSource::Events { .. })
        })
    };
    found.retain(known);
    found
}
