//! Rollouts as text.

use super::super::output::{self, or_dash};
use tidegate::http::api::wire;

pub(super) fn list(rollouts: &wire::Rollouts) -> String {
    if rollouts.rollouts.is_empty() {
        return "no rollouts".to_owned();
    }
    let rows = rollouts.rollouts.iter().map(|rollout| {
        vec![
            rollout.name.clone(),
            rollout.flag.clone(),
            rollout.state.to_string(),
            wave(rollout),
            rollout.reach.clone(),
            rollout.reason.clone(),
        ]
    });
    output::columns(&["NAME", "FLAG", "STATE", "WAVE", "EXPOSURE", "WHY"], rows)
}

/// A rollout on one line.
pub(super) fn line(rollout: &wire::Rollout) -> String {
    let wave = rollout.wave.as_ref().map_or_else(String::new, |_| format!(", wave {}", wave(rollout)));
    format!("{}: {}{wave}, {} exposed: {}", rollout.name, rollout.state, rollout.reach, rollout.reason)
}

pub(super) fn detail(rollout: &wire::Rollout) -> String {
    let mut rows = vec![
        ("name", rollout.name.clone()),
        ("flag", format!("{}: {} instead of {}", rollout.flag, rollout.candidate, rollout.stable)),
        ("environment", rollout.environment.clone()),
        ("state", rollout.state.to_string()),
        ("wave", wave(rollout)),
        ("exposure", rollout.reach.clone()),
        ("attempt", rollout.attempt.to_string()),
        ("since", or_dash(rollout.since.as_deref())),
        ("next check", or_dash(rollout.next_check.as_deref())),
        ("why", rollout.reason.clone()),
    ];
    if let Some(layer) = &rollout.layer {
        rows.insert(3, ("layer", layer.to_string()));
    }
    rows.extend(rollout.readings.iter().map(|one| ("metric", reading(one))));
    rows.extend(rollout.findings.iter().map(|one| ("check", finding(one))));
    rows.extend(rollout.largest_safe_next.iter().map(|largest| ("largest safe next", largest.clone())));
    rows.extend(rollout.problems.iter().map(|problem| ("problem", problem.clone())));
    rows.push((
        "plan",
        match &rollout.origin {
            wire::Origin::Api => "applied over the API".to_owned(),
            wire::Origin::File(file) => format!("from {file}"),
        },
    ));
    output::fields(rows)
}

fn reading(reading: &wire::Reading) -> String {
    let kind = reading.kind.as_ref().map(|kind| format!(" ({kind})")).unwrap_or_default();
    format!("{}: {}{kind}", reading.metric, reading.value)
}

/// `close_when p95 > 400ms: pass: p95 312ms <= 400ms`.
fn finding(finding: &wire::Finding) -> String {
    let observed = if finding.observe { " (observed)" } else { "" };
    format!("{} {}{observed}: {}: {}", finding.list, finding.condition, finding.verdict, finding.seen)
}

fn wave(rollout: &wire::Rollout) -> String {
    let wave = rollout.wave.as_ref();
    wave.map_or_else(|| "-".to_owned(), |wave| format!("{}/{} {}", wave.index, wave.count, wave.name))
}
