//! Sources of alerts and what became of their posts, for the wire.

use super::render::time;
use super::wire;
use crate::controller::MayClose;
use crate::triggers::{Answer, Desk, FiringAlert, Kind, Proof, Source, Triggers, Trouble, Unknown};
use crate::units::{RolloutName, format_duration};

/// The most firing alerts of a source that are listed.
const MOST_FIRING: usize = 100;

/// What a sender is told.
pub(super) fn answer(answer: Answer) -> wire::Triggered {
    let names = |names: &[RolloutName]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let closed = names(&answer.closed);
    let (closed, would_close) = if answer.dry_run { (Vec::new(), closed) } else { (closed, Vec::new()) };
    wire::Triggered {
        closed,
        concerned: names(&answer.concerned),
        already_closed: names(&answer.already_closed),
        dry_run: answer.dry_run,
        would_close,
        out_of_scope: names(&answer.out_of_scope),
        unknown: answer.unknown.into_iter().map(unknown).collect(),
        stale: answer.stale,
        unmatched: answer.unmatched,
        no_data: answer.no_data,
        repeated: u64::try_from(answer.repeated).unwrap_or(u64::MAX),
        remark: answer.beside,
    }
}

fn unknown(unknown: Unknown) -> wire::UnknownName {
    wire::UnknownName { label: unknown.label.to_owned(), name: unknown.name, why: unknown.why, hint: unknown.hint }
}

/// A source with what became of its posts.
pub(super) fn source(triggers: &Triggers, desk: &Desk) -> wire::TriggerSource {
    let Source { name, kind, proof, may_close, wanted, labels, dry_run, no_data_fires, rate, .. } = &desk.source;
    let record = desk.record();
    let firing = triggers.firing(desk);
    let (closing, closed) = record.last_closing.map(|(at, closed)| (time(at), closed)).unzip();
    wire::TriggerSource {
        name: name.to_string(),
        kind: kind.as_str().to_owned(),
        proof: proof_word(proof).to_owned(),
        may_close: (!may_close.is_everything()).then(|| scope(may_close)),
        matches: (!wanted.is_everything()).then(|| wanted.to_string()),
        labels: labels.iter().cloned().collect(),
        dry_run: *dry_run,
        no_data_fires: *no_data_fires,
        per_second: rate.get(),
        posts: record.posts.iter().map(|(result, count)| (result.as_str().to_owned(), *count)).collect(),
        last_post: record
            .last
            .map(|last| wire::LastPost { at: time(last.at), result: last.result.as_str().to_owned() }),
        last_closing: closing,
        last_closed: closed.unwrap_or_default().iter().map(ToString::to_string).collect(),
        firing_count: u64::try_from(firing.len()).unwrap_or(u64::MAX),
        firing: firing.into_iter().take(MOST_FIRING).map(fires).collect(),
        problems: record.troubles.iter().rev().map(trouble).collect(),
        probe: probe(desk),
    }
}

fn fires(alert: FiringAlert) -> wire::FiringAlert {
    wire::FiringAlert { name: alert.name, identity: alert.identity, heard: time(alert.heard) }
}

const fn proof_word(proof: &Proof) -> &'static str {
    match proof {
        Proof::ControlKey => "control key",
        Proof::Keys(_) => "key",
        Proof::PagerDuty(_) | Proof::Signature(_) => "signature",
        Proof::Own => "own",
    }
}

fn scope(scope: &MayClose) -> wire::MayClose {
    wire::MayClose {
        environments: scope.environments.iter().map(ToString::to_string).collect(),
        flags: scope.flags.iter().map(ToString::to_string).collect(),
        labels: scope.labels.iter().cloned().collect(),
    }
}

fn trouble(trouble: &Trouble) -> wire::TriggerProblem {
    let Trouble { what, first, last, count, .. } = trouble;
    wire::TriggerProblem { what: what.clone(), first: time(*first), last: time(*last), count: *count }
}

fn probe(desk: &Desk) -> Option<wire::Probe> {
    let Kind::Probe(settings) = &desk.source.kind else { return None };
    let status = desk.probe();
    let state = match &status {
        None => "not looked yet",
        Some(status) if status.fires => "firing",
        Some(status) if status.up => "up",
        Some(_) => "failing",
    };
    Some(wire::Probe {
        target: settings.target.to_string(),
        every: format_duration(settings.every),
        state: state.to_owned(),
        seen: status.as_ref().map(|status| status.seen.clone()).filter(|seen| !seen.is_empty()),
        in_a_row: status.as_ref().map_or(0, |status| status.alike),
        at: status.map(|status| time(status.at)),
    })
}
