//! Several metrics of a wave against the control's as one score, as automated canary analysis has it.

use super::elsewhere::of_control;
use super::statistics::Seen;
use crate::analysis::statistics::{Class, Trail, Weighed, classify, score};
use crate::analysis::{Judgement, Measured, NoData, Quantity, Score, Truth, value};
use crate::rollout::{Arm, Better, Plan, Stage};
use crate::units::MetricName;

/// The least increase of a mean that counts: any, for how certain it is is tested besides.
const ALLOWED: f64 = 0.0;

/// The score of the readings since the wave began.
pub(super) fn judge_score(plan: &Plan, stage: &Stage, seen: Seen<'_>, one: &Score) -> Judgement {
    let missing: Vec<(MetricName, NoData)> =
        one.parts.iter().filter_map(|part| Some((part.metric.clone(), not_fresh(seen, &part.metric)?))).collect();
    if let Some((metric, why)) = missing.first() {
        let told = format!("score: {}", why.of(metric));
        return Judgement { missing, ..Judgement::plain(Truth::Unknown, told) };
    }
    let classes: Vec<(&MetricName, Class)> =
        one.parts.iter().map(|part| (&part.metric, class(plan, stage, &part.metric))).collect();
    let weighed = one.parts.iter().zip(&classes);
    let weighed: Vec<Weighed> = weighed
        .map(|(part, (_, class))| Weighed { class: *class, weight: part.weight, critical: part.critical })
        .collect();
    let Some(value) = score(&weighed) else {
        let none = classes.iter().filter(|(_, class)| *class == Class::NoData);
        let why = || NoData::Inconclusive("too few readings of both groups in this wave".to_owned());
        let missing: Vec<(MetricName, NoData)> = none.map(|(metric, _)| ((*metric).clone(), why())).collect();
        let seen = "score: too few readings of both groups in this wave".to_owned();
        return Judgement { missing, ..Judgement::plain(Truth::Unknown, seen) };
    };
    let holds = one.comparison.holds(value, one.bound);
    let shown = if holds { one.comparison } else { one.comparison.opposite() };
    let told: Vec<String> = classes.iter().map(|(metric, class)| format!("{metric} {}", word(*class))).collect();
    let seen = format!("score {value:.0} {} {} ({})", shown.symbol(), one.bound, told.join(", "));
    let measured = one.parts.first().map(|part| {
        let measured = Measured::of(part.metric.clone(), Quantity::Number, value);
        Measured { bound: Some(one.bound), ..measured }
    });
    let truth = if holds { Truth::True } else { Truth::False };
    Judgement { measured: measured.into_iter().collect(), ..Judgement::plain(truth, seen) }
}

/// Why there is no fresh value of one of the groups, if there is none. What was seen before decides nothing alone.
fn not_fresh(seen: Seen<'_>, metric: &MetricName) -> Option<NoData> {
    if let Err(why) = value(seen.readings, metric) {
        return Some(why);
    }
    of_control(seen.evidence, metric).err()
}

fn class(plan: &Plan, stage: &Stage, metric: &MetricName) -> Class {
    let values = |arm: Arm| -> Vec<f64> {
        let trail = stage.memory.trails.get(&(metric.clone(), arm));
        let since = |trail: &Trail| {
            trail.points.iter().filter(|point| point.at >= stage.entered).map(|point| point.value).collect()
        };
        trail.map(since).unwrap_or_default()
    };
    let better = plan.metrics.get(metric).map_or(Better::Lower, |metric| metric.better);
    classify(&values(Arm::Candidate), &values(Arm::Control), better, ALLOWED).class
}

const fn word(class: Class) -> &'static str {
    match class {
        Class::High => "high",
        Class::Low => "low",
        Class::Pass => "passes",
        Class::NoData => "without data",
    }
}
