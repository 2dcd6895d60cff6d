//! The cap on the harm that a rollout may do.

use super::fields::Fields;
use super::metrics::Metrics;
use super::reader::Reader;
use super::shape;
use crate::rollout::{Budget, Measure, MetricSource};
use crate::source::Node;
use crate::units::MetricName;
use std::time::Duration;

/// Over how long an objective is kept when nothing is said.
const WINDOW: Duration = Duration::from_secs(30 * 86_400);

/// Reads `budget`.
pub(super) fn budget(node: &Node<'_>, metrics: &Metrics, reader: &mut Reader<'_>) -> Option<Budget> {
    let fields = Fields::read(node, &shape::BUDGET, reader)?;
    let metric = fields
        .needed("metric", "the share of what fails, for instance `metric: error_rate`", reader)
        .and_then(|node| counted(node, metrics, reader));
    let objective = fields
        .needed("objective", "the share that must succeed, for instance `objective: 99.9%`", reader)
        .and_then(|node| objective(node, reader));
    let share = fields
        .needed("share", "how much of what may fail the rollout may use up, for instance `share: 10%`", reader)
        .and_then(|node| reader.share(node, "share", 1.0, "10%"));
    let bounds = Duration::from_secs(3_600)..=Duration::from_secs(366 * 86_400);
    let window = match fields.get("window") {
        Some(node) => reader.duration(node, "window", bounds),
        None => Some(WINDOW),
    };
    Some(Budget { metric: metric?, objective: objective?, share: share?, window: window? })
}

fn objective(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<f64> {
    let objective = reader.share(node, "objective", 1.0, "99.9%")?;
    if objective >= 1.0 {
        reader.complain(node.span, "an objective of 100% leaves nothing that may fail", "for instance `99.9%`");
        return None;
    }
    Some(objective)
}

/// Harm is counted, so the metric must be one of counts of both groups.
fn counted(node: &Node<'_>, metrics: &Metrics, reader: &mut Reader<'_>) -> Option<MetricName> {
    let name = reader.name(node, "metric", MetricName::new)?;
    let Some(metric) = metrics.get(name.as_str()) else {
        if !metrics.is_defined(name.as_str()) {
            let hint = metrics.instead_of(name.as_str());
            reader.complain(node.span, format!("there is no metric `{name}`"), hint);
        }
        return None;
    };
    match &metric.source {
        MetricSource::Outcomes {
            measure: Measure::ErrorRatio | Measure::SuccessRatio | Measure::SlowRatio(_), ..
        } => Some(name),
        MetricSource::Query(query) if query.ask.counts().is_some() => Some(name),
        MetricSource::Outcomes { .. } | MetricSource::Events { .. } | MetricSource::Query(_) => {
            let message = format!("the harm cannot be counted by `{name}`");
            let hint = "name a metric of the provider `outcomes` with the measure `error_ratio` or `slow_ratio`, or a `ratio` \
                        of two counters";
            reader.complain(node.span, message, hint);
            None
        }
    }
}
