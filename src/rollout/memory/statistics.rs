//! Judging the conditions that rest on more than one reading.

use super::ask::part_of_alpha;
use crate::analysis::statistics::{CountTest, Finding};
use crate::analysis::{
    Burn, Compared, Condition, Judgement, Measured, NoData, ProvedSafe, Quantity, Reading, Regresses, Truth,
};
use crate::rollout::{Arm, Evidence, Over, Plan, Question, Stage};
use crate::units::{MetricName, format_duration};
use std::time::Duration;

/// What is known of a condition that rests on more than one reading.
pub(in crate::rollout) fn judge_statistics(
    plan: &Plan,
    stage: &Stage,
    evidence: &Evidence,
    condition: &Condition,
) -> Judgement {
    match condition {
        Condition::Regresses(one) => regresses(plan, stage, evidence, one, &condition.to_string()),
        Condition::ProvedSafe(one) => proved_safe(plan, stage, evidence, one, &condition.to_string()),
        Condition::Burn(one) => burn(plan, evidence, one),
        Condition::Trend(_)
        | Condition::Score(_)
        | Condition::All(_)
        | Condition::Any(_)
        | Condition::Compare(_)
        | Condition::Alert(_) => Judgement::plain(Truth::Unknown, "nothing is known of it".to_owned()),
    }
}

/// Proved worse is true; everything else is false, for a test that has not decided yet says nothing
/// against the candidate. What became worse lately holds, but does not close: of such alarms more are
/// false than of the test's own.
fn regresses(plan: &Plan, stage: &Stage, evidence: &Evidence, one: &Regresses, key: &str) -> Judgement {
    let alpha = one.alpha.unwrap_or_else(|| part_of_alpha(plan));
    let (test, late) = match tested(stage, evidence, &one.metric, key) {
        Ok(tests) => tests,
        Err(why) => return Judgement::missing(&one.metric, why),
    };
    let finding = test.finding(alpha);
    let lately = late.map(|late| late.finding(alpha)).filter(|late| late.proved && !finding.proved);
    let measured = vec![measured(plan, &one.metric, lately.unwrap_or(finding))];
    let (truth, told) = match (finding.proved, lately) {
        (true, _) => (Truth::True, "worse than control"),
        (false, Some(_)) => (Truth::False, "worse than control lately, not yet proved"),
        (false, None) => (Truth::False, "not proved worse than control"),
    };
    let seen = told_of(plan, &one.metric, told, &lately.unwrap_or(finding));
    Judgement { measured, pending: lately.is_some(), ..Judgement::plain(truth, seen) }
}

fn proved_safe(plan: &Plan, stage: &Stage, evidence: &Evidence, one: &ProvedSafe, key: &str) -> Judgement {
    let alpha = one.alpha.unwrap_or(plan.alpha);
    let test = match tested(stage, evidence, &one.metric, key) {
        Ok((test, _)) => test,
        Err(why) => return Judgement::missing(&one.metric, why),
    };
    let finding = test.finding(alpha);
    let (truth, told) = match finding.proved {
        true => (Truth::True, "proved safe"),
        false => (Truth::False, "not proved safe yet"),
    };
    let measured = vec![measured(plan, &one.metric, finding)];
    Judgement { measured, ..Judgement::plain(truth, told_of(plan, &one.metric, told, &finding)) }
}

/// The test of a condition, as long as there are fresh counts: without them nothing can be said, however
/// much was seen before.
fn tested<'s>(
    stage: &'s Stage,
    evidence: &Evidence,
    metric: &MetricName,
    key: &str,
) -> Result<(&'s CountTest, Option<&'s CountTest>), NoData> {
    match evidence.compared.get(metric) {
        Some(Ok(Compared::Counts(_))) => {}
        Some(Ok(Compared::Bands { .. } | Compared::Sums { .. })) => {
            return Err(NoData::Inconclusive("it is not counted".to_owned()));
        }
        Some(Err(why)) => return Err(why.clone()),
        None => return Err(NoData::NoReference("the two groups were not compared".to_owned())),
    }
    let test = stage.memory.tests.get(key);
    let test = test.ok_or_else(|| NoData::Inconclusive("nothing was counted yet".to_owned()))?;
    Ok((test, stage.memory.late.get(key)))
}

fn measured(plan: &Plan, metric: &MetricName, finding: Finding) -> Measured {
    let measured = Measured::of(metric.clone(), quantity(plan, metric), finding.value);
    Measured { bound: Some(finding.bound), samples: Some(finding.samples), proof: Some(finding), ..measured }
}

/// `error_rate 2.1% against 1%: worse than control (E = 240 of 100)`.
fn told_of(plan: &Plan, metric: &MetricName, told: &str, finding: &Finding) -> String {
    let quantity = quantity(plan, metric);
    let (value, bound) = (quantity.format(finding.value), quantity.format(finding.bound));
    let outlook = if finding.proved { String::new() } else { format!("; {}", finding.outlook) };
    format!("{metric} {value} against {bound}: {told} ({}{outlook})", finding.evidence)
}

fn quantity(plan: &Plan, metric: &MetricName) -> Quantity {
    plan.metrics.get(metric).map_or(Quantity::Number, |metric| metric.unit.quantity())
}

/// Both windows must burn faster: the long one says that it matters, the short one that it still goes on.
fn burn(plan: &Plan, evidence: &Evidence, one: &Burn) -> Judgement {
    let rate = |over: Duration| {
        let question = Question { metric: one.metric.clone(), arm: Arm::Candidate, over: Over::Span(over) };
        let none = || NoData::NoReference(format!("it was not measured over {}", format_duration(over)));
        let (value, samples) = evidence.others.get(&question).map_or_else(|| Err(none()), Reading::value)?;
        Ok((value / (1.0 - one.objective), samples))
    };
    let ((long, samples), (short, _)) = match (rate(one.long), rate(one.short)) {
        (Ok(long), Ok(short)) => (long, short),
        (Err(why), _) | (_, Err(why)) => return Judgement::missing(&one.metric, why),
    };
    let holds = one.comparison.holds(long, one.rate) && one.comparison.holds(short, one.rate);
    let (over_long, over_short) = (format_duration(one.long), format_duration(one.short));
    let seen = format!(
        "{} burns {long:.1} times too fast over {over_long} and {short:.1} over {over_short}, bound {}",
        one.metric, one.rate
    );
    let measured = Measured::of(one.metric.clone(), quantity(plan, &one.metric), long * (1.0 - one.objective));
    let measured = vec![Measured { bound: Some(one.rate * (1.0 - one.objective)), samples, ..measured }];
    Judgement { measured, ..Judgement::plain(if holds { Truth::True } else { Truth::False }, seen) }
}
