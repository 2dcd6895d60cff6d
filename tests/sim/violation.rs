//! A promise that was broken, and how to see it again.

use std::fmt;

/// A broken promise.
#[derive(Debug, Clone)]
pub struct Violation {
    /// The promise's name.
    pub invariant: &'static str,
    /// What was seen instead.
    pub what: String,
}

impl Violation {
    pub fn new(invariant: &'static str, what: impl Into<String>) -> Self {
        Self { invariant, what: what.into() }
    }
}

/// A failed run: which seed, after how many events, and the last things that happened before it.
#[derive(Debug, Clone)]
pub struct Failure {
    pub driver: &'static str,
    pub seed: u64,
    pub events: u64,
    pub violation: Violation,
    pub trace: Vec<String>,
}

/// How much of a run's history is told among others. What broke a promise lies mostly close before it.
const TOLD: usize = 40;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { driver, seed, events, violation, trace } = self;
        writeln!(f, "{}: {}", violation.invariant, violation.what)?;
        writeln!(f, "seed {seed} of the {driver} driver, after {events} events:")?;
        let told = if crate::campaign::one_alone() { trace.len() } else { TOLD };
        for line in &trace[trace.len().saturating_sub(told)..] {
            writeln!(f, "    {line}")?;
        }
        writeln!(f, "replay: TIDEGATE_SIM_SEED={seed} cargo test --test sim {driver} -- --nocapture")
    }
}

/// A run that kept every promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub events: u64,
    /// The ledger, byte for byte, as text or as a digest of it.
    pub ledger: Vec<u8>,
    /// What the run reached, for the report.
    pub reached: Reached,
}

/// How often runs got to what makes them worth something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reached {
    pub openings: u64,
    pub completions: u64,
    pub closings: u64,
    pub steps_back: u64,
    pub retries: u64,
    pub revisions: u64,
    pub reports: u64,
    /// How often both groups were counted against each other.
    pub compared: u64,
    pub restarts: u64,
    pub conflicts: u64,
    pub lost_answers: u64,
    pub clock_jumps: u64,
    /// Of those the ones by an hour and by a day, forth and back, in each phase.
    pub jumps: [[u64; 4]; 6],
    pub zombies: u64,
    pub checks: u64,
}

impl Reached {
    pub fn add(&mut self, other: &Self) {
        self.openings += other.openings;
        self.completions += other.completions;
        self.closings += other.closings;
        self.steps_back += other.steps_back;
        self.retries += other.retries;
        self.revisions += other.revisions;
        self.reports += other.reports;
        self.compared += other.compared;
        self.restarts += other.restarts;
        self.conflicts += other.conflicts;
        self.lost_answers += other.lost_answers;
        self.clock_jumps += other.clock_jumps;
        for (own, other) in self.jumps.as_flattened_mut().iter_mut().zip(other.jumps.as_flattened()) {
            *own += other;
        }
        self.zombies += other.zombies;
        self.checks += other.checks;
    }
}
