//! Judging the conditions that rest on more than one reading.

use super::alpha::{level_of, share_of_stage};
use super::elsewhere::of_control;
use super::score::judge_score;
use crate::analysis::statistics::{CountTest, Finding, Heading, Toward, band_safe, band_worse, mean_safe, mean_worse};
use crate::analysis::{
    Burn, Compared, Condition, Direction, Judgement, Leaf, Measured, NoData, ProvedSafe, Quantity, Reading, Regresses,
    Trend, Truth, value,
};
use crate::rollout::{Arm, Better, Evidence, Over, Plan, Question, Stage};
use crate::units::{MetricName, UnixMillis, format_duration};
use std::collections::BTreeMap;
use std::time::Duration;

/// Of a regression's alpha, the part of the test over the whole attempt. The rest is for the test of what
/// began lately: each wrong at most in its part, together at most in the whole.
const WHOLE_ATTEMPT: f64 = 0.8;

/// What a check brought, with what the rollout counts itself among the readings.
#[derive(Debug, Clone, Copy)]
pub(in crate::rollout) struct Seen<'e> {
    pub evidence: &'e Evidence,
    pub readings: &'e BTreeMap<MetricName, Reading>,
    /// The last wave is over.
    pub watching: bool,
}

/// What is known of a condition that rests on more than one reading.
pub(in crate::rollout) fn judge_statistics(
    plan: &Plan,
    stage: &Stage,
    seen: Seen<'_>,
    leaf: Leaf<'_>,
    now: UnixMillis,
) -> Judgement {
    let evidence = seen.evidence;
    match leaf.condition {
        Condition::Regresses(one) => match fresh(seen, &one.metric) {
            Ok(()) => regresses(plan, stage, seen, one, &leaf.text(), now),
            Err(why) => Judgement::missing(&one.metric, why),
        },
        Condition::ProvedSafe(one) => match fresh(seen, &one.metric) {
            Ok(()) => proved_safe(plan, stage, seen, one, &leaf.text(), now),
            Err(why) => Judgement::missing(&one.metric, why),
        },
        Condition::Burn(one) => burn(plan, evidence, one),
        Condition::Trend(one) => trend(plan, stage, seen, one, now),
        Condition::Score(one) => judge_score(plan, stage, seen, one),
        // These are judged where they are read.
        Condition::All(_) | Condition::Any(_) | Condition::Compare(_) | Condition::Alert(_) => {
            Judgement::plain(Truth::Unknown, leaf.text().into_owned())
        }
    }
}

/// Proved worse is true; everything else is false, for a test that has not decided yet says nothing
/// against the candidate. A suspicion that it became worse lately holds: of such some are false.
fn regresses(plan: &Plan, stage: &Stage, seen: Seen<'_>, one: &Regresses, key: &str, now: UnixMillis) -> Judgement {
    let Seen { evidence, watching, .. } = seen;
    let alpha = level_of(plan, &stage.memory, one, key);
    let (better, seen) = (better(plan, &one.metric), now.since(stage.entered));
    let (finding, suspected) = match compared(evidence, &one.metric) {
        Err(why) => return Judgement::missing(&one.metric, why),
        Ok(Compared::Bands { candidate, control }) => {
            (band_worse(*candidate, *control, one.tolerance, better, seen), None)
        }
        Ok(Compared::Sums { candidate, control }) => {
            let alpha = alpha * share_of_stage(plan, stage, watching);
            (mean_worse((candidate, control), one.tolerance, better, alpha, seen), None)
        }
        Ok(Compared::Counts(counts)) => {
            let finding = |tests: &BTreeMap<String, Box<CountTest>>, alpha: f64| {
                tests.get(key).filter(|test| test.looks > 0).map(|test| test.finding(alpha))
            };
            let memory = &stage.memory;
            let whole = finding(&memory.tests, alpha * WHOLE_ATTEMPT);
            let late = finding(&memory.late, alpha * (1.0 - WHOLE_ATTEMPT)).filter(|late| late.proved);
            match late.or(whole) {
                // What is proved is proved, whatever came after it; what is not says nothing of what was not counted.
                Some(found) if !found.proved && counts.behind > Duration::ZERO => {
                    return Judgement::missing(&one.metric, catching_up(counts.behind));
                }
                Some(found) => (found, finding(&memory.suspected, alpha).filter(|suspected| suspected.proved)),
                None => return Judgement::missing(&one.metric, nothing_counted()),
            }
        }
    };
    let suspected = suspected.filter(|_| !finding.proved);
    let shown = suspected.unwrap_or(finding);
    let (truth, told) = match (finding.proved, suspected) {
        (true, _) => (Truth::True, "worse than control"),
        (false, Some(_)) => (Truth::False, "perhaps worse than control lately"),
        (false, None) => (Truth::False, "not proved worse than control"),
    };
    let judgement = Judgement::plain(truth, told_of(plan, &one.metric, told, &shown));
    Judgement { measured: vec![measured(plan, &one.metric, shown)], pending: suspected.is_some(), ..judgement }
}

