//! Taking what a check brought into what the attempt remembers.

use super::alpha::{give, take_stage_share};
use super::ask::{buckets_users, each_clause, looked};
use super::attempt::TrailKey;
use super::posted::with_counts;
use crate::analysis::statistics::{CountTest, Trail};
use crate::analysis::{Compared, Condition, Counted, Counts, Reading};
use crate::rollout::stage::{Rules, wave_at};
use crate::rollout::{Arm, Clause, Evidence, Over, Plan, Question, Stage};
use crate::units::{MetricName, UnixMillis};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Takes up a check. `unseen` is the time since the last one, as far as somebody watched.
pub(in crate::rollout) fn absorb(
    plan: &Plan,
    rules: &Rules<'_>,
    stage: &mut Stage,
    evidence: &Evidence,
    unseen: Duration,
    now: UnixMillis,
) {
    let readings = with_counts(plan, stage, &evidence.readings, now);
    note_silence(stage, evidence, unseen);
    // In the watch the last wave is over, and what it was stays what it was.
    if !rules.watching {
        note_means(plan, stage, &readings);
    }
    note_courses(plan, stage, &readings, evidence, now);
    take_stage_share(plan, stage, rules.watching);
    let mut counted = BTreeSet::new();
    for clause in rules.clauses {
        clause.when.each_leaf(&mut |leaf| {
            give(plan, &mut stage.memory, leaf, || clause.text_of(leaf));
            count(plan, stage, (clause, leaf), evidence, &mut counted);
        });
    }
    note_cost(plan, stage, evidence);
    for (metric, compared) in &evidence.compared {
        if let Ok(Compared::Counts(counts)) = compared {
            stage.memory.looked.insert(metric.clone(), counts.until);
            // No look of a stage ends before it began: that moment is of a clock that was ahead and was set back, and
            // nothing would be counted until the time comes that it said.
            stage.entered = stage.entered.min(counts.until.max(now));
        }
    }
}

/// How long each metric has been silent for the candidate. It begins with the first check that had no
/// data, not with the last that had: a provider that misses one beat has been silent for no time.
fn note_silence(stage: &mut Stage, evidence: &Evidence, unseen: Duration) {
    for (metric, reading) in &evidence.readings {
        match (stage.memory.silent.get_mut(metric), reading.value().is_err()) {
            (_, false) => drop(stage.memory.silent.remove(metric)),
            (Some(span), true) => *span = span.saturating_add(unseen),
            (None, true) => drop(stage.memory.silent.insert(metric.clone(), Duration::ZERO)),
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

/// The course of each metric that some condition of the plan looks at as one. Those of later waves too,
/// so that a course over a day is known when the wave that asks for it begins.
fn note_courses(
    plan: &Plan,
    stage: &mut Stage,
    readings: &BTreeMap<MetricName, Reading>,
    evidence: &Evidence,
    now: UnixMillis,
) {
    let mut spans: BTreeMap<TrailKey, Duration> = BTreeMap::new();
    let mut longest = |key: TrailKey, span: Duration| {
        let known = spans.entry(key).or_default();
        *known = (*known).max(span);
    };
    each_clause(plan, &mut |clause| {
        clause.when.each_leaf(&mut |leaf| match leaf {
            Condition::Trend(trend) => longest((trend.metric.clone(), Arm::Candidate), trend.over),
            Condition::Score(score) => {
                let bake = wave_at(plan, stage.wave).map_or(Duration::ZERO, |wave| wave.bake);
                for part in &score.parts {
                    longest((part.metric.clone(), Arm::Candidate), bake);
                    longest((part.metric.clone(), Arm::Control), bake);
                }
            }
            Condition::All(_)
            | Condition::Any(_)
            | Condition::Compare(_)
            | Condition::Burn(_)
            | Condition::Regresses(_)
            | Condition::ProvedSafe(_)
            | Condition::Alert(_) => {}
        });
    });
    for (key, span) in spans {
        let reading = match key.1 {
            Arm::Candidate => readings.get(&key.0),
            Arm::Control => {
                evidence.others.get(&Question { metric: key.0.clone(), arm: Arm::Control, over: Over::Usual })
            }
        };
        if let Some(Ok((value, _))) = reading.map(Reading::value) {
            let trail = stage.memory.trails.entry(key).or_insert_with(|| Trail::over(span));
            // Another wave has another bake, and what is scored over it another course.
            trail.window = span;
            trail.push(now, value);
        }
    }
}

/// Takes what both groups did since the last look into the sequential test of a condition. `counted` has
/// the tests that took this look already: one condition in two lists is one test.
fn count<'p>(
    plan: &Plan,
    stage: &mut Stage,
    (clause, leaf): (&'p Clause, &Condition),
    evidence: &Evidence,
    counted: &mut BTreeSet<Cow<'p, str>>,
) {
    let (metric, fresh) = match leaf {
        Condition::Regresses(one) => (&one.metric, CountTest::worse(one.tolerance)),
        Condition::ProvedSafe(one) => (&one.metric, CountTest::safe(one.margin)),
        Condition::All(_)
        | Condition::Any(_)
        | Condition::Compare(_)
        | Condition::Trend(_)
        | Condition::Burn(_)
        | Condition::Score(_)
        | Condition::Alert(_) => return,
    };
    let Some(Ok(Compared::Counts(counts))) = evidence.compared.get(metric) else { return };
    // Where something else than users is split, users that go together share its fate: they are corrected for
    // like events that go together.
    let of = if buckets_users(plan) { counts.of } else { Counted::Events };
    let counts = &Counts { of, ..*counts };
    let lasted = counts.until.since(looked(stage, metric));
    let key = clause.text_of(leaf);
    if !counted.insert(key.clone()) {
        return;
    }
    let look = |tests: &mut BTreeMap<String, Box<CountTest>>, fresh: CountTest| match tests.get_mut(&*key) {
        Some(test) => test.look(counts, lasted),
        None => tests.entry(key.to_string()).or_insert(Box::new(fresh)).look(counts, lasted),
    };
    let memory = &mut stage.memory;
    if let Condition::Regresses(one) = leaf {
        look(&mut memory.late, CountTest::worse_lately(one.tolerance));
        look(&mut memory.suspected, CountTest::suspected_worse(one.tolerance));
    }
    look(&mut memory.tests, fresh);
}

/// Harm and traffic are outcomes where those are known: a user who fails in every check is bad only once, and costs
/// more with each.
fn note_cost(plan: &Plan, stage: &mut Stage, evidence: &Evidence) {
    let Some(budget) = &plan.budget else { return };
    let Some(Ok(Compared::Counts(counts))) = evidence.compared.get(&budget.metric) else { return };
    let (looked, counts) = (looked(stage, &budget.metric), counts.in_events());
    let cost = stage.memory.cost.get_or_insert_default();
    cost.harm.look(&counts);
    cost.exposures = cost.exposures.saturating_add(counts.exposures());
    cost.seen = cost.seen.saturating_add(counts.until.since(looked));
}
