//! One door to all that a check asks of metrics.

use super::outcomes::Outcomes;
use super::prometheus::{Address, Prometheus};
use super::template::{averaged, fill, names_window};
use crate::analysis::{Band, Compared, NoData, Reading, Sums};
use crate::rollout::{Arm, Ask, AskPrometheus, Metric, MetricSource, Over, Plan, Query, Split, Unit, Versus};
use crate::units::{UnixMillis, VariantName};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// Where the controller gets its evidence from. Nothing here fails: what goes wrong is a reason for having no data.
/// Every answer comes within the provider's timeout.
#[async_trait]
pub trait Readings: Send + Sync + std::fmt::Debug {
    /// The metric's value for one of the plan's variants, in its quantity's base unit.
    async fn read(&self, plan: &Plan, metric: &Metric, arm: Arm, over: Over, now: UnixMillis) -> Reading;

    /// The metric for both of the plan's variants, in a form in which they can be compared; quantities in base units.
    async fn compare(&self, plan: &Plan, metric: &Metric, versus: &Versus, now: UnixMillis)
    -> Result<Compared, NoData>;

    /// How many distinct users had each of the plan's variants since a moment.
    async fn split(&self, plan: &Plan, since: UnixMillis, now: UnixMillis) -> Result<Split, NoData>;

    /// The metric's values over a time that is over, in its quantity's base unit and the order of time. Where there was
    /// none, or one that is not finite, a moment is left out.
    ///
    /// Providers that keep no past refuse; so does whoever does not say otherwise.
    async fn past(
        &self,
        _plan: &Plan,
        metric: &Metric,
        _arm: Arm,
        _over: Over,
        _stretch: Stretch,
    ) -> Result<Vec<(UnixMillis, f64)>, NoData> {
        Err(without_past(metric))
    }
}

/// A time that is over, and how closely it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The first moment.
    pub from: UnixMillis,
    /// The last moment; not before the first.
    pub until: UnixMillis,
    /// From one moment to the next; not zero.
    pub step: Duration,
}

/// That a metric's provider keeps nothing of what was.
fn without_past(metric: &Metric) -> NoData {
    let provider = match &metric.source {
        MetricSource::Outcomes { .. } => "outcomes",
        MetricSource::Events { .. } => "events",
        MetricSource::Query(query) => query.ask.kind(),
    };
    NoData::Refused(format!("the provider `{provider}` has no past"))
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
    async fn read(&self, plan: &Plan, metric: &Metric, arm: Arm, over: Over, now: UnixMillis) -> Reading {
        let variant = variant(plan, arm);
        let reading = match &metric.source {
            MetricSource::Outcomes { measure, window, min_samples } => {
                let window = match over {
                    Over::Usual => *window,
                    Over::Span(span) => span,
                    Over::Since(since) => {
                        let reading = self.outcomes.since(&plan.flag, variant, *measure, since, *min_samples, now);
                        return in_base_unit(reading, metric.unit);
                    }
                };
                self.outcomes.read(&plan.flag, variant, *measure, window, *min_samples, now)
            }
            MetricSource::Events { .. } => Reading::NoData(counted_elsewhere()),
            MetricSource::Query(query) if arm == Arm::Control && !query.ask.tells_variants() => {
                let why = "its query is without `{{variant}}`: it cannot be asked for the stable variant";
                Reading::NoData(NoData::Refused(why.to_owned()))
            }
            MetricSource::Query(Query {
                address, window, ask: Ask::Prometheus(AskPrometheus::Value(query)), ..
            }) => {
                let span = match over {
                    Over::Usual => None,
                    Over::Span(span) => Some(span),
                    Over::Since(since) => Some(now.since(since)),
                };
                let filled = fill(query, variant, &plan.flag, span.unwrap_or(*window));
                let query = match span {
                    Some(span) if !names_window(query) => averaged(&filled, span),
                    Some(_) | None => filled,
                };
                self.ask_prometheus(address.as_deref(), &query, now).await
            }
            MetricSource::Query(_) => Reading::NoData(NoData::Refused("ratios are not asked for yet".to_owned())),
        };
        in_base_unit(reading, metric.unit)
    }

    async fn compare(
        &self,
        plan: &Plan,
        metric: &Metric,
        versus: &Versus,
        now: UnixMillis,
    ) -> Result<Compared, NoData> {
        match &metric.source {
            MetricSource::Outcomes { measure, .. } => {
                scaled(self.outcomes.compare(plan, *measure, versus, now)?, metric.unit.factor())
            }
            MetricSource::Events { .. } => Err(counted_elsewhere()),
            MetricSource::Query(_) => Err(NoData::Refused(
                "a query answers with a figure and not with what it was counted from: only outcomes can be compared \
                 statistically"
                    .to_owned(),
            )),
        }
    }

    /// Only outcomes tell users apart.
    async fn split(&self, plan: &Plan, since: UnixMillis, now: UnixMillis) -> Result<Split, NoData> {
        self.outcomes.split(plan, since, now)
    }
}

const fn variant(plan: &Plan, arm: Arm) -> &VariantName {
    match arm {
        Arm::Candidate => &plan.candidate,
        Arm::Control => &plan.stable,
    }
}

fn counted_elsewhere() -> NoData {
    NoData::Refused("posted events are counted by the rollout itself, for no variant in particular".to_owned())
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

/// Quantities times a factor. A band may be infinite above, nothing else may.
fn scaled(compared: Compared, factor: f64) -> Result<Compared, NoData> {
    let finite = |value: f64| match value.is_finite() {
        true => Ok(value),
        false => Err(NoData::NotFinite(value.to_string())),
    };
    let band =
        |band: Band| Ok(Band { low: finite(band.low * factor)?, high: band.high * factor, samples: band.samples });
    let sums = |sums: Sums| {
        let (mean, variance) = (finite(sums.mean * factor)?, finite(sums.variance * factor * factor)?);
        Ok(Sums { count: sums.count, mean, variance })
    };
    Ok(match compared {
        Compared::Counts(counts) => Compared::Counts(counts),
        Compared::Bands { candidate, control } => {
            Compared::Bands { candidate: band(candidate)?, control: band(control)? }
        }
        Compared::Sums { candidate, control } => {
            Compared::Sums { candidate: sums(candidate)?, control: sums(control)? }
        }
    })
}
