//! Events that people and systems post: an escalation, a report of corrupt data. Counted by the rollout
//! itself, so that they are as durable as its state.

use super::attempt::Memory;
use crate::analysis::Reading;
use crate::rollout::{MetricSource, Plan, Since, Stage};
use crate::units::{MetricName, UnixMillis};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// The most kinds of events that one attempt keeps.
const MOST_KINDS: usize = 64;

/// The most identities that are remembered of one kind, to tell repeats.
const MOST_IDENTITIES: usize = 256;

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

/// What was posted of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posted {
    /// How many since the attempt began.
    pub total: u64,
    /// How many had been posted when the wave began.
    pub before_wave: u64,
    /// When how many came, oldest first.
    pub recent: VecDeque<(UnixMillis, u64)>,
    /// The identities of the last reports, oldest first.
    pub identities: VecDeque<String>,
}

impl Posted {
    fn add(&mut self, event: &PostedEvent, now: UnixMillis) -> bool {
        if self.identities.contains(&event.id) {
            return false;
        }
        while self.identities.len() >= MOST_IDENTITIES {
            self.identities.pop_front();
        }
        self.identities.push_back(event.id.clone());
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
    /// Takes a report; false when it is known already, or nobody counts it.
    pub(in crate::rollout) fn post(&mut self, plan: &Plan, event: &PostedEvent, now: UnixMillis) -> bool {
        let counted = plan
            .metrics
            .values()
            .any(|metric| matches!(&metric.source, MetricSource::Events { event: name, .. } if **name == *event.name));
        let room = self.events.len() < MOST_KINDS || self.events.contains_key(&event.name);
        counted && room && self.events.entry(event.name.clone()).or_default().add(event, now)
    }

    /// Begins to count for a new wave.
    pub(in crate::rollout) fn begin_wave(&mut self) {
        for posted in self.events.values_mut() {
            posted.before_wave = posted.total;
        }
    }
}

/// The readings together with what the rollout counts itself.
pub(in crate::rollout) fn with_counts(
    plan: &Plan,
    stage: &Stage,
    readings: &BTreeMap<MetricName, Reading>,
    now: UnixMillis,
) -> BTreeMap<MetricName, Reading> {
    let mut all = readings.clone();
    for (name, metric) in &plan.metrics {
        if let MetricSource::Events { event, since } = &metric.source {
            let count = stage.memory.events.get(&**event).map_or(0, |posted| posted.count(*since, now));
            all.insert(name.clone(), Reading::Value { value: count as f64, samples: Some(count), at: now });
        }
    }
    all
}
