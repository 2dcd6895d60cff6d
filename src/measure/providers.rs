//! One door to all that a check asks of metrics.

use super::asking::{Answered, Asking, LastAnswer, Once};
use super::connections::{Connection, Connections};
use super::outcomes::Outcomes;
use super::{cloudwatch, datadog, exec, graphite, influx, prometheus, web};
use crate::analysis::{Band, Compared, NoData, Reading, Sums};
use crate::rollout::{Arm, Ask, Exposures, Measure, Metric, MetricSource, Over, Plan, Query, Split, Unit, Versus};
use crate::units::{MetricName, UnixMillis, VariantName};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// No question is waited for longer than this, its other attempts included.
const LONGEST_PATIENCE: Duration = Duration::from_secs(14);

/// How long a question may wait for its turn when checks come so often that no time is left for one.
const BEFORE_ITS_TURN: Duration = Duration::from_secs(1);

/// How long a question for what was may take.
const PATIENCE_FOR_THE_PAST: Duration = Duration::from_secs(60);

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

    /// What of a plan's metrics cannot be asked, as far as that is known without asking.
    fn problems(&self, _plan: &Plan) -> Vec<String> {
        Vec::new()
    }

    /// What the system outside said to the metric's question the last time, in the quantity's base unit. `None` when it
    /// was not asked lately, or there is no such system.
    fn last(&self, _plan: &Plan, _metric: &Metric, _arm: Arm) -> Option<LastAnswer> {
        None
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
    connections: Arc<Connections>,
    once: Arc<Once>,
    strides: Arc<prometheus::Strides>,
}

impl Providers {
    /// The providers that metrics may name.
    #[must_use]
    pub fn new(outcomes: Arc<Outcomes>, connections: Connections) -> Self {
        Self { outcomes, connections: Arc::new(connections), once: Arc::default(), strides: Arc::default() }
    }

    /// What posted outcomes say.
    fn posted(
        &self,
        plan: &Plan,
        (measure, window, need): (Measure, Duration, u64),
        arm: Arm,
        over: Over,
        now: UnixMillis,
    ) -> Reading {
        let variant = variant(plan, arm);
        let window = match over {
            Over::Usual => window,
            Over::Span(span) => span,
            Over::Since(since) => return self.outcomes.since(&plan.flag, variant, measure, since, need, now),
        };
        self.outcomes.read(&plan.flag, variant, measure, window, need, now)
    }

    /// What a system outside says, which is asked once however many want to know.
    async fn asked(&self, query: &Query, arm: Arm, asking: Asking) -> Result<Reading, NoData> {
        let connection = self.connection(query, arm)?;
        let (key, shown) = (key(&connection, query, &asking), asking.span.is_none());
        let (ask, deadline) = (query.ask.clone(), asking.deadline);
        Ok(self.once.ask(key, shown, deadline, answered(connection, ask, asking)).await)
    }

    fn connection(&self, query: &Query, arm: Arm) -> Result<Arc<Connection>, NoData> {
        if arm == Arm::Control && !query.ask.tells_variants() {
            let why = "its query is without `{{variant}}`: it cannot be asked for the stable variant";
            return Err(NoData::NotAsked(why.to_owned()));
        }
        self.connections.of(query)
    }
}

