//! When the next step can come at the earliest, and on what it depends.

use super::check::Check;
use super::sight::{Claimed, Scene, Sight};
use crate::rollout::alerts;
use crate::rollout::decide::wave_name;
use crate::rollout::{Cause, List, Plan, Reach, Stage, Standing as CheckStanding, State, Wait};
use crate::units::{UnixMillis, WaveName, format_duration};
use std::time::Duration;

/// What comes next.
#[derive(Debug, Clone, PartialEq)]
pub struct Next {
    /// What that is.
    pub step: Step,
    /// When it can come at the earliest; `None` where that depends on somebody, or on values that are not there yet.
    pub earliest: Option<UnixMillis>,
    /// What must come first.
    pub needs: Vec<Need>,
    /// When it can come, in one sentence without a full stop.
    pub sentence: String,
}

/// What a rollout can do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Begin: the first wave of an attempt.
    Begin {
        /// Which attempt, from 1.
        attempt: u32,
        /// Its first wave.
        wave: WaveName,
        /// What that opens to.
        reach: Reach,
    },
    /// Open a further wave.
    Open {
        /// Which.
        wave: WaveName,
        /// What it opens to.
        reach: Reach,
    },
    /// Begin the watch.
    Watch {
        /// For how long.
        watch: Duration,
    },
    /// Be completed.
    Complete,
    /// Nothing: it is done.
    Nothing,
}

/// Something that must come first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// A stable word: that of a wait.
    pub kind: &'static str,
    /// In words.
    pub sentence: String,
    /// Only a person can see to it.
    pub person: bool,
    /// The sentence of the step says it already.
    pub(super) said: bool,
}

impl Need {
    fn of(wait: &Wait) -> Self {
        Self { kind: wait.kind(), sentence: wait.to_string(), person: wait.needs_person(), said: false }
    }

    /// What must be true is said with what it must be, and not only with what was seen.
    fn with_checks(wait: &Wait, checks: &[Check]) -> Self {
        let Wait::Advance(seen) = wait else { return Self::of(wait) };
        let check = checks.iter().find(|check| check.list == List::Advance && check.seen == *seen);
        Self { sentence: check.map_or_else(|| seen.clone(), |check| check.sentence.clone()), ..Self::of(wait) }
    }

    fn alert_ends(cause: &Cause) -> Self {
        let sentence = format!("what would close it at once must end: {cause}");
        Self { kind: "alert", sentence, person: false, said: false }
    }
}

impl Step {
    /// In words: `wave half at 50%`.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::Begin { attempt: 1, wave, reach } => format!("wave {wave} opens at {reach}"),
            Self::Begin { attempt, wave, reach } => format!("attempt {attempt} opens wave {wave} at {reach}"),
            Self::Open { wave, reach } => format!("wave {wave} opens at {reach}"),
            Self::Watch { watch } => format!("the watch of {} begins", format_duration(*watch)),
            Self::Complete => "it is completed".to_owned(),
            Self::Nothing => "nothing more comes".to_owned(),
        }
    }

    fn begin(plan: &Plan, attempt: u32) -> Self {
        match plan.waves.first() {
            Some(wave) => Self::Begin { attempt, wave: wave.name.clone(), reach: Reach::of_wave(plan, wave) },
            None => Self::Nothing,
        }
    }
}

impl Next {
    /// Of a state in which nobody is observed.
    pub(super) fn resting(plan: &Plan, state: &State, sight: &Sight<'_>, now: UnixMillis) -> Self {
        // That somebody must begin it, or the time, is said with the step itself.
        let told = |wait: &&Wait| !matches!(wait, Wait::Start | Wait::StartTime { .. } | Wait::Retry);
        let needs: Vec<Need> = sight.waits.iter().filter(told).map(Need::of).collect();
        match state {
            State::Pending { attempts } => Self::pending(plan, attempts.saturating_add(1), sight, needs, now),
            State::RolledBack { attempt, at, .. } => Self::closed(plan, *attempt, *at, sight, now),
            State::Completed { .. } | State::Running(_) | State::Paused { .. } | State::Watching(_) => Self {
                step: Step::Nothing,
                earliest: None,
                needs: Vec::new(),
                sentence:
                    "nothing more comes by itself: the flag can be cleaned up, and until then `rollback` closes it"
                        .to_owned(),
            },
        }
    }

