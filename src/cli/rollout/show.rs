//! Rollouts as text.

use super::super::exit::Exit;
use super::super::output::{self, or_dash};
use super::super::watch::{Watched, gist_of};
use std::time::Duration;
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
pub(crate) fn line(rollout: &wire::Rollout) -> String {
    let wave = rollout.wave.as_ref().map_or_else(String::new, |_| format!(", wave {}", wave(rollout)));
    format!("{}: {}{wave}, {} exposed: {}", rollout.name, rollout.state, rollout.reach, rollout.reason)
}

pub(super) fn detail(rollout: &wire::Rollout) -> String {
    let mut rows = vec![
        ("name", rollout.name.clone()),
        ("flag", format!("{}: {} instead of {}", rollout.flag, rollout.candidate, rollout.stable)),
        ("environment", rollout.environment.clone()),
    ];
    rows.extend(rollout.layer.iter().map(|layer| ("layer", layer.to_string())));
    rows.extend(rollout.train.iter().map(|train| ("train", train.clone())));
    rows.extend([
        ("state", rollout.state.to_string()),
        ("wave", wave(rollout)),
        ("exposure", rollout.reach.clone()),
        ("attempt", rollout.attempt.to_string()),
        ("since", or_dash(rollout.since.as_deref())),
        ("next check", or_dash(rollout.next_check.as_deref())),
        ("why", rollout.reason.clone()),
    ]);
    rows.extend(rollout.readings.iter().map(|one| ("metric", reading(one))));
    rows.extend(rollout.findings.iter().map(|one| ("check", finding(one))));
    rows.extend(rollout.largest_safe_next.iter().map(|largest| ("largest safe next", largest.clone())));
    rows.extend(rollout.problems.iter().map(|problem| ("problem", problem.clone())));
    rows.push(("plan", output::origin(&rollout.origin)));
    output::fields(rows)
}

impl Watched for wire::Rollout {
    const PLACE: &'static str = "rollouts";

    const NEWS: Duration = Duration::from_secs(10);

    fn line(&self) -> String {
        line(self)
    }

    fn detail(&self) -> String {
        detail(self)
    }

    fn gist(&self) -> Vec<String> {
        let wave = self.wave.as_ref().map_or(0, |wave| wave.index);
        gist_of(
            [self.state.to_string(), wave.to_string(), self.exposure.clone(), self.attempt.to_string()],
            &self.waits,
        )
    }

    fn ended(&self) -> Option<Exit> {
        match self.state {
            wire::State::Completed => Some(Exit::Done),
            wire::State::RolledBack => Some(Exit::RolledBack),
            wire::State::Pending | wire::State::Running | wire::State::Paused | wire::State::Watching => None,
        }
    }

    fn needs_person(&self) -> bool {
        self.needs_person
    }
}

fn reading(reading: &wire::Reading) -> String {
    let kind = reading.kind.as_ref().map(|kind| format!(" ({kind})")).unwrap_or_default();
    let remark = reading.asked.as_ref().and_then(|asked| asked.remark.as_ref());
    let remark = remark.map(|remark| format!(" ({remark})")).unwrap_or_default();
    format!("{}: {}{kind}{remark}", reading.metric, reading.value)
}

/// `close_when p95 > 400ms: pass: p95 312ms <= 400ms`.
fn finding(finding: &wire::Finding) -> String {
    let observed = if finding.observe { " (observed)" } else { "" };
    format!("{} {}{observed}: {}: {}", finding.list, finding.condition, finding.verdict, finding.seen)
}

fn wave(rollout: &wire::Rollout) -> String {
    output::wave(rollout.wave.as_ref())
}