#[async_trait]
impl Readings for Providers {
    /// Outcomes are read in the windows that end at `now`. Systems outside have their own clocks: there `now` is
    /// compared with the time of their answers, so it must be the real time and not a compressed one.
    async fn read(&self, plan: &Plan, metric: &Metric, arm: Arm, over: Over, now: UnixMillis) -> Reading {
        let reading = match &metric.source {
            MetricSource::Outcomes { measure, window, min_samples } => {
                self.posted(plan, (*measure, *window, *min_samples), arm, over, now)
            }
            MetricSource::Events { .. } => Reading::NoData(counted_elsewhere()),
            MetricSource::Query(query) => {
                if let Err(why) = told_apart(plan, &query.ask) {
                    return Reading::NoData(why);
                }
                let asking = self.asking(plan, query, (arm, over), now);
                self.asked(query, arm, asking).await.unwrap_or_else(Reading::NoData)
            }
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
            MetricSource::Query(query) if query.ask.counts().is_none() => Err(one_number()),
            MetricSource::Query(query) => {
                let asking = self.asking(plan, query, (Arm::Control, Over::Usual), now);
                let connection = self.connection(query, Arm::Control)?;
                told_apart(plan, &query.ask)?;
                match &query.ask {
                    Ask::Prometheus(ask) => {
                        let key = key(&connection, query, &asking);
                        let mut stride = self.strides.of(&key);
                        let asked = (ask, &asking);
                        let compared = prometheus::compare(&connection, asked, plan, versus, &mut stride).await;
                        self.strides.keep(key, stride);
                        compared.map_err(|why| connection.without_secrets(why))
                    }
                    Ask::CloudWatch(_)
                    | Ask::Datadog(_)
                    | Ask::Web(_)
                    | Ask::Graphite(_)
                    | Ask::Influx(_)
                    | Ask::Exec(_) => Err(not_counted()),
                }
            }
        }
    }

    /// Users are told apart by outcomes, or by evaluations where the plan counts them.
    async fn split(&self, plan: &Plan, since: UnixMillis, now: UnixMillis) -> Result<Split, NoData> {
        match plan.exposures {
            Exposures::Outcomes => self.outcomes.split(plan, since, now),
            Exposures::Evaluations => self.outcomes.split_of_evaluations(plan, since, now),
        }
    }

    async fn past(
        &self,
        plan: &Plan,
        metric: &Metric,
        arm: Arm,
        over: Over,
        stretch: Stretch,
    ) -> Result<Vec<(UnixMillis, f64)>, NoData> {
        let MetricSource::Query(query) = &metric.source else { return Err(without_past(metric)) };
        let connection = self.connection(query, arm)?;
        let asking = self.asking(plan, query, (arm, over), stretch.until);
        let asking = Asking { deadline: within(PATIENCE_FOR_THE_PAST), ..asking };
        let values = match &query.ask {
            Ask::Prometheus(ask) => prometheus::past(&connection, (ask, &asking), stretch).await,
            Ask::CloudWatch(ask) => cloudwatch::past(&connection, (ask, &asking), stretch).await,
            Ask::Datadog(ask) => datadog::past(&connection, (ask, &asking), stretch).await,
            Ask::Web(_) | Ask::Graphite(_) | Ask::Influx(_) | Ask::Exec(_) => Err(without_past(metric)),
        };
        let values = values.map_err(|why| connection.without_secrets(why))?;
        let scaled = values.into_iter().map(|(at, value)| (at, value * metric.unit.factor()));
        Ok(scaled.filter(|(_, value)| value.is_finite()).collect())
    }

    fn problems(&self, plan: &Plan) -> Vec<String> {
        let problem = |(name, metric): (&MetricName, &Metric)| match &metric.source {
            MetricSource::Query(query) => Some(format!("{name}: {}", self.connections.of(query).err()?)),
            MetricSource::Outcomes { .. } | MetricSource::Events { .. } => None,
        };
        plan.metrics.iter().filter_map(problem).collect()
    }

    fn last(&self, plan: &Plan, metric: &Metric, arm: Arm) -> Option<LastAnswer> {
        let MetricSource::Query(query) = &metric.source else { return None };
        let connection = self.connection(query, arm).ok()?;
        let asking = self.asking(plan, query, (arm, Over::Usual), UnixMillis::new(0));
        let last = self.once.last(&key(&connection, query, &asking))?;
        Some(LastAnswer { reading: in_base_unit(last.reading, metric.unit), ..last })
    }
}