fn proved_safe(plan: &Plan, stage: &Stage, seen: Seen<'_>, one: &ProvedSafe, key: &str, now: UnixMillis) -> Judgement {
    let Seen { evidence, watching, .. } = seen;
    // Proofs of safety begin anew with each wave.
    let alpha = one.alpha.unwrap_or(plan.alpha) * share_of_stage(plan, stage, watching);
    let (better, seen) = (better(plan, &one.metric), now.since(stage.entered));
    let finding = match compared(evidence, &one.metric) {
        Err(why) => return Judgement::missing(&one.metric, why),
        Ok(Compared::Bands { candidate, control }) => band_safe(*candidate, *control, one.margin, better, seen),
        Ok(Compared::Sums { candidate, control }) => mean_safe((candidate, control), one.margin, better, alpha, seen),
        // Safety must be that of the present.
        Ok(Compared::Counts(counts)) if counts.behind > Duration::ZERO => {
            return Judgement::missing(&one.metric, catching_up(counts.behind));
        }
        Ok(Compared::Counts(_)) => match stage.memory.tests.get(key) {
            Some(test) if test.looks > 0 => test.finding(alpha),
            Some(_) | None => return Judgement::missing(&one.metric, nothing_counted()),
        },
    };
    let (truth, told) = match finding.proved {
        true => (Truth::True, "proved safe"),
        false => (Truth::False, "not proved safe yet"),
    };
    let judgement = Judgement::plain(truth, told_of(plan, &one.metric, told, &finding));
    Judgement { measured: vec![measured(plan, &one.metric, finding)], ..judgement }
}

/// Both groups must have been seen lately: tests remember, and what they remember must not speak for a
/// group of which nothing comes any more. Of the control few samples are enough, for it may be small.
fn fresh(seen: Seen<'_>, metric: &MetricName) -> Result<(), NoData> {
    value(seen.readings, metric)?;
    let control = Question { metric: metric.clone(), arm: Arm::Control, over: Over::Usual };
    match seen.evidence.others.get(&control) {
        Some(Reading::NoData(NoData::TooFew { .. })) => Ok(()),
        Some(_) | None => of_control(seen.evidence, metric).map(|_| ()),
    }
}

/// What both groups did.
fn compared<'e>(evidence: &'e Evidence, metric: &MetricName) -> Result<&'e Compared, NoData> {
    match evidence.compared.get(metric) {
        Some(Ok(compared)) => Ok(compared),
        // The metric itself may have values of the time before.
        Some(Err(NoData::Empty)) => Err(NoData::NoReference("nothing to compare was counted in this wave".to_owned())),
        Some(Err(why)) => Err(why.clone()),
        None => Err(NoData::NoReference("the two groups were not compared".to_owned())),
    }
}

fn catching_up(behind: Duration) -> NoData {
    NoData::Inconclusive(format!("the last {} are not counted yet: it is catching up", format_duration(behind)))
}

fn nothing_counted() -> NoData {
    NoData::Inconclusive("no users of both groups were counted yet".to_owned())
}

fn better(plan: &Plan, metric: &MetricName) -> Better {
    plan.metrics.get(metric).map_or(Better::Lower, |metric| metric.better)
}

fn quantity(plan: &Plan, metric: &MetricName) -> Quantity {
    plan.metrics.get(metric).map_or(Quantity::Number, |metric| metric.unit.quantity())
}

fn measured(plan: &Plan, metric: &MetricName, finding: Finding) -> Measured {
    let measured = Measured::of(metric.clone(), quantity(plan, metric), finding.value);
    Measured { bound: Some(finding.bound), samples: Some(finding.samples), proof: Some(Box::new(finding)), ..measured }
}

