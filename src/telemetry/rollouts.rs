//! Collected at scrape: where each rollout stands and what it serves. There are thousands of rollouts, seven series
//! each, and a check tells of them far more often than somebody reads them.

use super::evaluations::{family, gauge, label};
use crate::rollout::State;
use crate::units::{Exposure, FlagKey, RolloutName};
use prometheus::core::{Collector, Desc};
use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The label values of `tidegate_rollout_state`, one series each.
const STATES: [&str; 6] = ["pending", "running", "paused", "watching", "completed", "rolled_back"];

/// The rollouts as they were told of last. Cheap to clone; all clones are the same rollouts.
#[derive(Debug, Clone)]
pub(super) struct RolloutCollector {
    rows: Arc<Mutex<BTreeMap<RolloutName, Row>>>,
    exposure: Desc,
    states: Desc,
}

#[derive(Debug, Clone)]
struct Row {
    flag: FlagKey,
    state: &'static str,
    exposure: Exposure,
}

impl RolloutCollector {
    pub(super) fn new() -> Result<Self, prometheus::Error> {
        let gauge = |name: &str, help: &str, labels: [&str; 2]| {
            Desc::new(name.to_owned(), help.to_owned(), labels.map(str::to_owned).to_vec(), HashMap::new())
        };
        let exposure = "The share of the audience that a rollout serves its candidate to.";
        Ok(Self {
            rows: Arc::default(),
            exposure: gauge("tidegate_exposure_ratio", exposure, ["rollout", "flag"])?,
            states: gauge("tidegate_rollout_state", "1 for the state a rollout is in.", ["rollout", "state"])?,
        })
    }

    pub(super) fn set(&self, rollout: &RolloutName, flag: &FlagKey, state: &State, exposure: Exposure) {
        let state = state_label(state);
        let mut rows = self.rows();
        match rows.get_mut(rollout) {
            Some(row) if row.flag == *flag => (row.state, row.exposure) = (state, exposure),
            Some(_) | None => drop(rows.insert(rollout.clone(), Row { flag: flag.clone(), state, exposure })),
        }
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<RolloutName, Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for RolloutCollector {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.exposure, &self.states]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        // Of a copy: no rollout waits until all series are written.
        let rows = self.rows().clone();
        let exposures = rows.iter().map(|(rollout, row)| {
            let share = f64::from(row.exposure.ppm()) / f64::from(Exposure::ALL.ppm());
            labelled(vec![label("flag", row.flag.as_str()), label("rollout", rollout.as_str())], share)
        });
        let states = rows.iter().flat_map(|(rollout, row)| {
            STATES.map(|state| {
                let labels = vec![label("rollout", rollout.as_str()), label("state", state)];
                labelled(labels, f64::from(u8::from(state == row.state)))
            })
        });
        vec![
            family(&self.exposure, MetricType::GAUGE, exposures.collect()),
            family(&self.states, MetricType::GAUGE, states.collect()),
        ]
    }
}

fn labelled(labels: Vec<LabelPair>, value: f64) -> Metric {
    let mut metric = gauge(value);
    metric.set_label(labels);
    metric
}

const fn state_label(state: &State) -> &'static str {
    match state {
        State::Pending { .. } => "pending",
        State::Running(_) => "running",
        State::Paused { .. } => "paused",
        State::Watching(_) => "watching",
        State::Completed { .. } => "completed",
        State::RolledBack { .. } => "rolled_back",
    }
}