impl Providers {
    fn asking(&self, plan: &Plan, query: &Query, (arm, over): (Arm, Over), now: UnixMillis) -> Asking {
        let timeout = self.connections.of(query).map_or(Duration::ZERO, |connection| connection.fetcher.timeout());
        let patience = timeout.saturating_add(BEFORE_ITS_TURN);
        Asking {
            variant: variant(plan, arm).clone(),
            flag: plan.flag.clone(),
            window: query.window,
            span: Asking::span_of(over, now),
            now,
            deadline: within(shortest_interval(plan).max(patience).min(LONGEST_PATIENCE)),
        }
    }
}

fn key(connection: &Connection, query: &Query, asking: &Asking) -> (Arc<str>, String) {
    (Arc::clone(&connection.name), asking.key(&query.ask))
}

/// Asks, and notes what was asked and how long it took.
async fn answered(connection: Arc<Connection>, ask: Ask, asking: Asking) -> Answered {
    let begun = Instant::now();
    let mut remark = None;
    let (question, reading) = match &ask {
        Ask::Prometheus(ask) => {
            let (reading, beside) = prometheus::read(&connection, ask, &asking).await;
            remark = beside;
            (prometheus::question(ask, &asking), reading)
        }
        Ask::CloudWatch(ask) => (cloudwatch::question(ask, &asking), cloudwatch::read(&connection, ask, &asking).await),
        Ask::Datadog(ask) => (datadog::question(ask, &asking), datadog::read(&connection, ask, &asking).await),
        Ask::Web(ask) => (web::question(ask, &asking), web::read(&connection, ask, &asking).await),
        Ask::Graphite(ask) => (graphite::question(ask, &asking), graphite::read(&connection, ask, &asking).await),
        Ask::Influx(ask) => (influx::question(ask, &asking), influx::read(&connection, ask, &asking).await),
        Ask::Exec(ask) => (exec::question(ask, &asking), exec::read(&connection, ask, &asking).await),
    };
    let reading = match reading {
        Reading::NoData(why) => Reading::NoData(connection.without_secrets(why)),
        value @ Reading::Value { .. } => value,
    };
    let (name, took) = (Arc::clone(&connection.name), begun.elapsed());
    let (connection, question) = (name, Arc::from(question));
    Answered::now(LastAnswer { connection, question, asked: asking.now, took, reading, remark })
}

/// The time from one check to the next, where it is shortest: what comes later than that comes too late.
fn shortest_interval(plan: &Plan) -> Duration {
    let waves = plan.waves.iter().map(|wave| wave.every);
    waves.chain(plan.after.iter().map(|after| after.every)).min().unwrap_or_default()
}

fn within(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or(now)
}

const fn variant(plan: &Plan, arm: Arm) -> &VariantName {
    match arm {
        Arm::Candidate => &plan.candidate,
        Arm::Control => &plan.stable,
    }
}

/// Whether the system keeps the names of the plan's variants so that they differ.
fn told_apart(plan: &Plan, ask: &Ask) -> Result<(), NoData> {
    match ask {
        Ask::Datadog(_) if ask.tells_variants() => datadog::tells_apart(plan),
        Ask::Prometheus(ask) => prometheus::tells_apart(ask, plan),
        Ask::Datadog(_) | Ask::CloudWatch(_) | Ask::Web(_) | Ask::Graphite(_) | Ask::Influx(_) | Ask::Exec(_) => Ok(()),
    }
}

fn not_counted() -> NoData {
    let why = "it answers with a figure and not with what it was counted from: it cannot be compared statistically";
    NoData::NotAsked(why.to_owned())
}

fn counted_elsewhere() -> NoData {
    NoData::NotAsked("posted events are counted by the rollout itself, for no variant in particular".to_owned())
}

fn one_number() -> NoData {
    NoData::NotAsked(
        "a query answers with a figure and not with what it was counted from: only outcomes and a `ratio` of counters can \
         be compared statistically"
            .to_owned(),
    )
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