    fn pending(plan: &Plan, attempt: u32, sight: &Sight<'_>, mut needs: Vec<Need>, now: UnixMillis) -> Self {
        let step = Step::begin(plan, attempt);
        let told = step.told();
        needs.extend(against(sight));
        let alert = alert_against(plan, sight, now);
        needs.extend(alert.as_ref().map(Need::alert_ends));
        let train = sight.train.as_ref().map(|train| (train, &train.reason));
        let waits_for_time = sight.waits.iter().any(|wait| matches!(wait, Wait::StartTime { .. }));
        let (earliest, sentence) = match (train, plan.start.filter(|start| waits_for_time && *start > now)) {
            (Some((boarded, reason)), _) => {
                needs.push(Need {
                    kind: "train",
                    sentence: format!("train {}: {reason}", boarded.train),
                    person: false,
                    said: false,
                });
                (None, format!("{told} when its train {} begins it, and nobody else can", boarded.train))
            }
            (None, Some(start)) => (Some(start), format!("{told} by itself in {}", format_duration(start.since(now)))),
            (None, None) if tries_by_itself(plan, attempt, sight, now) => {
                (None, format!("{told} by itself, which is tried every minute, once nothing stands against it"))
            }
            (None, None) => (None, format!("{told} when somebody says `tidegate rollout start {}`", plan.name)),
        };
        let sentence = format!("{sentence}{}", not_while(sight, alert.as_ref()));
        Self { step, earliest, needs, sentence }
    }

    fn closed(plan: &Plan, attempt: u32, at: UnixMillis, sight: &Sight<'_>, now: UnixMillis) -> Self {
        let step = Step::begin(plan, attempt.saturating_add(1));
        let told = step.told();
        let mut needs = against(sight);
        // The baseline must not be that of the attempt that was closed.
        let baseline = plan.baseline.filter(|_| !crate::rollout::questions_at_start(plan).is_empty());
        let left = baseline.map(|span| span.saturating_sub(now.since(at))).filter(|left| !left.is_zero());
        if let (Some(span), Some(left)) = (baseline, left) {
            let (span, left) = (format_duration(span), format_duration(left));
            needs.push(Need {
                kind: "baseline",
                sentence: format!("its baseline of {span} must not be of the attempt that closed: {left} left"),
                person: false,
                said: false,
            });
        }
        let alert = alert_against(plan, sight, now);
        needs.extend(alert.as_ref().map(Need::alert_ends));
        let verb = format!("`tidegate rollout retry {}`", plan.name);
        let (who, kind) = match &sight.train {
            Some(boarded) => (format!("its train {} begins it", boarded.train), "train"),
            None => (format!("somebody says {verb}"), "retry"),
        };
        let sentence = format!("{who}, when what closed it is mended");
        needs.push(Need { kind, sentence, person: true, said: true });
        let fresh = match plan.retry {
            crate::rollout::RetrySalt::Fresh => ", with other users first",
            crate::rollout::RetrySalt::Same => "",
        };
        let earliest = left.map(|left| now.plus(left));
        let when = left.map(|left| format!(", in {} at the earliest", format_duration(left))).unwrap_or_default();
        let against = not_while(sight, alert.as_ref());
        let sentence = format!("{told} when {who}, once what closed it is mended{when}{fresh}{against}");
        Self { step, earliest, needs, sentence }
    }

