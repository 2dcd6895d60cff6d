//! A desk for each source: its settings, and what is remembered of it.

use super::order::Order;
use super::probe::ProbeStatus;
use super::rate::Rate;
use super::read::shown;
use super::record::Record;
use super::replay::Replays;
use super::source::{Source, SourceName};
use crate::analysis::Alert;
use crate::clock::Clock;
use crate::controller::Controller;
use crate::telemetry::{Metrics, PostResult};
use crate::units::{RolloutName, UnixMillis};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The sources of alerts of a process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Triggers {
    desks: Arc<BTreeMap<Box<str>, Arc<Desk>>>,
    pub(super) controller: Controller,
    pub(super) metrics: Metrics,
    pub(super) clock: Clock,
}

/// An alert that fires: no rollout that it would close may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiringAlert {
    /// What it is called, made fit to be shown.
    pub name: String,
    /// Its sender's own identity of it.
    pub identity: String,
    /// When it was last heard of.
    pub heard: UnixMillis,
}

/// A source, and what is remembered of it.
#[derive(Debug)]
pub struct Desk {
    /// Its settings.
    pub source: Source,
    pub(super) rate: Rate,
    pub(super) replays: Arc<Replays>,
    order: Mutex<Order>,
    record: Mutex<Record>,
    probe: Mutex<Option<ProbeStatus>>,
}

impl Triggers {
    /// Those of the settings, and Alertmanager with the control listener's key unless the settings have one of that
    /// name.
    #[must_use]
    pub fn new(sources: Vec<Source>, controller: Controller, metrics: Metrics, clock: Clock) -> Self {
        let all = std::iter::once(Source::usual_alertmanager()).chain(sources);
        let desk = |source: Source| (Box::from(source.name.as_str()), Arc::new(Desk::new(source)));
        Self { desks: Arc::new(all.map(desk).collect()), controller, metrics, clock }
    }

    /// The desk of a source.
    #[must_use]
    pub fn desk(&self, name: &str) -> Option<&Arc<Desk>> {
        self.desks.get(name)
    }

    /// All of them, by name.
    pub fn desks(&self) -> impl Iterator<Item = &Arc<Desk>> {
        self.desks.values()
    }

    /// The alerts of a source that fire, as far as this process was told, the one heard of last first.
    #[must_use]
    pub fn firing(&self, desk: &Desk) -> Vec<FiringAlert> {
        let source = &desk.source;
        let named = source.named.then(|| source.name.as_str());
        let identity = |fingerprint: &str| {
            let own = named.and_then(|name| fingerprint.strip_prefix(name)?.strip_prefix('/'));
            shown(own.unwrap_or(fingerprint))
        };
        let mut firing = self.controller.firing_of(named);
        firing.sort_by_key(|(_, heard)| std::cmp::Reverse(*heard));
        let told = |(alert, heard): (Alert, UnixMillis)| FiringAlert {
            name: shown(alert.labels.get("alertname").unwrap_or(&alert.fingerprint)),
            identity: identity(&alert.fingerprint),
            heard,
        };
        firing.into_iter().map(told).collect()
    }

    /// Counts a post, and writes it into the record.
    pub(super) fn count(&self, desk: &Desk, result: PostResult) {
        self.metrics.triggers().post(desk.source.name.as_str(), result);
        desk.record_mut().post(result, self.clock.now());
    }

    /// Writes a problem into the record, and into the log unless that has heard of it.
    pub(super) fn trouble(&self, desk: &Desk, what: &str) {
        let log = desk.record_mut().trouble(what, self.clock.now());
        if log {
            let source = desk.source.name.as_str();
            tracing::warn!(source, "a source of alerts: {what}");
        }
    }
}

impl Desk {
    fn new(source: Source) -> Self {
        let rate = Rate::new(source.rate);
        Self {
            source,
            rate,
            replays: Arc::default(),
            order: Mutex::default(),
            record: Mutex::default(),
            probe: Mutex::default(),
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &SourceName {
        &self.source.name
    }

    /// What became of its posts.
    #[must_use]
    pub fn record(&self) -> Record {
        self.record_mut().clone()
    }

    /// What a probe saw last; `None` for other sources, and before the first look.
    #[must_use]
    pub fn probe(&self) -> Option<ProbeStatus> {
        self.probe.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_probe(&self, status: ProbeStatus) {
        *self.probe.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
    }

    pub(super) fn note_closing(&self, closed: &[RolloutName], now: UnixMillis) {
        self.record_mut().closing(closed, now);
    }

    pub(super) fn order(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record_mut(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
