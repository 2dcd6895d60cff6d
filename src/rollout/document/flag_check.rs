//! Whether a plan and the flag it drives fit together.

use crate::flag::{Definition, FlagState};
use crate::rollout::Plan;
use crate::source::suggest;

/// What keeps a flag from being rolled out by a plan; empty when nothing does. `definition` is the
/// flag as it is served, `None` when there is none. Each problem is a sentence without a full stop.
#[must_use]
pub fn check_against(plan: &Plan, definition: Option<&Definition>) -> Vec<String> {
    let Some(definition) = definition else {
        return vec![format!("the flag `{}` is not defined, or never was without a fault", plan.flag)];
    };
    let mut problems = Vec::new();
    if definition.state == FlagState::Disabled {
        problems.push(format!("the flag `{}` is disabled, so that nobody gets the candidate", plan.flag));
    }
    for (role, variant) in [("candidate", &plan.candidate), ("stable", &plan.stable)] {
        if definition.variant_index(variant.as_str()).is_none() {
            let names = || definition.variants.iter().map(|variant| variant.name.as_str());
            let hint = suggest(variant.as_str(), names()).unwrap_or_else(|| {
                format!("it has {}", names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
            });
            problems.push(format!("the flag `{}` has no variant `{variant}`, the plan's `{role}`; {hint}", plan.flag));
        }
    }
    problems
}
