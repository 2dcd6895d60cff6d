//! Alerts: one that fires closes, or is remembered for what waits for it; one that ends is forgotten.

use super::cause::Cause;
use super::check::judge;
use super::concern::{Bearing, Concern, bearing, concern, speaks_of_alerts};
use super::decide::{close, keep, with_stage};
use super::decision::Decision;
use super::event::Evidence;
use super::heard::Heard;
use super::memory::counted_events;
use super::plan::Plan;
use super::stage::{Rules, rules_of, wave_at};
use super::state::{Stage, State};
use super::wait::Wait;
use crate::analysis::Alert;
use crate::units::UnixMillis;
use std::collections::BTreeMap;

/// The most firing alerts that one rollout remembers. Far over what its conditions can tell apart; each
/// alert beyond it is judged all the same when it arrives, and those remembered go on holding.
const MOST_FIRING: usize = 256;

pub(super) fn firing(plan: &Plan, state: &State, alert: &Alert, now: UnixMillis) -> Decision {
    let Some((before, rules)) = rules_of(plan, state) else { return keep(plan, state, now) };
    if bearing(plan, alert) == Bearing::None {
        return keep(plan, state, now);
    }
    let mut stage = before.clone();
    stage.forget_silent_alerts(&rules, now);
    if let Some(cause) = closing(plan, &rules, &mut stage, alert, now) {
        return close(plan, state, before.attempt, before.wave, cause, now);
    }
    if stage.firing == before.firing {
        return keep(plan, state, now);
    }
    check_soon(plan, &with_stage(state, stage), now)
}

pub(super) fn resolved(plan: &Plan, state: &State, fingerprint: &str, now: UnixMillis) -> Decision {
    let Some((before, _)) = rules_of(plan, state) else { return keep(plan, state, now) };
    if !before.firing.contains_key(fingerprint) {
        return keep(plan, state, now);
    }
    let mut stage = before.clone();
    stage.firing.remove(fingerprint);
    check_soon(plan, &with_stage(state, stage), now)
}

pub(super) fn check_soon(plan: &Plan, state: &State, now: UnixMillis) -> Decision {
    Decision { check_now: true, ..keep(plan, state, now) }
}

/// Takes alerts that fire already into the first wave of an attempt; one that would close it is the
/// reason not to begin.
pub(super) fn remember_at_start(plan: &Plan, stage: &mut Stage, firing: &[Alert], now: UnixMillis) -> Option<Cause> {
    let rules = Rules::of_wave(wave_at(plan, stage.wave)?);
    firing
        .iter()
        .filter(|alert| bearing(plan, alert) != Bearing::None)
        .find_map(|alert| closing(plan, &rules, stage, alert, now))
}

/// What stands against opening a wave: alerts that fire now and would close it at once.
pub(super) fn stands_against(
    plan: &Plan,
    index: usize,
    firing: &BTreeMap<String, Heard>,
    now: UnixMillis,
) -> Option<Wait> {
    let wave = plan.waves.get(index)?;
    // What is counted is known without asking anybody. Of the rest nothing is known then, and that closes nothing.
    if firing.is_empty() && counted_events(plan).next().is_none() {
        return None;
    }
    let mut stage = Stage::enter(0, index, now);
    stage.firing.clone_from(firing);
    let cause = by_alerts(plan, &Rules::of_wave(wave), &mut stage, now)?;
    Some(Wait::Hold(format!("{cause} would close wave {}", wave.name)))
}

/// Why an alert closes the stage; otherwise it is remembered there, as far as there is room.
fn closing(plan: &Plan, rules: &Rules<'_>, stage: &mut Stage, alert: &Alert, now: UnixMillis) -> Option<Cause> {
    let name = alert.labels.get("alertname").unwrap_or(&alert.fingerprint).clone();
    let cause = |condition| Cause::Alert { fingerprint: alert.fingerprint.clone(), name, condition };
    if concern(plan, alert) == Concern::Named && !speaks_of_alerts(plan) {
        return Some(cause(None));
    }
    let heard = match stage.firing.get(&alert.fingerprint) {
        Some(before) => before.again(alert, now)?,
        None => Heard { alert: alert.clone(), at: now },
    };
    let full = stage.firing.len() >= MOST_FIRING && !stage.firing.contains_key(&alert.fingerprint);
    stage.firing.insert(alert.fingerprint.clone(), heard);
    let mut judged = stage.clone();
    let closes = by_alerts(plan, rules, &mut judged, now);
    if full {
        stage.firing.remove(&alert.fingerprint);
    }
    match closes {
        Some(Cause::Metric { condition, .. }) => Some(cause(Some(condition))),
        other => other,
    }
}

/// What closes the stage without a look at any metric. That none was asked is no lack of data.
fn by_alerts(plan: &Plan, rules: &Rules<'_>, stage: &mut Stage, now: UnixMillis) -> Option<Cause> {
    let look = judge(plan, &rules.severe(), stage, &Evidence::default(), now);
    look.cause.filter(|cause| !matches!(cause, Cause::NoData { .. }))
}
