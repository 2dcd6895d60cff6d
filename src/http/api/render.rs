//! From what the program knows to what goes over the wire.

use super::wire;
use crate::controller::{Controller, FindingView, View};
use crate::rollout::{Layer, Plan, Stage, State};
use crate::source::Problem;
use crate::store::{LedgerRow, Origin};
use crate::units::UnixMillis;
use chrono::{DateTime, SecondsFormat};
use std::fmt::{self, Write as _};
use std::time::Duration;

/// A moment in RFC 3339, in UTC, to the millisecond.
pub(super) fn time(at: UnixMillis) -> String {
    DateTime::from_timestamp_millis(at.get()).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A time in whole milliseconds.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A rollout, and which train it rides in.
pub(super) fn rollout(controller: &Controller, view: &View) -> wire::Rollout {
    let train = controller.train_of(&view.plan.name).map(|train| train.to_string());
    let alone = rollout_alone(view);
    // Its train begins it, and no person.
    let rides = train.is_some() && matches!(view.state, State::Pending { .. });
    wire::Rollout { train, needs_person: alone.needs_person && !rides, ..alone }
}

/// A rollout by itself.
pub(super) fn rollout_alone(view: &View) -> wire::Rollout {
    let plan = &view.plan;
    let (state, wave, attempt, since) = standing(&view.state);
    wire::Rollout {
        name: plan.name.to_string(),
        environment: plan.environment.to_string(),
        flag: plan.flag.to_string(),
        candidate: plan.candidate.to_string(),
        stable: plan.stable.to_string(),
        layer: plan.layer.as_ref().map(layer),
        train: None,
        state,
        wave: wave.and_then(|index| place(plan, index)),
        exposure: view.exposure.to_string(),
        reach: view.reach.to_string(),
        attempt,
        reason: view.reason.clone(),
        waits: view.waits.iter().map(|one| wait(one.kind(), one)).collect(),
        needs_person: view.needs_person,
        readings: view.readings.iter().map(reading).collect(),
        findings: view.findings.iter().map(finding).collect(),
        largest_safe_next: view.largest_safe_next.map(|exposure| exposure.to_string()),
        next_check: view.next_check.map(time),
        since: since.map(time),
        version: view.version,
        revision: view.source.revision,
        origin: origin(&view.source.origin),
        problems: view.problems.clone(),
    }
}

pub(super) fn layer(layer: &Layer) -> wire::Layer {
    wire::Layer { name: layer.name().to_string(), from: layer.from().to_string(), to: layer.to().to_string() }
}

/// Where a rollout stands, as far as the controller knows it.
pub(super) fn standing_of(name: &str, view: Option<&View>) -> wire::Standing {
    let shown = view.map(|view| {
        let (state, wave, ..) = standing(&view.state);
        (state, wave.and_then(|index| place(&view.plan, index)))
    });
    let (state, wave) = shown.unzip();
    wire::Standing { name: name.to_owned(), state, wave: wave.flatten() }
}

pub(super) fn wait(kind: &str, told: &dyn fmt::Display) -> wire::Wait {
    wire::Wait { kind: kind.to_owned(), sentence: told.to_string() }
}

pub(super) fn origin(origin: &Origin) -> wire::Origin {
    match origin {
        Origin::Api => wire::Origin::Api,
        Origin::File(file) => wire::Origin::File(file.clone()),
    }
}

fn reading(reading: &crate::controller::ReadingView) -> wire::Reading {
    wire::Reading {
        metric: reading.metric.to_string(),
        value: reading.shown.clone(),
        data: reading.no_data.is_none(),
        kind: reading.no_data.map(|kind| kind.as_str().to_owned()),
        asked: reading.asked.as_ref().map(|asked| wire::Asked {
            connection: asked.connection.to_string(),
            query: asked.question.to_string(),
            at: time(asked.at),
            took_ms: millis(asked.took),
            remark: asked.remark.map(str::to_owned),
        }),
    }
}

fn finding(finding: &FindingView) -> wire::Finding {
    wire::Finding {
        list: finding.list.as_str().to_owned(),
        condition: finding.condition.to_string(),
        observe: finding.observe,
        verdict: finding.verdict.to_owned(),
        seen: finding.seen.clone(),
        evidence: finding.evidence.clone(),
        needed: finding.needed.clone(),
        samples: finding.samples,
    }
}

/// State, index of the wave, attempt, and since when.
fn standing(state: &State) -> (wire::State, Option<usize>, u32, Option<UnixMillis>) {
    let entered = |stage: &Stage| (Some(stage.wave), stage.attempt, Some(stage.entered));
    match state {
        State::Pending { attempts } => (wire::State::Pending, None, *attempts, None),
        State::Running(stage) => {
            let (wave, attempt, since) = entered(stage);
            (wire::State::Running, wave, attempt, since)
        }
        State::Paused { stage, since } => (wire::State::Paused, Some(stage.wave), stage.attempt, Some(*since)),
        State::Watching(stage) => {
            let (wave, attempt, since) = entered(stage);
            (wire::State::Watching, wave, attempt, since)
        }
        State::Completed { attempt, at, .. } => (wire::State::Completed, Some(usize::MAX), *attempt, Some(*at)),
        State::RolledBack { attempt, at, wave, .. } => (wire::State::RolledBack, Some(*wave), *attempt, Some(*at)),
    }
}

/// The wave's place; past the last one it is the last.
fn place(plan: &Plan, index: usize) -> Option<wire::Wave> {
    let index = index.min(plan.waves.len().saturating_sub(1));
    let wave = plan.waves.get(index)?;
    Some(wire::Wave { index: index.saturating_add(1), count: plan.waves.len(), name: wave.name.to_string() })
}

pub(super) fn entry(row: LedgerRow) -> wire::HistoryEntry {
    wire::HistoryEntry {
        sequence: row.sequence,
        at: time(row.at),
        rollout: row.rollout.to_string(),
        kind: row.entry.kind,
        actor: row.entry.actor,
        sentence: row.entry.sentence,
        detail: row.entry.detail,
        hash: hex(&row.hash),
    }
}

/// The most problems that one answer lists. One bad file can have as many as it has lines, and nobody
/// mends more than these before looking again.
pub(super) const MOST_PROBLEMS: usize = 1_000;

/// The first problems, and how many more there are.
pub(in crate::http) fn problems(all: &[Problem]) -> (Vec<wire::Problem>, u64) {
    let listed = all.iter().take(MOST_PROBLEMS).map(wire::Problem::from).collect();
    (listed, u64::try_from(all.len().saturating_sub(MOST_PROBLEMS)).unwrap_or(u64::MAX))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
