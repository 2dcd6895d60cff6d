//! One door to all metrics of a plan.

use super::outcomes::Outcomes;
use super::prometheus::{Address, Prometheus};
use super::template::fill;
use crate::analysis::{Compared, NoData, Reading};
use crate::rollout::{Arm, Metric, MetricSource, Over, Plan, Split, Unit, Versus};
use crate::units::UnixMillis;
use async_trait::async_trait;
use std::sync::Arc;

/// Where the controller gets its evidence from.
#[async_trait]
pub trait Readings: Send + Sync + std::fmt::Debug {
    /// The metric's value for the plan's candidate, in its quantity's base unit. Never fails: what
    /// goes wrong is a reason for having no data. Answers within the provider's timeout.
    async fn read(&self, plan: &Plan, metric: &Metric, arm: Arm, over: Over, now: UnixMillis) -> Reading;

    /// The metric for both of the plan's variants, in a form in which they can be compared; quantities in base units.
    async fn compare(&self, plan: &Plan, metric: &Metric, versus: &Versus, now: UnixMillis)
    -> Result<Compared, NoData>;

    /// How many distinct users had each of the plan's variants since a moment.
    async fn split(&self, plan: &Plan, since: UnixMillis, now: UnixMillis) -> Result<Split, NoData>;
}

/// The metric providers of this process.
#[derive(Debug, Clone)]
pub struct Providers {
    outcomes: Arc<Outcomes>,
    prometheus: Prometheus,
}

impl Providers {
    /// The providers that metrics may name.
    #[must_use]
    pub const fn new(outcomes: Arc<Outcomes>, prometheus: Prometheus) -> Self {
        Self { outcomes, prometheus }
    }

    async fn ask_prometheus(&self, address: Option<&str>, query: &str, now: UnixMillis) -> Reading {
        let own = match address.map(Address::parse).transpose() {
            Ok(own) => own,
            Err(why) => return Reading::NoData(NoData::Refused(why.to_string())),
        };
        match own.as_ref().or(self.prometheus.default_address()) {
            Some(address) => self.prometheus.read(address, query, now).await,
            None => Reading::NoData(NoData::NoProvider("prometheus".to_owned())),
        }
    }
}

#[async_trait]
impl Readings for Providers {
    /// Outcomes are read in the windows that end at `now`. Prometheus has its own clock: there `now` is
    /// only compared with the time of its answer, so it must be the real time and not a compressed one.
    async fn compare(&self, _: &Plan, _: &Metric, _: &Versus, _: UnixMillis) -> Result<Compared, NoData> {
        Err(NoData::Empty)
    }

    async fn split(&self, _: &Plan, _: UnixMillis, _: UnixMillis) -> Result<Split, NoData> {
        Err(NoData::Empty)
    }

    async fn read(&self, plan: &Plan, metric: &Metric, _: Arm, _: Over, now: UnixMillis) -> Reading {
        let reading = match &metric.source {
            MetricSource::Outcomes { measure, window, min_samples } => {
                self.outcomes.read(&plan.flag, &plan.candidate, *measure, *window, *min_samples, now)
            }
            // The rollout counts them itself and asks nobody.
            MetricSource::Events { .. } => Reading::NoData(NoData::Empty),
            MetricSource::Prometheus { query, window, address } => {
                let query = fill(query, &plan.candidate, &plan.flag, *window);
                self.ask_prometheus(address.as_deref(), &query, now).await
            }
        };
        in_base_unit(reading, metric.unit)
    }
}

fn in_base_unit(reading: Reading, unit: Unit) -> Reading {
    match reading {
        Reading::Value { value, samples, at } => match value * unit.factor() {
            value if value.is_finite() => Reading::Value { value, samples, at },
            value => Reading::NoData(NoData::NotFinite(value.to_string())),
        },
        Reading::NoData(why) => Reading::NoData(why),
    }
}