/// `error_rate 2.1% of users against 1%: worse than control (E = 240 of 100)`.
fn told_of(plan: &Plan, metric: &MetricName, told: &str, finding: &Finding) -> String {
    let quantity = quantity(plan, metric);
    let (value, bound) = (quantity.format(finding.value), quantity.format(finding.bound));
    let outlook = if finding.proved { String::new() } else { format!("; {}", finding.outlook) };
    let (among, evidence) = (finding.among(), finding.evidence.told(quantity));
    format!("{metric} {value}{among} against {bound}: {told} ({evidence}{outlook})")
}

/// Both windows must burn faster: the long one says that it matters, the short one that it still goes on.
fn burn(plan: &Plan, evidence: &Evidence, one: &Burn) -> Judgement {
    let rate = |over: Duration| {
        let question = Question { metric: one.metric.clone(), arm: Arm::Candidate, over: Over::Span(over) };
        let none = || NoData::NoReference(format!("it was not measured over {}", format_duration(over)));
        let read = evidence.others.get(&question).map_or_else(|| Err(none()), Reading::value);
        // The metric itself may have values at the same time, so it is said where there are none.
        read.map_err(|why| {
            let told = || format!("{why} over {}", format_duration(over));
            if matches!(why, NoData::Empty) {
                NoData::NoReference(told())
            } else if matches!(why, NoData::TooFew { .. }) {
                NoData::Inconclusive(told())
            } else {
                why
            }
        })
    };
    let ((long, samples), (short, _)) = match (rate(one.long), rate(one.short)) {
        (Ok(long), Ok(short)) => (long, short),
        (Err(why), _) | (_, Err(why)) => return Judgement::missing(&one.metric, why),
    };
    let rates = one.rates(long, short);
    let (over_long, over_short) = (format_duration(one.long), format_duration(one.short));
    let seen = format!(
        "{} burns {:.1} times too fast over {over_long} and {:.1} over {over_short}, bound {}",
        one.metric, rates.long, rates.short, one.rate
    );
    let bound = Some(one.rate * (1.0 - one.objective));
    let measured = Measured::of(one.metric.clone(), quantity(plan, &one.metric), long);
    let measured = Measured { bound, samples, burn: Some(Box::new(rates)), ..measured };
    let truth = if rates.exceeded { Truth::True } else { Truth::False };
    Judgement { measured: vec![measured], ..Judgement::plain(truth, seen) }
}

/// Where the metric is heading, unless too little of the time was seen.
fn trend(plan: &Plan, stage: &Stage, seen: Seen<'_>, one: &Trend, now: UnixMillis) -> Judgement {
    let over = format_duration(one.over);
    let latest = match value(seen.readings, &one.metric) {
        Ok((latest, _)) => latest,
        Err(why) => return Judgement::missing(&one.metric, why),
    };
    let Some(trail) = stage.memory.trails.get(&(one.metric.clone(), Arm::Candidate)) else {
        return Judgement::missing(&one.metric, NoData::Inconclusive(format!("nothing was seen of {over} yet")));
    };
    let heading: Heading = trail.within(one.over, now).heading(now);
    let wanted = match one.direction {
        Direction::Up => Toward::Up,
        Direction::Down => Toward::Down,
    };
    let word = match heading.toward {
        Toward::Up => "rises",
        Toward::Down => "falls",
        Toward::Level => "is level",
        Toward::Inconclusive => {
            let covered = format_duration(heading.covered);
            let plural = if heading.points == 1 { "" } else { "s" };
            let why = format!("{covered} of {over} seen, in {} point{plural}", heading.points);
            return Judgement::missing(&one.metric, NoData::Inconclusive(why));
        }
    };
    let quantity = quantity(plan, &one.metric);
    let (sign, slope) = if heading.slope < 0.0 { ("-", -heading.slope) } else { ("+", heading.slope) };
    let seen = format!("{} {word} over {over} ({sign}{} an hour)", one.metric, quantity.format(slope * 3_600.0));
    let measured = Measured::of(one.metric.clone(), quantity, latest);
    let measured = vec![Measured { heading: Some(Box::new(heading)), ..measured }];
    let truth = if (heading.toward == wanted) == one.wanted { Truth::True } else { Truth::False };
    Judgement { measured, ..Judgement::plain(truth, seen) }
}
