//! What an attempt remembers between its checks. Plain data: it is stored with the state.

use super::posted::Posted;
use crate::analysis::statistics::{CountTest, ExcessHarm, Trail};
use crate::rollout::Arm;
use crate::units::{MetricName, UnixMillis, WaveName};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What was seen since the attempt began.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    /// What the metrics were before the first wave, in their base units.
    pub baseline: BTreeMap<MetricName, f64>,
    /// What the metrics were in each wave.
    pub waves: BTreeMap<WaveName, BTreeMap<MetricName, Mean>>,
    /// The recent course of the metrics that some condition looks at as a course.
    pub trails: BTreeMap<TrailKey, Trail>,
    /// The sequential tests, by the canonical text of their condition. Boxed, for a map has room for eleven at once
    /// and most have one.
    pub tests: BTreeMap<String, Box<CountTest>>,
    /// For regressions: the tests that ask whether it became worse lately.
    pub late: BTreeMap<String, Box<CountTest>>,
    /// For regressions: the suspicions of that, which come sooner and prove nothing.
    pub suspected: BTreeMap<String, Box<CountTest>>,
    /// The shares of the plan's alpha that tests have taken in this attempt, by the canonical text of their condition.
    pub alpha_given: BTreeMap<String, f64>,
    /// The share of what begins anew with each wave that the waves so far have had.
    pub stages_given: f64,
    /// The largest share of that which this stage has used, whatever the plan became since.
    pub stage_taken: f64,
    /// Up to when both groups have been counted, for each metric by which they are compared.
    pub looked: BTreeMap<MetricName, UnixMillis>,
    /// How long each metric has been without data, as far as somebody watched.
    pub silent: BTreeMap<MetricName, Duration>,
    /// What was posted as having happened.
    pub events: BTreeMap<String, Posted>,
    /// The conditions that somebody was told of and that have been true since.
    pub noticed: BTreeSet<String>,
    /// What the candidate has cost so far.
    pub cost: Option<Cost>,
}

/// Whose course of which metric.
pub type TrailKey = (MetricName, Arm);

/// What the candidate has cost so far, where the plan has a budget.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Its bad events beyond those of the control.
    pub harm: ExcessHarm,
    /// The exposures of both groups.
    pub exposures: u64,
    /// In how much time they were counted.
    pub seen: Duration,
}

/// A mean that grows with each reading.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Mean {
    /// The mean.
    pub value: f64,
    /// Of how many readings.
    pub readings: u64,
}

impl Memory {
    /// Lets a test begin anew.
    pub(in crate::rollout) fn forget_test(&mut self, condition: &str) {
        for tests in [&mut self.tests, &mut self.late, &mut self.suspected] {
            tests.remove(condition);
        }
    }
}

impl Mean {
    pub(super) fn add(&mut self, value: f64) {
        let readings = self.readings.saturating_add(1);
        let mean = self.value + (value - self.value) / readings as f64;
        // Two values at both ends of what can be counted have no difference.
        if mean.is_finite() {
            *self = Self { value: mean, readings };
        }
    }
}
