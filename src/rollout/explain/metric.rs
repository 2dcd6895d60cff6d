//! The metrics of a plan: what each asks, and what it answered last.

use super::sight::Sight;
use crate::analysis::{Quantity, Reading};
use crate::rollout::{Metric, MetricSource, NoDataPolicy, Plan, Role};
use crate::units::MetricName;
use std::collections::BTreeMap;

/// A metric as it was last read.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricFacts {
    /// Its name.
    pub metric: MetricName,
    /// Where it comes from: `outcomes`, `events`, or the kind of the system that is asked.
    pub provider: &'static str,
    /// What it may cause.
    pub role: Role,
    /// What is measured.
    pub quantity: Quantity,
    /// What is asked of its provider for the candidate, where somebody is asked.
    pub asked: Option<String>,
    /// What it answered; `None` where it was not asked since this process began.
    pub reading: Option<Reading>,
    /// What comes of having no data.
    pub no_data: NoDataPolicy,
}

impl MetricFacts {
    pub(super) fn all(plan: &Plan, sight: &Sight<'_>, readings: &BTreeMap<MetricName, Reading>) -> Vec<Self> {
        let facts = |(name, metric): (&MetricName, &Metric)| Self {
            metric: name.clone(),
            provider: match &metric.source {
                MetricSource::Outcomes { .. } => "outcomes",
                MetricSource::Events { .. } => "events",
                MetricSource::Query(query) => query.ask.kind(),
            },
            role: metric.role,
            quantity: metric.unit.quantity(),
            asked: (sight.asked)(metric),
            reading: readings.get(name).cloned().map(|reading| match reading {
                Reading::Value { value, samples, at } => {
                    Reading::Value { value, samples: samples_of(plan, name, samples), at }
                }
                Reading::NoData(why) => Reading::NoData(why),
            }),
            no_data: metric.no_data,
        };
        plan.metrics.iter().map(facts).collect()
    }
}

/// On how many samples a value of a metric rests: a count of events is made of nothing but itself.
pub(super) fn samples_of(plan: &Plan, metric: &MetricName, samples: Option<u64>) -> Option<u64> {
    let counts_itself = |metric: &Metric| matches!(metric.source, MetricSource::Events { .. });
    samples.filter(|_| !plan.metrics.get(metric).is_some_and(counts_itself))
}
