//! A rollout's plan, valid by construction: built by lowering a document, then trusted.

use super::ask::Query;
use super::telemetry::Telemetry;
use crate::analysis::statistics::Better;
use crate::analysis::{Condition, Quantity};
use crate::flag::{Expression, Layer};
use crate::units::{Exposure, FlagKey, MetricName, RolloutName, UnixMillis, VariantName, WaveName};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Waves for one flag.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The rollout's name.
    pub name: RolloutName,
    /// The environment it belongs to; `default` when nothing else is said.
    pub environment: Arc<str>,
    /// The flag whose exposure it drives.
    pub flag: FlagKey,
    /// The variant being rolled out.
    pub candidate: VariantName,
    /// The variant that everybody else gets.
    pub stable: VariantName,
    /// The context attribute that is hashed.
    pub bucket_by: Arc<str>,
    /// Hashed before the attribute; the rollout's name unless the plan says otherwise.
    pub salt: Arc<str>,
    /// The slice of a layer that it keeps to; `None` is everybody. Shares are shares of the slice.
    pub layer: Option<Layer>,
    /// Who has the candidate first in another attempt.
    pub retry: RetrySalt,
    /// By what the users of each group are counted, to see whether there are as many as there should be.
    pub exposures: Exposures,
    /// When it begins by itself. Nobody can begin it earlier.
    pub start: Option<UnixMillis>,
    /// Over how long before the first wave the baseline is taken.
    pub baseline: Option<Duration>,
    /// How often a sound candidate may be called worse, over all tests of an attempt together.
    pub alpha: f64,
    /// What the candidate may cost.
    pub budget: Option<Budget>,
    /// How what traced applications export becomes outcomes; `None` takes every span that names the flag.
    pub telemetry: Option<Arc<Telemetry>>,
    /// What conditions may speak of.
    pub metrics: BTreeMap<MetricName, Metric>,
    /// At least one. Each adds to those before it: nobody loses the candidate from one to the next.
    pub waves: Vec<Wave>,
    /// The watch after the last wave.
    pub after: Option<After>,
}

impl Plan {
    /// The part of all users that its shares are shares of; 1 unless it keeps to a slice of a layer.
    #[must_use]
    pub fn part_of_all(&self) -> f64 {
        let users = self.layer.as_ref().map_or(Exposure::ALL, Layer::width);
        f64::from(users.ppm()) / f64::from(Exposure::ALL.ppm())
    }

    /// Whether anything is judged by what Tidegate itself counts of the flag.
    #[must_use]
    pub fn counts_outcomes(&self) -> bool {
        let of_outcomes = |metric: &Metric| matches!(metric.source, MetricSource::Outcomes { .. });
        self.exposures == Exposures::Evaluations || self.metrics.values().any(of_outcomes)
    }
}

/// By what it is seen whom each variant is given to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Exposures {
    /// By the outcomes that are posted of them.
    #[default]
    Outcomes,
    /// By what the evaluation door gave to them.
    Evaluations,
}

/// Which users have the candidate first when a rollout begins anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RetrySalt {
    /// The same as before.
    #[default]
    Same,
    /// Others.
    Fresh,
}

/// A cap on the harm that a rollout may do: a share of what an objective leaves to fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// The share of what fails.
    pub metric: MetricName,
    /// The share that must succeed: over 0, under 1.
    pub objective: f64,
    /// How much of what may fail the rollout may use up: over 0, at most 1.
    pub share: f64,
    /// Over how long the objective is kept.
    pub window: Duration,
}

/// One step of exposure and what must be true to leave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Wave {
    /// Its name, unique in the plan.
    pub name: WaveName,
    /// The share of the audience that gets the candidate.
    pub exposure: Exposure,
    /// Who may be in the share; `None` is everybody.
    pub audience: Option<Arc<Expression>>,
    /// The least time under observation before the next wave.
    pub bake: Duration,
    /// The time between checks; at least a second.
    pub every: Duration,
    /// So many outcomes of the candidate must have been seen in the wave before the next.
    pub min_samples: u64,
    /// Who must agree before this wave opens.
    pub approval: Option<Arc<str>>,
    /// What is looked at, in the order of severity. The clauses of `always` and of the metrics' own
    /// thresholds included. Shared, for most of them are looked at in every wave.
    pub clauses: Vec<Arc<Clause>>,
}

/// One condition of a plan and what comes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// What comes of it.
    pub list: List,
    /// The condition.
    pub when: Condition,
    /// The condition in canonical form.
    pub text: Arc<str>,
    /// It is looked at and told, and nothing comes of it.
    pub observe: bool,
}

impl Clause {
    /// The canonical text of a part of the condition that is not made of others. Mostly that is all of it.
    pub(super) fn text_of(&self, leaf: &Condition) -> Cow<'_, str> {
        match std::ptr::eq(leaf, &self.when) {
            true => Cow::Borrowed(&self.text),
            false => Cow::Owned(leaf.to_string()),
        }
    }
}

