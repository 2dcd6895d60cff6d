//! Every fault that can be planted is found, and by the promise that it breaks.

use crate::full::Tools;
use crate::violation::Failure;
use tidegate::planted::{Bug, plant};

/// In so many seeds a fault must show.
const SEEDS: u64 = 400;

/// A fault, and the promises of which it breaks one.
const BUGS: &[(Bug, &[&str])] = &[
    (Bug::OpensBeforeItIsStored, &["open-only-what-is-stored"]),
    (Bug::ClosesAfterItIsStored, &["closed-before-it-is-stored"]),
    (Bug::TriggersWaitTheirTurn, &["closing-is-at-once"]),
    (Bug::AnswersTooSoon, &["answered-is-durable"]),
    (Bug::ForgetsTheRecordAtStart, &["a-restart-remembers-the-closing"]),
    (Bug::ClosingIsTriedOnce, &["everybody-is-answered", "stored-is-served", "one-flag-has-one-driver"]),
    (Bug::OlderExposuresWin, &["closed-stays-closed"]),
    (
        Bug::ConflictCountsAsDone,
        &["open-only-what-is-stored", "answered-is-durable", "stored-is-served", "one-flag-has-one-driver"],
    ),
    (Bug::ClosingIsWrittenTwice, &["one-row-per-change"]),
    (Bug::StaleEvidenceCounts, &["advance-needs-evidence-of-its-own-wave"]),
    (Bug::ChecksEndAfterAFailure, &["checks-go-on"]),
    (Bug::ClosingHasTwoRows, &["one-row-per-change"]),
    (Bug::ClosingStopsAtAConflict, &["answered-is-durable", "stored-is-served", "one-flag-has-one-driver"]),
    (Bug::RecordIsClearedTooSoon, &["answered-is-durable"]),
    (
        Bug::ConflictKeepsTheState,
        &["one-row-per-change", "closed-stays-closed", "one-wave-at-a-time", "attempts-count-up"],
    ),
    (Bug::FlagIsFreeTooSoon, &["one-flag-has-one-driver"]),
    (Bug::FlagHasTwoDrivers, &["one-flag-has-one-driver"]),
    (Bug::CommandsOvertakeTheClosing, &["attempts-count-up"]),
    (Bug::DefinitionsForgetExposures, &["exposures-outlast-definitions"]),
];

/// The first seed in which a fault shows, whichever driver shows it first.
fn find(bug: Bug, tools: &Tools) -> Option<(Failure, u64, u64)> {
    plant(Some(bug));
    let mut events = 0;
    for seed in 1..=SEEDS {
        for run in [crate::lean::run(seed), crate::full::run(seed, tools)] {
            match run {
                Ok(kept) => events += kept.events,
                Err(failure) => {
                    plant(None);
                    let events = events + failure.events;
                    return Some((failure, seed, events));
                }
            }
        }
    }
    plant(None);
    None
}

#[test]
fn every_planted_bug_is_caught() {
    let tools = Tools::new();
    let mut missed = Vec::new();
    for (bug, promises) in BUGS {
        match find(*bug, &tools) {
            None => {
                println!("{bug:?}: NOT FOUND in {SEEDS} seeds");
                missed.push(format!("{bug:?} was not found"));
            }
            Some((failure, seed, events)) => {
                let invariant = failure.violation.invariant;
                println!("{bug:?}: {invariant}, seed {seed} of the {} driver, {events} events", failure.driver);
                if !promises.contains(&invariant) {
                    missed.push(format!("{bug:?} was found by another promise than {promises:?}:\n{failure}"));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
