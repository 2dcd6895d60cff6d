//! What a state lays over the flag.

use super::plan::{Plan, RetrySalt, Wave};
use super::stage::wave_at;
use super::state::State;
use crate::flag::{Gate, Overlay, Part, Parts, Rank, Share};
use crate::planted::{self, Bug};
use crate::units::Exposure;
use std::sync::Arc;

/// The share of the wave's audience that has the candidate in a state.
#[must_use]
pub fn exposure(plan: &Plan, state: &State) -> Exposure {
    match state {
        State::Pending { .. } | State::RolledBack { .. } => Exposure::NONE,
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => {
            wave_at(plan, stage.wave).map_or(Exposure::NONE, |wave| held_back(plan, wave))
        }
        State::Completed { .. } => plan.waves.last().map_or(Exposure::NONE, |wave| wave.exposure),
    }
}

/// What a state lays over the flag. Nothing before the start; after that always something, so that a
/// closed flag stays closed whatever its definition becomes.
#[must_use]
pub fn overlay(plan: &Plan, state: &State) -> Option<Overlay> {
    match state {
        State::Pending { attempts: 0 } => None,
        State::Pending { attempts } => Some(closed(plan, *attempts)),
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => {
            open(plan, Rank::open(stage.attempt, stage.step), stage.wave)
        }
        State::Completed { attempt, step, .. } => open_to_all(plan, Rank::open(*attempt, *step)),
        State::RolledBack { attempt, .. } => Some(closed(plan, *attempt)),
    }
}

/// What closes the attempt that a state is in; nothing where nobody has the candidate.
#[must_use]
pub fn closing_overlay(plan: &Plan, state: &State) -> Option<Overlay> {
    match state {
        State::Running(_) | State::Paused { .. } | State::Watching(_) | State::Completed { .. } => {
            Some(closed(plan, state.attempt()))
        }
        State::Pending { .. } | State::RolledBack { .. } => None,
    }
}

/// What the waves up to that one open together: whoever got the candidate by an earlier one keeps it.
pub(super) fn open(plan: &Plan, rank: Rank, index: usize) -> Option<Overlay> {
    laid_open(plan, rank, index, &|wave| held_back(plan, wave))
}

/// All waves, without holding anybody back.
pub(super) fn open_to_all(plan: &Plan, rank: Rank) -> Option<Overlay> {
    laid_open(plan, rank, usize::MAX, &|wave| wave.exposure)
}

fn laid_open(plan: &Plan, rank: Rank, index: usize, exposure: &dyn Fn(&Wave) -> Exposure) -> Option<Overlay> {
    let part = |(index, wave): (usize, &Wave)| Part {
        step: u32::try_from(index).unwrap_or(u32::MAX),
        exposure: exposure(wave),
        audience: wave.audience.clone(),
    };
    let begun = plan.waves.iter().take(index.saturating_add(1)).enumerate();
    let kept = |(own, wave): &(usize, &Wave)| {
        *own == index || wave.audience.is_none() || !planted::is(Bug::GroupLosesItsMembers)
    };
    let mut parts = begun.filter(kept).map(part);
    let first = Parts::of(parts.next()?);
    let share = Share {
        parts: parts.fold(first, Parts::with),
        bucket_by: Arc::clone(&plan.bucket_by),
        salt: match planted::is(Bug::SaltChangesWithTheExposure) {
            true => Arc::from(format!("{}-{}", plan.salt, rank.step())),
            false => salt(plan, rank.attempt()),
        },
        layer: plan.layer.clone(),
    };
    Some(lay(plan, rank, Gate::Open(share)))
}

/// A wave's share, without those who are kept from the candidate until the watch is over. Who is named by
/// a rule is never kept from it.
pub(super) fn held_back(plan: &Plan, wave: &Wave) -> Exposure {
    let holdback = plan.after.as_ref().map_or(Exposure::NONE, |after| after.holdback);
    match &wave.audience {
        _ if planted::is(Bug::HoldbackIsForgotten) => wave.exposure,
        Some(_) => wave.exposure,
        None => wave.exposure.min(holdback.rest()),
    }
}

/// What is hashed before the attribute: where the plan says so, each attempt begins with other users.
fn salt(plan: &Plan, attempt: u32) -> Arc<str> {
    match plan.retry {
        RetrySalt::Fresh if attempt > 1 && !planted::is(Bug::FreshUsersAreTheSame) => {
            Arc::from(format!("{}-{attempt}", plan.salt))
        }
        RetrySalt::Fresh | RetrySalt::Same => Arc::clone(&plan.salt),
    }
}

pub(super) fn closed(plan: &Plan, attempt: u32) -> Overlay {
    let rank = if planted::is(Bug::ClosingRanksLow) { Rank::open(attempt, 0) } else { Rank::closed(attempt) };
    lay(plan, rank, Gate::Closed)
}

fn lay(plan: &Plan, rank: Rank, gate: Gate) -> Overlay {
    Overlay { rollout: plan.name.clone(), rank, candidate: plan.candidate.clone(), stable: plan.stable.clone(), gate }
}
