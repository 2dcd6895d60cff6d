//! Taking what a check brought into what the attempt remembers.

use crate::analysis::statistics::CountTest;
use crate::analysis::{Compared, Condition, Reading};
use crate::rollout::stage::{Rules, wave_at};
use crate::rollout::{Evidence, Plan, Stage};
use crate::units::MetricName;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Takes up a check. `unseen` is the time since the last one, as far as somebody watched.
pub(in crate::rollout) fn absorb(
    plan: &Plan,
    rules: &Rules<'_>,
    stage: &mut Stage,
    evidence: &Evidence,
    unseen: Duration,
) {
    note_silence(stage, &evidence.readings, unseen);
    note_means(plan, stage, &evidence.readings);
    let mut counted = BTreeSet::new();
    for clause in rules.clauses {
        clause.when.each_leaf(&mut |leaf| count(stage, leaf, evidence, &mut counted));
    }
    for (metric, compared) in &evidence.compared {
        if let Ok(Compared::Counts(counts)) = compared {
            stage.memory.looked.insert(metric.clone(), counts.until);
        }
    }
}

fn note_silence(stage: &mut Stage, readings: &BTreeMap<MetricName, Reading>, unseen: Duration) {
    for (metric, reading) in readings {
        match reading.value() {
            Ok(_) => drop(stage.memory.silent.remove(metric)),
            Err(_) => {
                let silent = stage.memory.silent.entry(metric.clone()).or_default();
                *silent = silent.saturating_add(unseen);
            }
        }
    }
}

fn note_means(plan: &Plan, stage: &mut Stage, readings: &BTreeMap<MetricName, Reading>) {
    let Some(wave) = wave_at(plan, stage.wave) else { return };
    let means = stage.memory.waves.entry(wave.name.clone()).or_default();
    for (metric, reading) in readings {
        if let Ok((value, _)) = reading.value() {
            means.entry(metric.clone()).or_default().add(value);
        }
    }
}

/// Takes what both groups did since the last look into the sequential test of a condition. `counted` has
/// the tests that took this look already: one condition in two lists is one test.
fn count(stage: &mut Stage, leaf: &Condition, evidence: &Evidence, counted: &mut BTreeSet<String>) {
    let (metric, fresh, late) = match leaf {
        Condition::Regresses(one) => {
            (&one.metric, CountTest::worse(one.tolerance), Some(CountTest::worse_lately(one.tolerance)))
        }
        Condition::ProvedSafe(one) => (&one.metric, CountTest::safe(one.margin), None),
        Condition::All(_)
        | Condition::Any(_)
        | Condition::Compare(_)
        | Condition::Trend(_)
        | Condition::Burn(_)
        | Condition::Score(_)
        | Condition::Alert(_) => return,
    };
    let Some(Ok(Compared::Counts(counts))) = evidence.compared.get(metric) else { return };
    let lasted = counts.until.since(stage.memory.looked.get(metric).copied().unwrap_or(stage.entered));
    let key = leaf.to_string();
    if counted.insert(key.clone()) {
        if let Some(late) = late {
            stage.memory.late.entry(key.clone()).or_insert(late).look(counts, lasted);
        }
        stage.memory.tests.entry(key).or_insert(fresh).look(counts, lasted);
    }
}
