//! What a check wants to know, beside the candidate's own readings.

use super::alpha::{level_of, share_of_stage};
use crate::analysis::{Bound, Condition, Reference};
use crate::rollout::stage::{Rules, rules_of};
use crate::rollout::{Arm, Clause, Measure, MetricSource, Over, Plan, Question, Stage, State, Versus};
use crate::units::{MetricName, UnixMillis};
use std::collections::BTreeMap;

/// Everything that a check asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// Other groups and other times.
    pub others: Vec<Question>,
    /// Both groups against each other.
    pub versus: Vec<Versus>,
    /// How many outcomes of the candidate there were since the wave began: by which metric, and when that was.
    pub seen: Option<(MetricName, UnixMillis)>,
    /// How the users are split since that moment.
    pub split: Option<UnixMillis>,
}

/// What to ask for before an attempt begins: the baseline of each metric that is compared with it.
#[must_use]
pub fn questions_at_start(plan: &Plan) -> Vec<Question> {
    let Some(span) = plan.baseline else { return Vec::new() };
    let mut asked = Vec::new();
    each_clause(plan, &mut |clause| {
        clause.when.each_leaf(&mut |leaf| {
            if let Condition::Compare(compare) = leaf
                && matches!(compare.bound, Bound::Relative { to: Reference::Baseline, .. })
            {
                // Nobody has the candidate yet: what tells the variants apart is asked for the stable one.
                let tells = plan.metrics.get(&compare.metric).is_some_and(|metric| metric.tells_variants());
                let arm = if tells { Arm::Control } else { Arm::Candidate };
                asked.push(Question { metric: compare.metric.clone(), arm, over: Over::Span(span) });
            }
        });
    });
    asked.sort();
    asked.dedup();
    asked
}

/// What a check in this state asks for.
#[must_use]
pub fn questions(plan: &Plan, state: &State) -> Asked {
    match rules_of(plan, state) {
        Some((stage, rules)) => questions_of(plan, &rules, stage),
        None => Asked::default(),
    }
}

fn questions_of(plan: &Plan, rules: &Rules<'_>, stage: &Stage) -> Asked {
    let mut asked = Asked::default();
    let mut against = BTreeMap::new();
    for clause in rules.clauses {
        clause.when.each_leaf(&mut |leaf| ask_for(plan, (stage, rules.watching), leaf, &mut asked, &mut against));
    }
    if let Some(budget) = &plan.budget {
        against.entry(budget.metric.clone()).or_insert(plan.alpha);
    }
    let versus = |(metric, alpha)| {
        let looked = looked(stage, &metric);
        Versus { metric, looked, entered: stage.entered, alpha }
    };
    asked.versus = against.into_iter().map(versus).collect();
    asked.others.sort();
    asked.others.dedup();
    if rules.min_samples > 0 {
        asked.seen = counted_metric(plan).map(|metric| (metric.clone(), stage.entered));
    }
    // Where a rule decides who may have the candidate, nobody knows how many of each there should be.
    let opened = plan.waves.iter().take(stage.wave.saturating_add(1));
    if !asked.versus.is_empty() && buckets_users(plan) && opened.map(|wave| &wave.audience).all(Option::is_none) {
        asked.split = Some(stage.entered);
    }
    asked
}

/// Up to when both groups have been counted by a metric. Not before the wave began, even when the waves before it
/// did not ask: in one look the shares of the groups must stay as they are.
pub(super) fn looked(stage: &Stage, metric: &MetricName) -> UnixMillis {
    let looked = stage.memory.looked.get(metric).copied().unwrap_or(stage.entered);
    looked.max(stage.entered)
}

fn ask_for(
    plan: &Plan,
    (stage, watching): (&Stage, bool),
    leaf: &Condition,
    asked: &mut Asked,
    against: &mut BTreeMap<MetricName, f64>,
) {
    let mut other = |metric: &MetricName, arm, over| asked.others.push(Question { metric: metric.clone(), arm, over });
    let mut versus = |metric: &MetricName, alpha: f64| {
        let alpha = alpha * share_of_stage(plan, stage, watching) / 2.0;
        let strictest = against.entry(metric.clone()).or_insert(alpha);
        *strictest = strictest.min(alpha);
    };
    match leaf {
        Condition::Compare(compare) => {
            if matches!(compare.bound, Bound::Relative { to: Reference::Control, .. }) {
                other(&compare.metric, Arm::Control, Over::Usual);
            }
        }
        Condition::Burn(burn) => {
            other(&burn.metric, Arm::Candidate, Over::Span(burn.long));
            other(&burn.metric, Arm::Candidate, Over::Span(burn.short));
        }
        Condition::Score(score) => {
            for part in &score.parts {
                other(&part.metric, Arm::Control, Over::Usual);
            }
        }
        Condition::Regresses(regresses) => {
            other(&regresses.metric, Arm::Control, Over::Usual);
            versus(&regresses.metric, level_of(plan, &stage.memory, regresses, &regresses.to_string()));
        }
        Condition::ProvedSafe(safe) => {
            other(&safe.metric, Arm::Control, Over::Usual);
            versus(&safe.metric, safe.alpha.unwrap_or(plan.alpha));
        }
        Condition::Trend(_) | Condition::Alert(_) | Condition::All(_) | Condition::Any(_) => {}
    }
}

/// Whether users are what is split: with another attribute, such as a company, those of one go together.
pub(in crate::rollout) fn buckets_users(plan: &Plan) -> bool {
    &*plan.bucket_by == "targetingKey"
}

/// The metric whose samples are the candidate's outcomes.
pub(in crate::rollout) fn counted_metric(plan: &Plan) -> Option<&MetricName> {
    // What counts all outcomes before what counts only those that have a latency or a value.
    let order = |source: &MetricSource| match source {
        MetricSource::Outcomes { measure, .. } => Some(match measure {
            Measure::Count | Measure::Errors | Measure::ErrorRatio | Measure::SuccessRatio => 0,
            Measure::SlowRatio(_) | Measure::LatencyP50 | Measure::LatencyP95 | Measure::LatencyP99 => 1,
            Measure::ValueMean => 2,
        }),
        // Counters are read as often as somebody reads them: what is posted is known at once.
        MetricSource::Query(query) => query.ask.counts().map(|_| 3),
        MetricSource::Events { .. } => None,
    };
    let counted = plan.metrics.iter().filter_map(|(name, metric)| Some((order(&metric.source)?, name)));
    counted.min().map(|(_, name)| name)
}

pub(in crate::rollout) fn each_clause<'p>(plan: &'p Plan, visit: &mut dyn FnMut(&'p Clause)) {
    let waves = plan.waves.iter().flat_map(|wave| &wave.clauses);
    waves.chain(plan.after.iter().flat_map(|after| &after.clauses)).for_each(|clause| visit(clause));
}
