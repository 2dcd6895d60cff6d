//! What a metric asks, for people.

use super::template::fill;
use crate::rollout::{Metric, MetricSource, Plan};
use crate::units::format_duration;

/// What is asked of a metric's provider for the candidate, filled in; `None` where the rollout counts itself.
#[must_use]
pub fn asked(plan: &Plan, metric: &Metric) -> Option<String> {
    match &metric.source {
        MetricSource::Outcomes { window, .. } => Some(format!(
            "outcomes posted for flag {} with variant {}, over {}",
            plan.flag,
            plan.candidate,
            format_duration(*window)
        )),
        MetricSource::Events { .. } => None,
        MetricSource::Query(query) => Some(fill(&query.ask.text(), &plan.candidate, &plan.flag, query.window)),
    }
}
