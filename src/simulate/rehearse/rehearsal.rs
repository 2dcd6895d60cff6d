//! A plan rehearsed.

use super::detection::{Detection, detections};
use super::past::{Course, Past};
use super::replay::{End, Goal, Setting, replay};
use super::threshold::{Threshold, thresholds};
use super::weather::{Fault, InTheWeather, ToFull};
use crate::rollout::Plan;
use crate::simulate::dice::whole;
use crate::simulate::traffic::Traffic;
use crate::units::UnixMillis;
use std::time::Duration;

/// How often the time until everybody has it is measured, at most.
const MOST_BEGINNINGS: u32 = 14;

/// From one of them to the next, at least.
const A_DAY: Duration = Duration::from_secs(86_400);

/// Somebody begins again so long after it closed or went back.
const RETRIED_AFTER: Duration = Duration::from_secs(3_600);

/// The most replays in the past's weather: one that closes at each of its checks would make any number.
const MOST_REPLAYS: usize = 1_000;

/// What a rehearsal does not find in the past.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Which of all the ways chance may fall, for what is made up.
    pub seed: u64,
    /// How many users come in an hour; `None` is as many as the plan needs for the samples it asks for.
    pub users_per_hour: Option<u64>,
}

/// What a rehearsal found.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsal {
    /// How each metric was, and where that comes from.
    pub courses: Vec<Course>,
    /// How many users came in an hour, for what is made up.
    pub users_per_hour: u64,
    /// What a sound candidate would have met.
    pub weather: InTheWeather,
    /// How long it would have taken until everybody had it.
    pub to_full: ToFull,
    /// How soon faults would have been found.
    pub detections: Vec<Detection>,
    /// How each condition was.
    pub thresholds: Vec<Threshold>,
    /// Checks were made no more often than this, which is as often as there are values.
    pub checked_every: Duration,
}

/// Rehearses a plan in a past. The same plan, past and limits give the same result.
///
/// The past is that of the stable variant, which stands for a sound candidate: a candidate has no past. Metrics
/// without a past are made up as the simulator does. Approvals are given at once; no alert fires, no event is posted.
#[must_use]
pub fn rehearse(plan: &Plan, past: &Past, limits: Limits) -> Rehearsal {
    let plan = &no_faster_than(plan, past.step());
    let traffic = match limits.users_per_hour {
        Some(users) => Traffic { per_hour: users as f64 },
        None => Traffic::enough_for(plan),
    };
    let setting = Setting {
        plan,
        past,
        fault: Fault::None,
        traffic,
        seed: limits.seed,
        patience: Duration::MAX,
        goal: Goal::End,
    };
    let world = setting.world(past.from());
    let sound: std::collections::BTreeMap<_, _> = world.sound().map(|(name, value)| (name.clone(), value)).collect();
    let course = |name| past.course(plan, name, sound.get(name).copied());
    Rehearsal {
        courses: plan.metrics.keys().map(course).collect(),
        users_per_hour: whole(traffic.per_hour),
        weather: in_the_weather(&setting),
        to_full: to_full(&setting),
        detections: detections(&setting),
        thresholds: thresholds(&setting),
        checked_every: past.step(),
    }
}

/// The plan with checks no more often than there are values, and no start of its own. More checks would see the same.
fn no_faster_than(plan: &Plan, step: Duration) -> Plan {
    let mut plan = Plan { start: None, ..plan.clone() };
    for wave in &mut plan.waves {
        wave.every = wave.every.max(step);
    }
    if let Some(after) = &mut plan.after {
        after.every = after.every.max(step);
    }
    plan
}

/// The first moment at which a rollout can begin: before it lies what its baseline is taken from.
fn first_beginning(setting: &Setting<'_>) -> UnixMillis {
    setting.past.from().plus(setting.plan.baseline.unwrap_or_default())
}

/// One replay after the other, until the past is over.
fn in_the_weather(setting: &Setting<'_>) -> InTheWeather {
    let mut weather = InTheWeather { replays: Vec::new(), under_way: Duration::ZERO, seen: Duration::ZERO };
    let mut began = first_beginning(setting);
    while began < setting.past.until() && weather.replays.len() < MOST_REPLAYS {
        let replayed = replay(setting, began);
        weather.under_way = weather.under_way.saturating_add(replayed.ended.since(replayed.began));
        let seen = setting.past.seen_between(replayed.began, replayed.ended);
        weather.seen = weather.seen.saturating_add(seen);
        let pause = match &replayed.end {
            End::Refused(_) => RETRIED_AFTER,
            // A baseline must not be that of what was closed.
            End::Closed { .. } | End::SteppedBack { .. } => {
                RETRIED_AFTER.max(setting.plan.baseline.unwrap_or_default())
            }
            End::Completed | End::TimeOver { .. } => Duration::ZERO,
        };
        let over = matches!(replayed.end, End::TimeOver { .. });
        began = replayed.ended.plus(pause.max(setting.past.step()));
        weather.replays.push(replayed);
        if over {
            break;
        }
    }
    weather
}

/// Beginnings spread over the past, those with time enough.
fn to_full(setting: &Setting<'_>) -> ToFull {
    let before_last = setting.plan.waves.len().saturating_sub(1);
    let bakes = setting.plan.waves.iter().take(before_last).map(|wave| wave.bake);
    let planned = bakes.fold(Duration::ZERO, Duration::saturating_add);
    let first = first_beginning(setting);
    let room = setting.past.until().since(first).saturating_sub(planned);
    let apart = room.checked_div(MOST_BEGINNINGS).unwrap_or_default().max(A_DAY);
    let mut found = ToFull { planned, begun: 0, reached: Vec::new() };
    for index in 0..MOST_BEGINNINGS {
        let after = apart.saturating_mul(index);
        if after > room || room.is_zero() {
            break;
        }
        let replayed = replay(&Setting { goal: Goal::LastWave, ..*setting }, first.plus(after));
        found.begun = found.begun.saturating_add(1);
        found.reached.extend(replayed.full);
    }
    found.reached.sort();
    found
}