    /// Of a stage under way.
    pub(super) fn of(scene: &Scene<'_>, state: &State, checks: &[Check]) -> Self {
        let step = following(scene);
        let told = step.told();
        let mut needs: Vec<Need> = scene
            .sight
            .waits
            .iter()
            .filter(|wait| !matches!(wait, Wait::NextCheck | Wait::Resume))
            .map(|wait| Need::with_checks(wait, checks))
            .collect();
        needs.extend(unasked_approval(scene, &needs));
        let paused = matches!(state, State::Paused { .. });
        let left = scene.rules.bake.saturating_sub(scene.stage.baked);
        let stands = scene.stage.checked.as_ref().is_none_or(|check| check.standing == CheckStanding::Clear);
        let last = scene.stage.accounted();
        let check = scene.sight.next_check.unwrap_or(scene.now);
        let by_bake = if stands { last.plus(left).max(check.min(last.plus(left))) } else { check.plus(left) };
        let earliest = if left.is_zero() { check } else { by_bake }.max(scene.now);
        let time = format_duration(earliest.since(scene.now));
        let what = if scene.rules.watching { "watch" } else { "bake" };
        let early = checks.iter().any(|check| check.list == List::Early && !check.observe);
        let early =
            if early && !left.is_zero() { ", or at an earlier check once all of `early_when` is true" } else { "" };
        let others = needs.iter().any(|need| !matches!(need.kind, "bake" | "watch"));
        let others = if others { ", if nothing else is in its way by then" } else { "" };
        let (earliest, sentence) = match (paused, left.is_zero(), stands) {
            (true, _, _) => {
                let after = format_duration(left);
                (None, format!("{told} at the earliest {after} after somebody says `resume`: the clock stands still"))
            }
            (false, true, _) => (Some(earliest), format!("{told} at the next check, in {time}{others}")),
            (false, false, true) => (Some(earliest), format!("{told} in {time} at the earliest{early}{others}")),
            (false, false, false) => {
                let left = format_duration(left);
                let holds = format!("the clock stands still while it is held, with {left} of the {what} left");
                (Some(earliest), format!("{told} in {time} at the earliest{early}: {holds}"))
            }
        };
        Self { step, earliest, needs, sentence }
    }
}

/// The alert that fires now and for which a beginning is refused, as the decision itself has it.
fn alert_against(plan: &Plan, sight: &Sight<'_>, now: UnixMillis) -> Option<Cause> {
    alerts::remember_at_start(plan, &mut Stage::enter(1, 0, now), sight.firing, now)
}

fn not_while(sight: &Sight<'_>, alert: Option<&Cause>) -> String {
    let claims = sight.claims.iter().map(|claim| format!("rollout {} {}", claim.by, claim.does));
    let all: Vec<String> = claims.chain(alert.map(ToString::to_string)).collect();
    if all.is_empty() { String::new() } else { format!(", but not while {}", all.join(", or ")) }
}

/// The time has come that the plan names, and something stood against beginning so far.
fn tries_by_itself(plan: &Plan, attempt: u32, sight: &Sight<'_>, now: UnixMillis) -> bool {
    let missed = sight.waits.iter().any(|wait| matches!(wait, Wait::StartMissed(_)));
    attempt == 1 && !missed && plan.start.is_some_and(|start| start <= now)
}

/// For what a beginning is refused: what is wrong with the flag, and other rollouts that have what it needs.
fn against(sight: &Sight<'_>) -> Vec<Need> {
    let need = |kind, sentence| Need { kind, sentence, person: true, said: false };
    let flag = sight.flag_problems.iter().map(|problem| need("flag", problem.clone()));
    let claim =
        sight.claims.iter().map(|Claimed { by, does, hint }| need("claim", format!("rollout {by} {does}: {hint}")));
    flag.chain(claim).collect()
}

fn following(scene: &Scene<'_>) -> Step {
    if scene.rules.watching {
        return Step::Complete;
    }
    match (scene.plan.waves.get(scene.stage.wave.saturating_add(1)), &scene.plan.after) {
        (Some(wave), _) => Step::Open { wave: wave.name.clone(), reach: Reach::of_wave(scene.plan, wave) },
        (None, Some(after)) => Step::Watch { watch: after.watch },
        (None, None) => Step::Complete,
    }
}

/// Approvals are asked for last, and people want to know of them before.
fn unasked_approval(scene: &Scene<'_>, needs: &[Need]) -> Option<Need> {
    if scene.rules.watching || needs.iter().any(|need| need.kind == "approval") {
        return None;
    }
    let index = scene.stage.wave.saturating_add(1);
    let role = scene.plan.waves.get(index)?.approval.as_ref()?;
    let wave = wave_name(scene.plan, index)?;
    let sentence = format!("wave {wave} needs the approval of {role}, which is asked for when nothing else is missing");
    Some(Need { kind: "approval", sentence, person: true, said: false })
}
