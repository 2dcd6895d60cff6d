//! What a metric asks, for people.

use super::template::{Names, fill_with};
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
        MetricSource::Query(query) => {
            let names = Names { variant: &plan.candidate, flag: &plan.flag, window: query.window };
            // People read it: what each system needs around a name is put there when it is asked.
            let window = || format_duration(query.window).replace(' ', "");
            let put = |placeholder, _: &str| names.of(placeholder).map_or_else(window, str::to_owned);
            Some(fill_with(&query.ask.text(), put))
        }
    }
}
