//! A user's place in words.

use super::place::{Cohort, Place};
use crate::rollout::{Plan, Stage, State, Wave, reach};
use crate::units::UnixMillis;

/// Where somebody stands, in one sentence without a full stop. `who` is what they are called, such as `user ann`.
#[must_use]
pub fn told(plan: &Plan, state: &State, cohort: &Cohort, who: &str) -> String {
    let candidate = format!("\"{}\"", plan.candidate);
    match &cohort.place {
        Place::Wave(index) => in_wave(plan, state, cohort, *index, who),
        Place::HeldBack => {
            let gets = match state {
                State::Completed { .. } => {
                    format!("was held back until the rollout was completed, and has {candidate}")
                }
                State::RolledBack { .. } => format!(
                    "it is closed, so they do not get {candidate}; attempt {} would hold them back until it is completed",
                    cohort.attempt
                ),
                State::Pending { .. } | State::Running(_) | State::Paused { .. } | State::Watching(_) => {
                    format!("is held back: they get {candidate} when the rollout is completed, and not before")
                }
            };
            let joined = if matches!(state, State::RolledBack { .. }) { ":" } else { ", and" };
            format!("{who} is {}{joined} {gets}", at(cohort, "everybody"))
        }
        // A wave for everybody asks for no audience: then it is the share that leaves them out.
        Place::Never if cohort.audience == Some(false) && !opens_to_everybody(plan) => {
            format!("{who} is of no wave's audience: no wave reaches them")
        }
        Place::Never => {
            let of = if opens_to_everybody(plan) { "everybody" } else { "the audience" };
            format!("{who} is {}, behind the last share: no wave reaches them", at(cohort, of))
        }
        Place::OutsideSlice => {
            let slice = plan.layer.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{who} is outside of the slice {slice}, which the rollout keeps to: no wave reaches them")
        }
        Place::Nameless => format!(
            "without `{}`, by which users are told apart, nobody gets {candidate}: no wave reaches such a request",
            plan.bucket_by
        ),
        Place::Ruled => {
            format!("a rule of flag {} decides for {who}, and the rollout has no say in it", plan.flag)
        }
        Place::NotServed => format!("flag {} is disabled or wrong, so no wave reaches {who}", plan.flag),
    }
}

fn in_wave(plan: &Plan, state: &State, cohort: &Cohort, index: usize, who: &str) -> String {
    let Some(wave) = plan.waves.get(index) else { return String::new() };
    let number = index.saturating_add(1);
    // With a holdback the last wave opens to less than is written in it.
    let opened = reach(plan, &State::Running(Stage::enter(cohort.attempt, index, UnixMillis::new(0))));
    // An audience is named with its wave, so that nobody has to guess whose it is.
    let (place, named) = match wave.audience {
        Some(_) => (
            format!("in the audience of wave {number} {}, {}", wave.name, at(cohort, "it")),
            format!("that wave ({} of its audience)", opened.share),
        ),
        None => (at(cohort, "everybody"), format!("wave {number} {} ({} of everybody)", wave.name, opened.share)),
    };
    let reached = match state {
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) if stage.wave >= index => {
            format!("{named} has reached them")
        }
        State::Running(_) | State::Paused { .. } | State::Watching(_) => format!("{named} reaches them"),
        State::Completed { .. } => format!("{named} has reached them"),
        State::Pending { .. } => format!("{named} will reach them once it begins"),
        State::RolledBack { .. } => {
            format!(
                "it is closed, so they do not get \"{}\"; in attempt {} {named} would reach them",
                plan.candidate, cohort.attempt
            )
        }
    };
    format!("{who} is {place}: {reached}")
}

fn opens_to_everybody(plan: &Plan) -> bool {
    plan.waves.iter().any(|wave: &Wave| wave.audience.is_none())
}

/// `at 37.2% of everybody (bucket 372115 of 1000000)`.
fn at(cohort: &Cohort, of: &str) -> String {
    match cohort.bucket {
        Some(bucket) => {
            let percent = f64::from(bucket) / 10_000.0;
            format!("at {percent:.1}% of {of} (bucket {bucket} of 1000000)")
        }
        None => format!("one of {of}"),
    }
}