/// What comes of a condition, in the order in which conditions are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// When it is true, the flag closes.
    Close,
    /// When it is true, the rollout goes back to the wave before.
    StepBack,
    /// While it is true, the rollout stays where it is.
    Hold,
    /// When it becomes true, somebody is told.
    Notify,
    /// When all of these are true, the bake is over.
    Early,
    /// All of these must be true to go on.
    Advance,
}

impl List {
    /// The name of the list in a document.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Close => "close_when",
            Self::StepBack => "step_back_when",
            Self::Hold => "hold_when",
            Self::Notify => "notify_when",
            Self::Early => "early_when",
            Self::Advance => "advance_when",
        }
    }
}

/// The watch at full exposure before the rollout counts as completed.
#[derive(Debug, Clone, PartialEq)]
pub struct After {
    /// How long.
    pub watch: Duration,
    /// The time between checks.
    pub every: Duration,
    /// The share of everybody that stays without the candidate until the watch is over, so that there
    /// is something to compare it with.
    pub holdback: Exposure,
    /// What is looked at, those of `always` included; nothing advances here.
    pub clauses: Vec<Arc<Clause>>,
}

/// A named reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// What its values mean.
    pub unit: Unit,
    /// What it may cause.
    pub role: Role,
    /// Which way is good.
    pub better: Better,
    /// What happens while it has no data.
    pub no_data: NoDataPolicy,
    /// Where it comes from.
    pub source: MetricSource,
}

/// The unit a provider answers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A share, 1 being the whole.
    Ratio,
    /// A share, 100 being the whole.
    Percent,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Bytes.
    Bytes,
    /// How many.
    Count,
    /// Anything else.
    Number,
}

impl Unit {
    /// What is measured.
    #[must_use]
    pub const fn quantity(self) -> Quantity {
        match self {
            Self::Ratio | Self::Percent => Quantity::Ratio,
            Self::Seconds | Self::Milliseconds => Quantity::Time,
            Self::Bytes => Quantity::Size,
            Self::Count => Quantity::Count,
            Self::Number => Quantity::Number,
        }
    }

    /// The factor from this unit to its quantity's base unit.
    #[must_use]
    pub const fn factor(self) -> f64 {
        match self {
            Self::Percent => 0.01,
            Self::Seconds => 1_000.0,
            Self::Ratio | Self::Milliseconds | Self::Bytes | Self::Count | Self::Number => 1.0,
        }
    }
}

/// What a metric may cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// May close the flag.
    Guardrail,
    /// May only hold.
    Signal,
}

impl Metric {
    /// Whether candidate and control can be told apart by it.
    #[must_use]
    pub fn tells_variants(&self) -> bool {
        match &self.source {
            MetricSource::Outcomes { .. } => true,
            MetricSource::Events { .. } => false,
            MetricSource::Query(query) => query.ask.tells_variants(),
        }
    }
}

/// What happens while a metric has no data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoDataPolicy {
    /// What it comes to.
    pub then: NoDataThen,
    /// How long it must have had none before that; until then it holds.
    pub grace: Duration,
}

/// What a metric without data comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NoDataThen {
    /// The rollout stays where it is.
    #[default]
    Hold,
    /// The flag closes.
    Close,
    /// Nothing holds for it. What must be true to go on is not true by it.
    Ignore,
}

/// Where a metric's values come from.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricSource {
    /// What applications post, kept by Tidegate itself, for the candidate variant.
    Outcomes {
        /// Which figure.
        measure: Measure,
        /// Over how long.
        window: Duration,
        /// Fewer outcomes than this are no data.
        min_samples: u64,
    },
    /// What people and systems post as having happened, counted by the rollout itself.
    Events {
        /// Which event.
        event: Arc<str>,
        /// From when on.
        since: Since,
    },
    /// What another system says.
    Query(Query),
}

impl MetricSource {
    /// Over how long it counts samples and of how few it says nothing; `None` when it counts none.
    #[must_use]
    pub fn counted(&self) -> Option<(Duration, u64)> {
        match self {
            Self::Outcomes { window, min_samples, .. } => Some((*window, *min_samples)),
            Self::Query(query) => query.ask.counts().map(|min_samples| (query.window, min_samples)),
            Self::Events { .. } => None,
        }
    }
}

/// From when on posted events are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// From the beginning of the wave.
    Wave,
    /// From the beginning of the attempt.
    Start,
    /// Over that long a time up to now.
    Within(Duration),
}

/// The figures that posted outcomes give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Failed outcomes by all outcomes.
    ErrorRatio,
    /// Outcomes that went well by all outcomes.
    SuccessRatio,
    /// Outcomes that took longer than so many microseconds, by all outcomes with a latency.
    SlowRatio(u64),
    /// Median latency.
    LatencyP50,
    /// 95th percentile of the latency.
    LatencyP95,
    /// 99th percentile of the latency.
    LatencyP99,
    /// All outcomes.
    Count,
    /// Failed outcomes.
    Errors,
    /// The mean of the posted values.
    ValueMean,
}
