//! The time line of a simulation.

use crate::rollout::{Evidence, Plan, State, Wait, exposure};
use crate::units::{Exposure, UnixMillis};
use std::time::Duration;

/// The most rows of a time line. A condition that comes and goes with each check could make any number.
const MOST_ROWS: usize = 2_000;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// When, since the beginning.
    pub at: Duration,
    /// A stable word for what it is: that of a row in the ledger, or `waits` when what it waits for changed, or
    /// `scenario` for what the world did.
    pub kind: &'static str,
    /// What happened and why.
    pub sentence: String,
    /// The wave that it is in from then on; `watch` after the last one, empty when it is in none.
    pub wave: String,
    /// The share of the wave's audience that has the candidate from then on.
    pub exposure: Exposure,
    /// What it waits for from then on.
    pub waits: Vec<Wait>,
    /// The readings of the check that it rests on, for people.
    pub readings: Vec<(String, String)>,
}

/// The time line as it grows.
#[derive(Debug)]
pub(super) struct Timeline<'p> {
    plan: &'p Plan,
    began: UnixMillis,
    pub(super) rows: Vec<Row>,
    pub(super) left_out: u64,
}

impl<'p> Timeline<'p> {
    pub(super) const fn new(plan: &'p Plan, began: UnixMillis) -> Self {
        Self { plan, began, rows: Vec::new(), left_out: 0 }
    }

    pub(super) fn add(
        &mut self,
        now: UnixMillis,
        (kind, sentence): (&'static str, String),
        (state, waits): (&State, &[Wait]),
        evidence: Option<&Evidence>,
    ) {
        // What ends it is always told.
        let is_last = matches!(state, State::Completed { .. } | State::RolledBack { .. });
        if self.rows.len() >= MOST_ROWS && !is_last {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        self.rows.push(Row {
            at: now.since(self.began),
            kind,
            sentence,
            wave: wave(self.plan, state),
            exposure: exposure(self.plan, state),
            waits: waits.to_vec(),
            readings: evidence.map(|evidence| readings(self.plan, evidence)).unwrap_or_default(),
        });
    }
}

fn wave(plan: &Plan, state: &State) -> String {
    match state {
        State::Running(stage) | State::Paused { stage, .. } => {
            plan.waves.get(stage.wave).map(|wave| wave.name.to_string()).unwrap_or_default()
        }
        State::Watching(_) => "watch".to_owned(),
        State::Pending { .. } | State::Completed { .. } | State::RolledBack { .. } => String::new(),
    }
}

fn readings(plan: &Plan, evidence: &Evidence) -> Vec<(String, String)> {
    let shown = evidence.readings.iter().filter_map(|(name, reading)| {
        let quantity = plan.metrics.get(name)?.unit.quantity();
        let shown = match reading.value() {
            Ok((value, _)) => quantity.format(value),
            Err(why) => why.to_string(),
        };
        Some((name.to_string(), shown))
    });
    shown.collect()
}
