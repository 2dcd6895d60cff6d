//! Where a rollout stands, since when, and what ended it.

use super::sight::Sight;
use crate::rollout::decide::wave_name;
use crate::rollout::{Cause, Plan, Reach, Stage, State, reach};
use crate::units::{UnixMillis, WaveName, format_duration};
use std::time::Duration;

/// Where a rollout stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Since when; `None` before its start.
    pub since: Option<UnixMillis>,
    /// For how long.
    pub lasted: Duration,
    /// The wave that it is in, or was in when it ended.
    pub wave: Option<WaveName>,
    /// The share that has the candidate, and of whom.
    pub reach: Reach,
    /// It came back from that wave, and only a person sends it there again.
    pub returned_from: Option<WaveName>,
    /// Why it was closed, if it was.
    pub cause: Option<Cause>,
    /// What the check saw that closed it, where this process made it.
    pub closed_by: Option<String>,
    /// What it is in: a `wave`, or the `watch` after the last.
    pub stage: &'static str,
    /// In one or two sentences.
    pub sentence: String,
}

impl Standing {
    pub(super) fn of(plan: &Plan, state: &State, sight: &Sight<'_>, now: UnixMillis) -> Self {
        let reach = reach(plan, state);
        let (since, wave) = match state {
            State::Pending { .. } => (None, None),
            State::Running(stage) | State::Watching(stage) => (Some(stage.entered), wave_name(plan, stage.wave)),
            State::Paused { stage, since } => (Some(*since), wave_name(plan, stage.wave)),
            State::Completed { at, .. } => (Some(*at), plan.waves.last().map(|wave| wave.name.clone())),
            State::RolledBack { at, wave, .. } => (Some(*at), wave_name(plan, *wave)),
        };
        let lasted = since.map_or(Duration::ZERO, |since| now.since(since));
        let cause = match state {
            State::RolledBack { cause, .. } => Some(cause.clone()),
            State::Pending { .. }
            | State::Running(_)
            | State::Paused { .. }
            | State::Watching(_)
            | State::Completed { .. } => None,
        };
        let closed_by = cause.as_ref().and_then(|cause| seen_by(cause, sight));
        let returned_from = returned_from(plan, state);
        let stage = if matches!(state, State::Watching(_)) { "watch" } else { "wave" };
        let mut standing =
            Self { since, lasted, wave, reach, returned_from, cause, closed_by, stage, sentence: String::new() };
        standing.sentence = standing.told(plan, state);
        standing
    }

    fn told(&self, plan: &Plan, state: &State) -> String {
        let (name, reach, lasted) = (&plan.name, self.reach, format_duration(self.lasted));
        let candidate = format!("\"{}\"", plan.candidate);
        let place = |index: usize| {
            let wave = wave_name(plan, index).map(|name| name.to_string()).unwrap_or_default();
            format!("wave {wave} ({} of {})", index.saturating_add(1).min(plan.waves.len()), plan.waves.len())
        };
        let attempt = |attempt: u32| if attempt > 1 { format!(", in attempt {attempt}") } else { String::new() };
        match state {
            State::Pending { attempts: 0 } => format!("{name} has not begun: nobody has {candidate} by it"),
            State::Pending { attempts } => {
                format!("{name} has not begun again after attempt {attempts}: nobody has {candidate} by it")
            }
            State::Running(stage) => {
                let back = self.returned_from.as_ref().map(|wave| format!("; it came back from wave {wave}"));
                let (place, attempt) = (place(stage.wave), attempt(stage.attempt));
                format!(
                    "{name} has been in {place} for {lasted}{attempt}: {reach} have {candidate}{}",
                    back.unwrap_or_default()
                )
            }
            State::Paused { stage, .. } => format!(
                "{name} has been paused in {} for {lasted}: {reach} keep {candidate}, its clock stands still, and what closes is \
                 looked at all the same",
                place(stage.wave)
            ),
            State::Watching(_) => {
                let watch = plan.after.as_ref().map_or(Duration::ZERO, |after| after.watch);
                let watch = format_duration(watch);
                // The clock of the watch stands still while something holds it.
                format!(
                    "{name} has been watched after its last wave for {lasted} (the watch takes {watch}): {reach} have \
                     {candidate}"
                )
            }
            State::Completed { .. } => {
                format!("{name} is completed, {lasted} ago: {reach} have {candidate}, and nothing closes it by itself")
            }
            State::RolledBack { cause, wave, attempt: number, .. } => {
                let (place, attempt) = (place(*wave), attempt(*number));
                let seen = self.closed_by.as_ref().map(|seen| format!(". The check saw: {seen}")).unwrap_or_default();
                format!("{name} was closed {lasted} ago in {place}{attempt}: {cause}. Nobody has {candidate}{seen}")
            }
        }
    }
}

/// What the check saw that closed it. A cause that was no condition has nothing to show.
fn seen_by(cause: &Cause, sight: &Sight<'_>) -> Option<String> {
    match cause {
        Cause::Metric { condition, .. } => {
            let of_cause = |finding: &&crate::rollout::Finding| *finding.condition == **condition;
            let found = sight.findings.iter().find(of_cause)?;
            Some(found.judgement.seen.clone()).filter(|seen| !seen.is_empty())
        }
        Cause::Person { .. } | Cause::Train { .. } | Cause::Alert { .. } | Cause::NoData { .. } => None,
    }
}

fn returned_from(plan: &Plan, state: &State) -> Option<WaveName> {
    let of = |stage: &Stage| wave_name(plan, stage.wave.saturating_add(1)).filter(|_| stage.returned);
    match state {
        State::Running(stage) | State::Paused { stage, .. } => of(stage),
        State::Pending { .. } | State::Watching(_) | State::Completed { .. } | State::RolledBack { .. } => None,
    }
}
