//! Events that people and systems post: an escalation, a report of corrupt data. Counted by the rollout
//! itself, so that they are as durable as its state.

use super::attempt::Memory;
use crate::analysis::Reading;
use crate::planted::{self, Bug};
use crate::rollout::{MetricSource, Plan, Since, Stage};
use crate::units::{MetricName, UnixMillis};
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64;

/// The most identities that are remembered of one kind, to tell repeats: those of the largest requests
/// that one sender makes, and as many of others in between.
const MOST_IDENTITIES: usize = 2_048;

/// The most moments that are kept of one kind. Later ones are added to the newest.
const MOST_MOMENTS: usize = 128;

/// The longest time over which events are counted.
const LONGEST: Duration = Duration::from_secs(31 * 86_400);

/// Something that happened, as somebody reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedEvent {
    /// What happened: the `event` of a metric.
    pub name: String,
    /// The sender's own identity of this report; the same again is the same report.
    pub id: String,
    /// How many.
    pub count: u32,
}

impl PostedEvent {
    fn digest(&self) -> u64 {
        xxh3_64(self.id.as_bytes())
    }
}

/// What was posted of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posted {
    /// How many since the attempt began.
    pub total: u64,
    /// How many had been posted when the wave began.
    pub before_wave: u64,
    /// When how many came, oldest first.
    pub recent: VecDeque<(UnixMillis, u64)>,
    /// Digests of the identities of the last reports, oldest first: they are stored at each check.
    pub identities: VecDeque<u64>,
}

impl Posted {
    fn add(&mut self, event: &PostedEvent, now: UnixMillis) -> bool {
        if self.identities.contains(&event.digest()) && !planted::is(Bug::ReportsCountAgain) {
            return false;
        }
        while self.identities.len() >= MOST_IDENTITIES {
            self.identities.pop_front();
        }
        self.identities.push_back(event.digest());
        let count = u64::from(event.count);
        self.total = self.total.saturating_add(count);
        while self.recent.front().is_some_and(|(at, _)| now.since(*at) > LONGEST) {
            self.recent.pop_front();
        }
        let full = self.recent.len() >= MOST_MOMENTS;
        match self.recent.back_mut().filter(|_| full) {
            // Added to the newest, they count for a little longer than they should: never for less.
            Some(newest) => *newest = (now, newest.1.saturating_add(count)),
            None => self.recent.push_back((now, count)),
        }
        true
    }

    fn count(&self, since: Since, now: UnixMillis) -> u64 {
        match since {
            Since::Start => self.total,
            Since::Wave => self.total.saturating_sub(self.before_wave),
            Since::Within(span) => {
                let recent = self.recent.iter().filter(|(at, _)| now.since(*at) <= span);
                recent.map(|(_, count)| *count).fold(0, u64::saturating_add)
            }
        }
    }
}

impl Memory {
    /// Whether a report was taken before, as far back as identities are remembered.
    pub(in crate::rollout) fn knows(&self, event: &PostedEvent) -> bool {
        let known = |posted: &Posted| posted.identities.contains(&event.digest());
        self.events.get(&event.name).is_some_and(known) && !planted::is(Bug::ReportsCountAgain)
    }

    /// Takes a report; false when it is known already, or nobody counts it. So the plan bounds the kinds.
    pub(in crate::rollout) fn post(&mut self, plan: &Plan, event: &PostedEvent, now: UnixMillis) -> bool {
        counts_event(plan, &event.name) && self.events.entry(event.name.clone()).or_default().add(event, now)
    }

    /// Begins to count for a new wave.
    pub(in crate::rollout) fn begin_wave(&mut self) {
        for posted in self.events.values_mut() {
            posted.before_wave = posted.total;
        }
    }
}

/// The events that a plan counts; one that several metrics count is there several times.
pub fn counted_events(plan: &Plan) -> impl Iterator<Item = &str> {
    plan.metrics.values().filter_map(|metric| match &metric.source {
        MetricSource::Events { event, .. } => Some(&**event),
        MetricSource::Outcomes { .. } | MetricSource::Query(_) => None,
    })
}

/// Whether a plan counts an event.
#[must_use]
pub fn counts_event(plan: &Plan, event: &str) -> bool {
    counted_events(plan).any(|counted| counted == event)
}

/// What a stage's plan has counted, by metric.
#[must_use]
pub fn posted_counts(plan: &Plan, stage: &Stage, now: UnixMillis) -> Vec<(MetricName, u64)> {
    let counted = plan.metrics.iter().filter_map(|(name, metric)| match &metric.source {
        MetricSource::Events { event, since } => {
            let count = stage.memory.events.get(&**event).map_or(0, |posted| posted.count(*since, now));
            Some((name.clone(), count))
        }
        MetricSource::Outcomes { .. } | MetricSource::Query(_) => None,
    });
    counted.collect()
}

/// The readings together with what the rollout counts itself.
pub(in crate::rollout) fn with_counts<'r>(
    plan: &Plan,
    stage: &Stage,
    readings: &'r BTreeMap<MetricName, Reading>,
    now: UnixMillis,
) -> Cow<'r, BTreeMap<MetricName, Reading>> {
    let mut all = Cow::Borrowed(readings);
    for (name, count) in posted_counts(plan, stage, now) {
        all.to_mut().insert(name, Reading::Value { value: count as f64, samples: Some(count), at: now });
    }
    all
}
