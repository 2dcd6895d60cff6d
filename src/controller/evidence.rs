//! Asking for what a check needs, and writing down what it found.

use super::shared::World;
use super::view::ReadingView;
use crate::analysis::{NoData, Reading, Truth};
use crate::rollout::{self, Arm, Change, Decision, Evidence, List, Metric, MetricSource, Over, Plan};
use crate::store::{Entry, Message};
use futures_util::future::{FutureExt as _, join_all};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// No provider is waited for longer than this, whatever it promises: the others' answers may close the flag.
const LONGEST_READING: Duration = Duration::from_secs(15);

/// Asks every metric of a plan, all at once. Posted events are counted by the rollout and not asked for.
pub(super) async fn gather(world: World, plan: Arc<Plan>) -> Evidence {
    let asked = |metric: &Metric| !matches!(metric.source, MetricSource::Events { .. });
    let asked = plan.metrics.iter().filter(|(_, metric)| asked(metric)).map(|(name, metric)| {
        let (world, plan) = (&world, &plan);
        async move { (name.clone(), read(world, plan, metric).await) }
    });
    let readings: BTreeMap<_, _> = join_all(asked).await.into_iter().collect();
    Evidence { readings, flag_problems: flag_problems(&world, &plan) }
}

/// One metric's answer. A provider that hangs or has a fault must not take the lane with it.
async fn read(world: &World, plan: &Plan, metric: &Metric) -> Reading {
    let now = world.clock.now();
    let reading = world.readings.read(plan, metric, Arm::Candidate, Over::Usual, now);
    let reading = AssertUnwindSafe(reading).catch_unwind();
    match timeout(LONGEST_READING, reading).await {
        Ok(Ok(reading)) => reading,
        Ok(Err(_panic)) => Reading::NoData(NoData::Refused("the provider broke down; see the log".to_owned())),
        Err(_elapsed) => Reading::NoData(NoData::TimedOut(LONGEST_READING)),
    }
}

/// What is wrong with a plan's flag, as it is served now.
pub(super) fn flag_problems(world: &World, plan: &Plan) -> Vec<String> {
    let live = world.publisher.live().load();
    let definition = live.snapshot().flag(plan.flag.as_str()).and_then(|flag| flag.definition().cloned());
    rollout::check_against(plan, definition.as_deref())
}

/// A closing is for a variant by its name: where the flag has no variant of that name any more, what
/// its rules say is served again, and somebody should know.
pub(super) fn renamed_candidate(world: &World, plan: &Plan) -> Vec<String> {
    let live = world.publisher.live().load();
    let definition = live.snapshot().flag(plan.flag.as_str()).and_then(|flag| flag.definition().cloned());
    let lost = definition.is_some_and(|definition| definition.variant_index(plan.candidate.as_str()).is_none());
    let sentence =
        || format!("it is closed for variant {}, which flag {} does not have any more", plan.candidate, plan.flag);
    lost.then(sentence).into_iter().collect()
}

/// The readings for people.
pub(super) fn shown(plan: &Plan, evidence: &Evidence) -> Vec<ReadingView> {
    let show = |(name, reading): (&crate::units::MetricName, &Reading)| {
        let quantity = plan.metrics.get(name)?.unit.quantity();
        let (shown, data) = match reading {
            Reading::Value { value, .. } => (quantity.format(*value), true),
            Reading::NoData(why) => (why.to_string(), false),
        };
        Some(ReadingView { metric: name.clone(), shown, data })
    };
    evidence.readings.iter().filter_map(show).collect()
}

/// What a decision rests on beside plan and state.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Grounds<'g> {
    /// What a check found.
    pub evidence: Option<&'g Evidence>,
    /// What the person who asked for it said.
    pub reason: Option<&'g str>,
}

/// A change as a row of the ledger, with the grounds it rests on.
pub(super) fn entry(plan: &Plan, change: &Change, decision: &Decision, grounds: Grounds<'_>) -> Entry {
    let findings: Vec<Value> = decision
        .findings
        .iter()
        .map(|finding| {
            json!({
                "list": list(finding.list),
                "condition": finding.condition,
                "verdict": verdict(finding.list, finding.truth),
                "seen": finding.seen,
            })
        })
        .collect();
    let readings: Vec<Value> = grounds.evidence.map(|evidence| readings(plan, evidence)).unwrap_or_default();
    Entry {
        kind: change.kind().to_owned(),
        actor: change.actor().to_string(),
        sentence: told(change, grounds),
        detail: json!({
            "flag": plan.flag.as_str(),
            "exposure": rollout::exposure(plan, &decision.next).to_string(),
            "findings": findings,
            "readings": readings,
            "reason": grounds.reason,
        }),
    }
}

fn readings(plan: &Plan, evidence: &Evidence) -> Vec<Value> {
    let row = |(name, reading): (&crate::units::MetricName, &Reading)| {
        let metric = plan.metrics.get(name);
        let query = metric.and_then(|metric| match &metric.source {
            rollout::MetricSource::Prometheus { query, .. } => Some(query.to_string()),
            rollout::MetricSource::Outcomes { .. } | rollout::MetricSource::Events { .. } => None,
        });
        match reading {
            Reading::Value { value, samples, at } => json!({
                "metric": name.as_str(), "value": value, "samples": samples, "at": at.get(), "query": query,
            }),
            Reading::NoData(why) => {
                json!({ "metric": name.as_str(), "noData": why.to_string(), "query": query })
            }
        }
    };
    evidence.readings.iter().map(row).collect()
}

/// The change in words, with what the person said unless the words have it already.
fn told(change: &Change, grounds: Grounds<'_>) -> String {
    match (grounds.reason, change) {
        (None, _) | (Some(_), Change::Closed { .. }) => change.to_string(),
        (Some(reason), _) => format!("{change} ({reason})"),
    }
}

/// A change as a message to the world outside.
pub(super) fn message(plan: &Plan, change: &Change, grounds: Grounds<'_>) -> Message {
    Message {
        topic: format!("rollout.{}", change.kind()),
        body: json!({
            "rollout": plan.name.as_str(),
            "environment": &*plan.environment,
            "flag": plan.flag.as_str(),
            "sentence": told(change, grounds),
            "actor": &*change.actor(),
        }),
    }
}

const fn list(list: List) -> &'static str {
    match list {
        List::Close => "close_when",
        List::Hold => "hold_when",
        List::Advance => "advance_when",
    }
}

/// A condition's value as a verdict: what closes or holds fails by being true, what advances by being false.
const fn verdict(list: List, truth: Truth) -> &'static str {
    match (list, truth) {
        (_, Truth::Unknown) => "no-data",
        (List::Close, Truth::True) | (List::Advance, Truth::False) => "fail",
        (List::Hold, Truth::True) => "warn",
        (List::Close | List::Hold, Truth::False) | (List::Advance, Truth::True) => "pass",
    }
}
