//! Every fault that can be planted is found, and by the promise that it breaks.

use crate::full::Tools;
use crate::violation::{Failure, Kept};
use tidegate::planted::{Bug, plant};

/// In so many seeds a fault must show.
const SEEDS: u64 = 1_000;

/// Faults of the decision, and the promises of which each breaks one: found by the lean driver.
const IN_THE_DECISION: &[(Bug, &[&str])] = &[
    (Bug::BakeCountsUnwatchedTime, &["bake-is-watched-time"]),
    (Bug::NoDataCountsAsPass, &["advance-needs-data", "bake-is-watched-time"]),
    (Bug::HoldDoesNotHold, &["hold-holds", "bake-is-watched-time"]),
    (Bug::AdvanceNeedsNothing, &["advance-needs-what-the-plan-asks-for"]),
    (Bug::FlagProblemsDoNotHold, &["advance-needs-data", "one-row-per-change"]),
    (Bug::PromotionIsEvidence, &["promotion-is-no-evidence"]),
    (Bug::ApprovalIsSkipped, &["approval-is-a-person's"]),
    (Bug::RetryKeepsTheAttempt, &["attempts-count-up"]),
    (Bug::CompletedIsNotTheEnd, &["terminal-is-terminal"]),
    (Bug::PauseGoesOnBaking, &["bake-is-watched-time"]),
    (Bug::ResumeCountsThePause, &["bake-is-watched-time"]),
    (Bug::PauseKeepsFromClosing, &["closing-wins"]),
    (Bug::ForIsNotReset, &["closes-only-for-a-reason"]),
    (Bug::ForCountsUnwatchedTime, &["closes-only-for-a-reason"]),
    (Bug::WaveIsSkipped, &["one-wave-at-a-time"]),
    (Bug::NextWaveForgetsAlerts, &["firing-alerts-are-remembered"]),
    (Bug::RestartCountsTheTimeBetween, &["bake-is-watched-time"]),
    (Bug::ClosingRanksLow, &["ranks-only-grow"]),
    (
        Bug::SaltChangesWithTheExposure,
        &["nobody-loses-it-while-it-grows", "another-attempt-has-the-users-that-its-plan-says"],
    ),
    (Bug::StepBackIsForgotten, &["stepped-back-waits-for-a-person"]),
    (Bug::StepBackWidens, &["a-restart-serves-the-same", "nobody-gets-it-by-a-step-back"]),
    (Bug::HoldbackIsForgotten, &["exposure-is-the-wave's"]),
    (Bug::GroupLosesItsMembers, &["nobody-loses-it-while-it-grows"]),
    (Bug::FreshUsersAreTheSame, &["another-attempt-has-the-users-that-its-plan-says"]),
    (Bug::BudgetIsIgnored, &["budget-holds"]),
    (Bug::SilenceNeverCloses, &["closing-wins"]),
    (Bug::IgnoredSilencePasses, &["advance-needs-what-the-plan-asks-for", "promotion-is-no-evidence"]),
    (Bug::ReportsCountAgain, &["closes-only-for-a-reason", "conditions-mean-what-they-say"]),
    (Bug::BaselineOfTheLastAttempt, &["a-baseline-is-of-the-time-before"]),
    (Bug::BeginsBeforeItsTime, &["begins-only-where-it-may"]),
    (Bug::WhatHasBegunChanges, &["what-has-begun-stays"]),
    (Bug::OneReasonEndsTheBake, &["bake-is-watched-time"]),
    (Bug::ObservedConditionsAct, &["closes-only-for-a-reason", "steps-back-only-for-a-reason", "one-row-per-change"]),
    (Bug::SafetyOutlivesItsWave, &["proofs-rest-on-what-was-counted"]),
    (Bug::SkewedUsersDoNotHold, &["hold-holds", "bake-is-watched-time", "one-row-per-change"]),
    (Bug::SilenceIsNotStored, &["what-is-stored-comes-back"]),
];

/// Faults of a train's decision: found by the train driver.
const IN_A_TRAIN: &[(Bug, &[&str])] = &[
    (Bug::TrainDoesNotWait, &["train-waits-for-the-one-before"]),
    (Bug::TrainTrustsOldChecks, &["train-waits-for-the-one-before"]),
    (Bug::TrainClosesNobodyElse, &["train-closes-at-once"]),
    (Bug::TrainOrdersOnce, &["train-closings-arrive"]),
];

