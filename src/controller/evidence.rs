//! What a check found, as it is shown and written down.

use super::shared::World;
use super::view::{AskedView, FindingView, ReadingView};
use crate::analysis::{Measured, Quantity, Reading};
use crate::rollout::{self, Arm, Change, Decision, Evidence, Finding, Plan, State};
use crate::store::{Entry, Message};
use crate::units::{MetricName, UnixMillis};
use serde_json::{Value, json};
use std::sync::Arc;

/// The most conditions of the last check that are kept to be shown.
const MOST_FOUND: usize = 256;

/// Where what was seen is cut, in characters. A condition has at most 2000 bytes.
const LONGEST_SEEN: usize = 2_000;

/// What is wrong with a plan's flag, as it is served now.
pub(super) fn flag_problems(world: &World, plan: &Plan) -> Vec<String> {
    let live = world.publisher.live().load();
    let definition = live.snapshot().flag(plan.flag.as_str()).and_then(|flag| flag.definition().cloned());
    rollout::check_against(plan, definition.as_deref())
}

/// Whether rules of the flag's own have a part in who gets which variant.
pub(super) fn is_targeted(world: &World, plan: &Plan) -> bool {
    let live = world.publisher.live().load();
    let flag = live.snapshot().flag(plan.flag.as_str());
    flag.and_then(|flag| flag.definition().cloned()).is_none_or(|definition| definition.targeting.is_some())
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

/// A metric's answer at the last check, with what it measures under the plan of that time.
#[derive(Debug, Clone)]
pub(super) struct LastReading {
    metric: MetricName,
    quantity: Quantity,
    reading: Reading,
    asked: Option<AskedView>,
}

impl LastReading {
    /// Which metric answered what.
    pub(super) fn answer(&self) -> (MetricName, Reading) {
        (self.metric.clone(), self.reading.clone())
    }

    fn view(&self) -> ReadingView {
        let (shown, no_data) = match &self.reading {
            Reading::Value { value, .. } => (self.quantity.format(*value), None),
            Reading::NoData(why) => (why.to_string(), Some(why.kind())),
        };
        ReadingView { metric: self.metric.clone(), shown, no_data, asked: self.asked.clone() }
    }
}

/// What the metrics answered.
pub(super) fn last_readings(world: &World, plan: &Plan, evidence: &Evidence) -> Arc<[LastReading]> {
    let read = |(name, reading): (&MetricName, &Reading)| {
        let metric = plan.metrics.get(name)?;
        let asked = world.readings.last(plan, metric, Arm::Candidate);
        let asked = asked.map(|last| AskedView {
            connection: last.connection,
            question: last.question.chars().take(LONGEST_SEEN).collect::<String>().into(),
            at: last.asked,
            took: last.took,
            remark: last.remark,
        });
        Some(LastReading { metric: name.clone(), quantity: metric.unit.quantity(), reading: reading.clone(), asked })
    };
    evidence.readings.iter().filter_map(read).collect()
}

/// The readings for people, with what the rollout counts itself: as it stands then and not only at the last check.
pub(super) fn with_counted(plan: &Plan, state: &State, readings: &[LastReading], now: UnixMillis) -> Vec<ReadingView> {
    let counted = match state {
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => {
            rollout::posted_counts(plan, stage, now)
        }
        State::Pending { .. } | State::Completed { .. } | State::RolledBack { .. } => Vec::new(),
    };
    let counted = counted.into_iter().map(|(metric, count)| ReadingView {
        metric,
        shown: count.to_string(),
        no_data: None,
        asked: None,
    });
    readings.iter().map(LastReading::view).chain(counted).collect()
}

/// What a check made of each condition, for people.
pub(super) fn found(findings: &[Finding]) -> Arc<[FindingView]> {
    let show = |finding: &Finding| {
        let judgement = &finding.judgement;
        let proof = judgement.measured.iter().find_map(|measured| measured.proof.as_deref());
        FindingView {
            list: finding.list,
            observe: finding.observe,
            condition: Arc::clone(&finding.condition),
            verdict: finding.verdict(),
            seen: judgement.seen.chars().take(LONGEST_SEEN).collect(),
            evidence: proof.map(|proof| proof.evidence.to_string()),
            needed: proof.map(|proof| proof.outlook.to_string()),
            samples: judgement.measured.iter().find_map(|measured| measured.samples),
        }
    };
    findings.iter().take(MOST_FOUND).map(show).collect()
}

/// What a decision rests on beside plan and state.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Grounds<'g> {
    /// What a check found.
    pub evidence: Option<&'g Evidence>,
    /// What it made of each condition.
    pub findings: &'g [Finding],
    /// What the person who asked for it said.
    pub reason: Option<&'g str>,
    /// The event that was reported last, as its sender called it.
    pub reported: Option<&'g str>,
}

/// A change as a row of the ledger, with the grounds it rests on.
pub(super) fn entry(plan: &Plan, change: &Change, decision: &Decision, grounds: Grounds<'_>) -> Entry {
    let findings: Vec<Value> = grounds
        .findings
        .iter()
        .map(|finding| {
            json!({
                "list": finding.list.as_str(),
                "condition": &*finding.condition,
                "observe": finding.observe,
                "verdict": finding.verdict(),
                "seen": finding.judgement.seen,
                "measured": finding.judgement.measured.iter().map(measured).collect::<Vec<_>>(),
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
            "reported": grounds.reported,
        }),
    }
}

fn readings(plan: &Plan, evidence: &Evidence) -> Vec<Value> {
    let row = |(name, reading): (&MetricName, &Reading)| {
        let metric = plan.metrics.get(name);
        let query = metric.and_then(|metric| match &metric.source {
            rollout::MetricSource::Query(query) => Some(query.ask.text().into_owned()),
            rollout::MetricSource::Outcomes { .. } | rollout::MetricSource::Events { .. } => None,
        });
        match reading {
            Reading::Value { value, samples, at } => json!({
                "metric": name.as_str(), "value": value, "samples": samples, "at": at.get(), "query": query,
            }),
            Reading::NoData(why) => {
                json!({
                    "metric": name.as_str(), "noData": why.to_string(), "kind": why.kind().as_str(), "query": query,
                })
            }
        }
    };
    evidence.readings.iter().map(row).collect()
}

/// The change in words, with what the person said unless the words have it already, and what was reported.
fn told(change: &Change, grounds: Grounds<'_>) -> String {
    match (grounds.reported, grounds.reason, change) {
        (Some(reported), _, _) => format!("{change}; reported as {reported}"),
        (None, None, _) | (None, Some(_), Change::Closed { .. }) => change.to_string(),
        (None, Some(reason), _) => format!("{change} ({reason})"),
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

/// A figure with what it was held against and how strong the proof is.
fn measured(measured: &Measured) -> Value {
    json!({
        "metric": measured.metric.as_str(),
        "value": finite(measured.value),
        "bound": measured.bound.and_then(finite),
        "samples": measured.samples,
        "evidence": measured.proof.as_ref().map(|proof| proof.evidence.to_string()),
        "needed": measured.proof.as_ref().map(|proof| proof.outlook.to_string()),
    })
}

/// JSON has no word for what is not finite.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}
