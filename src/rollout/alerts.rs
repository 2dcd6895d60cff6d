//! Alerts: one that fires closes, or is remembered for what waits for it; one that ends is forgotten.

use super::cause::Cause;
use super::check::look;
use super::concern::{Bearing, Concern, bearing, concern, speaks_of_alerts};
use super::decide::{close, keep, live_stage, rules_of, with_stage};
use super::decision::Decision;
use super::event::Evidence;
use super::plan::Plan;
use super::stage::{Rules, wave_at};
use super::state::{Stage, State};
use super::wait::Wait;
use crate::analysis::Alert;
use crate::units::UnixMillis;
use std::collections::BTreeMap;

/// The most firing alerts that one rollout remembers. Far over what its conditions can tell apart; each
/// alert beyond it is judged all the same when it arrives, and those remembered go on holding.
const MOST_FIRING: usize = 256;

pub(super) fn firing(plan: &Plan, state: &State, alert: &Alert, now: UnixMillis) -> Decision {
    let Some((before, rules)) = live_stage(state).and_then(|stage| Some((stage, rules_of(plan, state, stage)?))) else {
        return keep(plan, state);
    };
    if bearing(plan, alert) == Bearing::None {
        return keep(plan, state);
    }
    let mut stage = before.clone();
    if let Some(cause) = closing(plan, &rules, &mut stage, alert, now) {
        return close(plan, state, before.attempt, before.wave, cause, now);
    }
    if stage.firing == before.firing {
        return keep(plan, state);
    }
    let mut decision = keep(plan, &with_stage(state, stage));
    decision.check_now = true;
    decision
}

pub(super) fn resolved(plan: &Plan, state: &State, fingerprint: &str) -> Decision {
    let Some(stage) = live_stage(state).filter(|stage| stage.firing.contains_key(fingerprint)) else {
        return keep(plan, state);
    };
    let mut stage = stage.clone();
    stage.firing.remove(fingerprint);
    let mut decision = keep(plan, &with_stage(state, stage));
    decision.check_now = true;
    decision
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
    firing: &BTreeMap<String, Alert>,
    now: UnixMillis,
) -> Option<Wait> {
    let wave = plan.waves.get(index)?;
    let mut stage = Stage::enter(0, index, now);
    stage.firing.clone_from(firing);
    let alerts_only = Rules { hold_when: &[], advance_when: &[], ..Rules::of_wave(wave) };
    let cause = look(plan, &alerts_only, &mut stage, &Evidence::default(), now).cause?;
    Some(Wait::Hold(format!("{cause} would close wave {}", wave.name)))
}

/// Why an alert closes the stage; otherwise it is remembered there, as far as there is room.
fn closing(plan: &Plan, rules: &Rules<'_>, stage: &mut Stage, alert: &Alert, now: UnixMillis) -> Option<Cause> {
    let name = alert.labels.get("alertname").unwrap_or(&alert.fingerprint).clone();
    let cause = |condition| Cause::Alert { fingerprint: alert.fingerprint.clone(), name, condition };
    if concern(plan, alert) == Concern::Named && !speaks_of_alerts(plan) {
        return Some(cause(None));
    }
    if stage.firing.get(&alert.fingerprint) == Some(alert) {
        return None;
    }
    let full = stage.firing.len() >= MOST_FIRING && !stage.firing.contains_key(&alert.fingerprint);
    stage.firing.insert(alert.fingerprint.clone(), alert.clone());
    let alerts_only = Rules { hold_when: &[], advance_when: &[], ..*rules };
    let mut judged = stage.clone();
    let look = look(plan, &alerts_only, &mut judged, &Evidence::default(), now);
    if full {
        stage.firing.remove(&alert.fingerprint);
    }
    match look.cause {
        Some(Cause::Metric { condition, .. }) => Some(cause(Some(condition))),
        Some(other) => Some(other),
        None => None,
    }
}
