//! Metrics without data, and what comes of that when.

use super::sight::Scene;
use crate::analysis::{NoData, Reading};
use crate::rollout::{NoDataPolicy, NoDataThen};
use crate::units::{MetricName, format_duration};
use std::time::Duration;

/// A metric that has no data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// Which.
    pub metric: MetricName,
    /// Why, as far as the last check knows.
    pub why: Option<NoData>,
    /// For how long, as far as somebody watched, as of the last check.
    pub lasted: Duration,
    /// What comes of it.
    pub policy: NoDataPolicy,
    /// In words.
    pub sentence: String,
}

impl Silence {
    /// All of a stage.
    pub(super) fn all(scene: &Scene<'_>) -> Vec<Self> {
        let silent = scene.stage.memory.silent.iter();
        let known = silent.filter_map(|(metric, lasted)| Some((metric, *lasted, scene.plan.metrics.get(metric)?)));
        let silence = |(metric, lasted, of): (&MetricName, Duration, &crate::rollout::Metric)| {
            let why = match scene.sight.readings.get(metric) {
                Some(Reading::NoData(why)) => Some(why.clone()),
                Some(Reading::Value { .. }) | None => None,
            };
            let policy = of.no_data;
            let said = why.as_ref().map_or_else(|| format!("{metric}: no data"), |why| why.of(metric));
            let sentence = format!("{said}, for {}: {}", format_duration(lasted), comes_of(policy, lasted));
            Self { metric: metric.clone(), why, lasted, policy, sentence }
        };
        known.map(silence).collect()
    }
}

fn comes_of(policy: NoDataPolicy, lasted: Duration) -> String {
    let left = policy.grace.saturating_sub(lasted);
    let (grace, left_told) = (format_duration(policy.grace), format_duration(left));
    match (policy.then, left.is_zero()) {
        (NoDataThen::Hold, _) => "it holds until there is some, and closes nothing".to_owned(),
        (NoDataThen::Close, false) => format!("it holds, and closes after {grace} of this: in {left_told}"),
        (NoDataThen::Close, true) => "it closes at the next check that finds none".to_owned(),
        (NoDataThen::Ignore, false) => format!("it holds for {grace}: {left_told} more, then it is ignored"),
        (NoDataThen::Ignore, true) => "it is ignored, except that what needs it to go on is not true".to_owned(),
    }
}
