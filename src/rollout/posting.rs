//! Posted events: each is counted where it is asked for, and closes at once what it makes true.

use super::alerts::check_soon;
use super::cause::Cause;
use super::check::judge;
use super::decide::{close, keep};
use super::decision::Decision;
use super::event::Evidence;
use super::memory::PostedEvent;
use super::plan::Plan;
use super::stage::{Rules, rules_of_mut};
use super::state::{Stage, State};
use crate::units::UnixMillis;

/// What a posted event did to a rollout.
#[derive(Debug, Clone, PartialEq)]
pub enum Reported {
    /// Nothing: nobody counts it here, or it was counted before.
    Nothing,
    /// It was counted.
    Counted,
    /// It was counted, and the flag closes for this.
    Closes(Cause),
}

/// Counts an event in place: of a thousand that come together none is judged on a copy of what all before it left.
pub fn post(plan: &Plan, state: &mut State, event: &PostedEvent, now: UnixMillis) -> Reported {
    let Some((stage, rules)) = rules_of_mut(plan, state) else { return Reported::Nothing };
    if stage.memory.knows(event) || !stage.memory.post(plan, event, now) {
        return Reported::Nothing;
    }
    stage.forget_silent_alerts(&rules, now);
    match closing(plan, &rules, stage, now) {
        Some(cause) => Reported::Closes(cause),
        None => Reported::Counted,
    }
}

/// Something was reported. What it makes true by itself closes the flag at once; for the rest there is a check.
pub(super) fn posted(plan: &Plan, state: &State, event: &PostedEvent, now: UnixMillis) -> Decision {
    let mut next = state.clone();
    match (post(plan, &mut next, event, now), state) {
        (Reported::Closes(cause), State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage)) => {
            close(plan, state, stage.attempt, stage.wave, cause, now)
        }
        (Reported::Counted, _) => check_soon(plan, &next, now),
        (Reported::Nothing | Reported::Closes(_), _) => keep(plan, state, now),
    }
}

/// What closes the stage without a look at any metric. That nobody was asked is no lack of data, and no look: what is
/// true since when, and what was told, stays as the last check left it.
fn closing(plan: &Plan, rules: &Rules<'_>, stage: &mut Stage, now: UnixMillis) -> Option<Cause> {
    let (true_since, noticed) = (stage.true_since.clone(), stage.memory.noticed.clone());
    let cause = judge(plan, &rules.severe(), stage, &Evidence::default(), now).cause;
    (stage.true_since, stage.memory.noticed) = (true_since, noticed);
    cause.filter(|cause| !matches!(cause, Cause::NoData { .. }))
}
