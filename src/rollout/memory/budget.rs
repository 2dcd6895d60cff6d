//! Whether the next wave may cost more than the plan's budget allows.

use crate::analysis::statistics::traffic;
use crate::planted::{self, Bug};
use crate::rollout::{Plan, Stage};
use crate::units::Exposure;

/// Why the next wave may not open for what it could cost, if that is so.
pub(in crate::rollout) fn over_budget(plan: &Plan, stage: &Stage) -> Option<String> {
    let next = plan.waves.get(stage.wave.saturating_add(1))?;
    plan.budget.as_ref().filter(|_| !planted::is(Bug::BudgetIsIgnored))?;
    let Some(largest) = largest_safe_next(plan, stage) else {
        return Some(format!("what wave {} could cost is not known yet: nothing was counted", next.name));
    };
    (next.exposure > largest).then(|| {
        format!(
            "wave {} at {} could cost more than the budget allows; the largest safe exposure is {largest}",
            next.name, next.exposure
        )
    })
}

/// How many bad events the rollout may cost, at the traffic seen so far. `None` without a budget, or before anything
/// was counted.
pub(in crate::rollout) fn allowed_cost(plan: &Plan, stage: &Stage) -> Option<f64> {
    let (budget, cost) = (plan.budget.as_ref()?, stage.memory.cost.as_ref()?);
    (!cost.seen.is_zero()).then(|| {
        let per_second = cost.exposures as f64 / cost.seen.as_secs_f64();
        budget.share * (1.0 - budget.objective) * traffic(per_second, budget.window)
    })
}

/// The largest exposure of the next wave that stays within the plan's budget even at the highest rate of
/// harm that is still possible. `None` without a budget, a next wave, or anything counted.
#[must_use]
pub fn largest_safe_next(plan: &Plan, stage: &Stage) -> Option<Exposure> {
    let (allowed, cost) = (allowed_cost(plan, stage)?, stage.memory.cost.as_ref()?);
    let next = plan.waves.get(stage.wave.saturating_add(1))?;
    let per_second = cost.exposures as f64 / cost.seen.as_secs_f64();
    let share = cost.harm.largest_share(allowed, traffic(per_second, next.bake))?;
    // A share of the slice costs as much less as the slice is smaller than the whole.
    let parts = ((share / plan.part_of_all()).clamp(0.0, 1.0) * f64::from(Exposure::ALL.ppm())).floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to a million")]
    Exposure::from_ppm(parts as u32)
}
