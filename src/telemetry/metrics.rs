//! The metrics of one process, in a registry of their own.

use super::evaluations::LiveCollector;
use super::requests::RequestMetrics;
use super::rollouts::RolloutCollector;
use super::triggers::TriggerMetrics;
use crate::live::Live;
use crate::otlp::Passed;
use crate::rollout::State;
use crate::units::{Exposure, FlagKey, RolloutName};
use prometheus::{Encoder, Histogram, HistogramOpts, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder};
use std::sync::Arc;
use std::time::Duration;

/// How a check of a rollout ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckResult {
    /// Data for everything, nothing to hold for.
    Clear,
    /// A condition to hold for was true.
    Held,
    /// Something had no data.
    Blind,
    /// A condition to close for was true.
    Closed,
}

/// What became of an outcome that an application posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeResult {
    /// Counted.
    Accepted,
    /// Not counted: there is no room for more flags and variants.
    Refused,
    /// Not counted: it happened too long ago.
    Late,
    /// Not counted: by its time it is still to happen.
    Future,
    /// Not counted: it is not known what its key was served at its time.
    Unattributed,
    /// Not counted again: its batch was counted before.
    Repeated,
}

/// What is exported to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Spans of traces.
    Spans,
    /// Points of metrics.
    Points,
}

impl Signal {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Points => "points",
        }
    }
}

/// What became of an event that somebody posted. Of several rollouts the first of these counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventResult {
    /// It could not be made durable somewhere: its sender was told to send it again.
    Unavailable,
    /// It closed a rollout.
    Closed,
    /// A rollout counted it.
    Counted,
    /// It was counted before.
    Repeated,
    /// What would have counted it was closed before.
    AlreadyClosed,
    /// Nobody counts it.
    NotCounted,
}

/// The metrics of one process. Cheap to clone; all clones are the same metrics.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    requests: RequestMetrics,
    rollouts: RolloutCollector,
    decisions: IntCounterVec,
    rollback: Histogram,
    rollback_durable: Histogram,
    problems: IntGaugeVec,
    checks: IntCounterVec,
    outcomes: IntCounterVec,
    events: IntCounterVec,
    triggers: TriggerMetrics,
    exported: IntCounterVec,
}

impl Metrics {
    /// New metrics at zero; evaluations, flags and the generation are read from `live` at each scrape.
    ///
    /// # Errors
    /// When two metrics have one name, which is a fault in this program.
    pub fn new(live: Arc<Live>) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        registry.register(Box::new(LiveCollector::new(live)?))?;
        let requests = RequestMetrics::register(&registry)?;
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let vec = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(vec.clone())).map(|()| vec)
        };
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            let vec = IntGaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(vec.clone())).map(|()| vec)
        };
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            let histogram = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?;
            registry.register(Box::new(histogram.clone())).map(|()| histogram)
        };
        let triggers = TriggerMetrics::register(&registry)?;
        let rollouts = RolloutCollector::new()?;
        registry.register(Box::new(rollouts.clone()))?;
        Ok(Self {
            rollouts,
            decisions: counter("tidegate_decisions_total", "Decisions taken for rollouts, by kind.", &["kind"])?,
            rollback: histogram(
                "tidegate_rollback_seconds",
                "From a trigger accepted to the candidate gone from what is served.",
                &[0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 1.0],
            )?,
            rollback_durable: histogram(
                "tidegate_rollback_durable_seconds",
                "From a trigger accepted to the closing written down.",
                &[0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0],
            )?,
            problems: gauge("tidegate_problems", "What is wrong now in flags and rollouts, by kind.", &["kind"])?,
            checks: counter("tidegate_checks_total", "Checks of rollouts, by how they ended.", &["verdict"])?,
            outcomes: counter("tidegate_outcomes_total", "Outcomes that applications posted.", &["result"])?,
            events: counter("tidegate_events_total", "Events that were posted for rollouts to count.", &["result"])?,
            triggers,
            exported: counter(
                "tidegate_telemetry_total",
                "Spans and metric points that applications exported, by what became of them.",
                &["signal", "result"],
            )?,
            requests,
            registry,
        })
    }

    /// The evaluation door's part.
    #[must_use]
    pub fn requests(&self) -> &RequestMetrics {
        &self.requests
    }

    /// The triggers' part.
    #[must_use]
    pub const fn triggers(&self) -> &TriggerMetrics {
        &self.triggers
    }

    /// Tells where a rollout stands and what it serves. A flag that it had before has no series any more: what is gone
    /// must not look like something that stands still.
    pub fn set_rollout(&self, rollout: &RolloutName, flag: &FlagKey, state: &State, exposure: Exposure) {
        self.rollouts.set(rollout, flag, state, exposure);
    }

    /// Counts a decision. `kind` is a ledger entry's kind, such as `wave-opened`: a small closed set.
    pub fn decided(&self, kind: &str) {
        self.decisions.with_label_values(&[kind]).inc();
    }

    /// Notes how long a candidate was still served after a trigger was accepted.
    pub fn rolled_back(&self, took: Duration) {
        self.rollback.observe(took.as_secs_f64());
    }

    /// Notes how long it took from a trigger accepted to its closing written down.
    pub fn rollback_written(&self, took: Duration) {
        self.rollback_durable.observe(took.as_secs_f64());
    }

    /// Tells how much is wrong now of one kind, such as `flag` or `rollout`. Zero when all is mended.
    pub fn set_problems(&self, kind: &str, count: usize) {
        self.problems.with_label_values(&[kind]).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Counts a check.
    pub fn checked(&self, result: CheckResult) {
        let verdict = match result {
            CheckResult::Clear => "clear",
            CheckResult::Held => "held",
            CheckResult::Blind => "blind",
            CheckResult::Closed => "closed",
        };
        self.checks.with_label_values(&[verdict]).inc();
    }

    /// Counts posted outcomes.
    pub fn outcomes(&self, result: OutcomeResult, count: u64) {
        let result = match result {
            OutcomeResult::Accepted => "accepted",
            OutcomeResult::Refused => "refused",
            OutcomeResult::Late => "late",
            OutcomeResult::Future => "future",
            OutcomeResult::Unattributed => "unattributed",
            OutcomeResult::Repeated => "repeated",
        };
        self.outcomes.with_label_values(&[result]).inc_by(count);
    }

    /// Counts outcomes that were read of telemetry.
    pub fn telemetry_counted(&self, signal: Signal, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.exported.with_label_values(&[signal.as_str(), "counted"]).inc_by(count);
    }

    /// Counts telemetry that was no outcome.
    pub fn telemetry_passed(&self, signal: Signal, why: Passed, count: u64) {
        self.exported.with_label_values(&[signal.as_str(), why.as_str()]).inc_by(count);
    }

    /// Counts a posted event.
    pub fn posted(&self, result: EventResult) {
        let result = match result {
            EventResult::Unavailable => "unavailable",
            EventResult::Closed => "closed",
            EventResult::Counted => "counted",
            EventResult::Repeated => "repeated",
            EventResult::AlreadyClosed => "already_closed",
            EventResult::NotCounted => "not_counted",
        };
        self.events.with_label_values(&[result]).inc();
    }

    /// All metrics in Prometheus's text format.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = Vec::new();
        match TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            Ok(()) => {}
            Err(error) => tracing::error!(%error, "the metrics cannot be written as text"),
        }
        String::from_utf8(text).unwrap_or_default()
    }
}
