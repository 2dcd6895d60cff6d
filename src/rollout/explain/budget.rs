//! What a candidate may still cost.

use super::sight::Scene;
use crate::rollout::memory::{allowed_cost, largest_safe_next};
use crate::units::Exposure;

/// What is left of a plan's budget.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BudgetLeft {
    /// How many bad events the rollout may cost, at the traffic seen so far.
    pub allowed: f64,
    /// How many more the candidate had than its users would have had with the control.
    pub cost: f64,
    /// Hardly more than that: with a probability of 95 %.
    pub at_most: f64,
    /// The largest exposure of the next wave that stays within it, where there is a next wave.
    pub largest_safe_next: Option<Exposure>,
}

impl BudgetLeft {
    /// `None` without a budget, or before anything was counted.
    pub(super) fn of(scene: &Scene<'_>) -> Option<Self> {
        let allowed = allowed_cost(scene.plan, scene.stage)?;
        let harm = scene.stage.memory.cost.as_ref()?.harm.harm();
        Some(Self {
            allowed,
            cost: harm.events,
            at_most: harm.at_most,
            largest_safe_next: largest_safe_next(scene.plan, scene.stage),
        })
    }

    /// What is left of it; never under 0.
    #[must_use]
    pub fn left(&self) -> f64 {
        (self.allowed - self.cost).max(0.0)
    }

    /// In words.
    #[must_use]
    pub fn sentence(&self) -> String {
        let next = self.largest_safe_next.map(|safe| format!("; the largest safe exposure of the next wave is {safe}"));
        format!(
            "of {:.0} bad events that the budget allows the candidate has cost {:.0} (hardly more than {:.0}), {:.0} are \
             left{}",
            self.allowed,
            self.cost,
            self.at_most,
            self.left(),
            next.unwrap_or_default()
        )
    }
}