/// Faults of the executor: found by the full driver.
const IN_THE_EXECUTOR: &[(Bug, &[&str])] = &[
    (Bug::OpensBeforeItIsStored, &["open-only-what-is-stored"]),
    (Bug::ClosesAfterItIsStored, &["closed-before-it-is-stored"]),
    (Bug::TriggersWaitTheirTurn, &["closing-is-at-once"]),
    (Bug::AnswersTooSoon, &["answered-is-durable"]),
    (Bug::ForgetsTheRecordAtStart, &["a-restart-remembers-the-closing"]),
    (Bug::ClosingIsTriedOnce, &["everybody-is-answered", "stored-is-served", "one-flag-has-one-driver"]),
    (
        Bug::OpensWhatIsBeingClosed,
        &["closing-is-at-once", "closed-before-it-is-stored", "closed-stays-closed", "stored-is-served"],
    ),
    (
        Bug::ConflictCountsAsDone,
        &["open-only-what-is-stored", "answered-is-durable", "stored-is-served", "one-flag-has-one-driver"],
    ),
    (Bug::ClosingIsWrittenTwice, &["one-row-per-change"]),
    (Bug::StaleEvidenceCounts, &["advance-needs-evidence-of-its-own-wave", "bake-is-watched-time"]),
    (Bug::ChecksEndAfterAFailure, &["checks-go-on"]),
    (Bug::ClosingHasTwoRows, &["one-row-per-change"]),
    (Bug::ClosingStopsAtAConflict, &["answered-is-durable", "stored-is-served", "one-flag-has-one-driver"]),
    (Bug::RecordIsClearedTooSoon, &["answered-is-durable"]),
    (
        Bug::ConflictKeepsTheState,
        &[
            "one-row-per-change",
            "closed-stays-closed",
            "one-wave-at-a-time",
            "attempts-count-up",
            "terminal-is-terminal",
            "pause-stands-still",
        ],
    ),
    (Bug::FlagIsFreeTooSoon, &["one-flag-has-one-driver"]),
    (Bug::FlagHasTwoDrivers, &["one-flag-has-one-driver"]),
    (Bug::CommandsOvertakeTheClosing, &["attempts-count-up"]),
    (Bug::DefinitionsForgetExposures, &["exposures-outlast-definitions"]),
];

/// The first seed in which a fault shows, and after how many events.
fn find(bug: Bug, run: &dyn Fn(u64) -> Result<Kept, Failure>) -> Option<(Failure, u64)> {
    plant(Some(bug));
    let mut events = 0;
    let found = (1..=SEEDS).find_map(|seed| match run(seed) {
        Ok(kept) => {
            events += kept.events;
            None
        }
        Err(failure) => Some((failure, events)),
    });
    plant(None);
    found.map(|(failure, before)| (failure.clone(), before + failure.events))
}

fn all_are_found(bugs: &[(Bug, &[&str])], run: &dyn Fn(u64) -> Result<Kept, Failure>) {
    let mut missed = Vec::new();
    for (bug, promises) in bugs {
        match find(*bug, run) {
            None => {
                println!("{bug:?}: NOT FOUND in {SEEDS} seeds");
                missed.push(format!("{bug:?} was not found"));
            }
            Some((failure, events)) => {
                let Failure { seed, driver, violation, .. } = &failure;
                println!("{bug:?}: {}, seed {seed} of the {driver} driver, {events} events", violation.invariant);
                if !promises.contains(&violation.invariant) {
                    missed.push(format!("{bug:?} was found by another promise than {promises:?}:\n{failure}"));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_planted_bug_of_the_decision_is_caught() {
    all_are_found(IN_THE_DECISION, &crate::lean::run);
}

/// Faults of a train's executor: found by the driver of journeys.
const ON_A_JOURNEY: &[(Bug, &[&str])] = &[
    (Bug::TrainBeginsWhatItStopped, &["train-begins-what-is-stored", "train-closes-at-once", "train-closings-arrive"]),
    (Bug::TrainIsSavedOnce, &["everybody-is-answered", "train-closings-arrive"]),
];

#[test]
fn every_planted_bug_of_a_journey_is_caught() {
    let tools = Tools::new();
    all_are_found(ON_A_JOURNEY, &|seed| crate::full::run_journey(seed, &tools));
}

#[test]
fn every_planted_bug_of_a_train_is_caught() {
    all_are_found(IN_A_TRAIN, &crate::trains::run);
}

#[test]
fn every_planted_bug_of_the_executor_is_caught() {
    let tools = Tools::new();
    all_are_found(IN_THE_EXECUTOR, &|seed| crate::full::run(seed, &tools));
}
