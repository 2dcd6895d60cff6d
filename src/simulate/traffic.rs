//! How many users there are, and how many of them have the candidate.

use crate::rollout::{Plan, State, Wave};
use crate::units::Exposure;
use std::time::Duration;

/// So many users come in an hour unless the plan needs more.
const USUAL: f64 = 60_000.0;

/// Nobody knows how many users a rule or a list means: a tenth of all.
const AUDIENCE: f64 = 0.1;

/// After so much of a window there are enough samples in it.
const ENOUGH_AFTER: f64 = 1.0 / 3.0;

/// The users of a service, which come evenly.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traffic {
    /// How many there are.
    pub(super) per_hour: f64,
}

impl Traffic {
    /// So many that each wave of the plan can have the samples it asks for.
    pub(super) fn enough_for(plan: &Plan) -> Self {
        let mut needed = USUAL;
        for (index, wave) in plan.waves.iter().enumerate() {
            let share = share_of_wave(plan, index);
            let mut need = |samples: u64, span: Duration| {
                let per_hour = samples as f64 / (share * hours(span) * ENOUGH_AFTER);
                if per_hour.is_finite() {
                    needed = needed.max(per_hour);
                }
            };
            need(wave.min_samples, wave.bake);
            for metric in plan.metrics.values() {
                if let Some((window, min_samples)) = metric.source.counted() {
                    need(min_samples, window);
                }
            }
        }
        Self { per_hour: (needed / 1_000.0).ceil() * 1_000.0 }
    }

    /// How many users a share of all is in some time.
    pub(super) fn users(&self, share: f64, span: Duration) -> f64 {
        self.per_hour * share * hours(span)
    }
}

/// The share of all users that has the candidate.
pub(super) fn share(plan: &Plan, state: &State) -> f64 {
    match state {
        State::Pending { .. } | State::RolledBack { .. } => 0.0,
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => share_of_wave(plan, stage.wave),
        State::Completed { .. } => share_of_wave(plan, usize::MAX),
    }
}

/// Whoever has the candidate by an earlier wave keeps it.
fn share_of_wave(plan: &Plan, index: usize) -> f64 {
    let holdback = plan.after.as_ref().map_or(Exposure::NONE, |after| after.holdback);
    let share = |wave: &Wave| match &wave.audience {
        Some(_) => part(wave.exposure) * AUDIENCE,
        None => part(wave.exposure.min(holdback.rest())),
    };
    plan.part_of_all() * plan.waves.iter().take(index.saturating_add(1)).map(share).fold(0.0, f64::max)
}

fn part(exposure: Exposure) -> f64 {
    f64::from(exposure.ppm()) / f64::from(Exposure::ALL.ppm())
}

/// A span in hours.
pub(super) fn hours(span: Duration) -> f64 {
    span.as_secs_f64() / 3_600.0
}
