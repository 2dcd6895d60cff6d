//! Explanations, from what the program knows to what goes over the wire.

use super::render::{time, wait};
use super::wire;
use crate::analysis::statistics::Finding as Proof;
use crate::analysis::{Quantity, Reading};
use crate::cohort::{Cohort, Place};
use crate::rollout::explain::{
    BudgetLeft, Check, Closer, Distance, Explanation, MetricFacts, Next, Part, Silence, Step, Threat,
};
use crate::rollout::{Exposures, NoDataThen, Plan, Ratio, Role};
use std::time::Duration;

pub(super) fn explanation(
    rollout: wire::Rollout,
    plan: &Plan,
    explanation: &Explanation,
    seen: Option<wire::SeenOutcomes>,
    user: Option<wire::UserPlace>,
) -> wire::RolloutExplanation {
    let standing = &explanation.standing;
    wire::RolloutExplanation {
        sentences: explanation.sentences().into_iter().chain(remarks(&rollout)).collect(),
        rollout,
        next: next(&explanation.next),
        checks: explanation.checks.iter().map(check).collect(),
        checked: explanation.checked.map(time),
        closers: explanation.closers.iter().map(closer).collect(),
        metrics: explanation.metrics.iter().map(metric).collect(),
        silences: explanation.silences.iter().map(silence).collect(),
        split: explanation.ratio.as_ref().map(|ratio| split(plan, ratio)),
        seen,
        budget: explanation.budget.as_ref().map(budget),
        alerts: explanation.alerts.clone(),
        returned_from: standing.returned_from.as_ref().map(ToString::to_string),
        closed_by: standing.closed_by.clone(),
        user,
    }
}

/// What should be known of the metrics' answers, a sentence each.
fn remarks(rollout: &wire::Rollout) -> impl Iterator<Item = String> {
    let told = |reading: &wire::Reading| {
        let remark = reading.asked.as_ref()?.remark.as_ref()?;
        Some(format!("Of {}: {remark}.", reading.metric))
    };
    rollout.readings.iter().filter_map(told)
}

pub(super) fn user(plan: &Plan, cohort: &Cohort, sentence: String, answer: wire::Explanation) -> wire::UserPlace {
    let (place, wave) = match &cohort.place {
        Place::Wave(index) => ("wave", Some(*index)),
        Place::HeldBack => ("held-back", None),
        Place::Never => ("never", None),
        Place::OutsideSlice => ("outside-slice", None),
        Place::Nameless => ("nameless", None),
        Place::Ruled => ("ruled", None),
        Place::NotServed => ("not-served", None),
    };
    wire::UserPlace {
        sentence,
        place: place.to_owned(),
        wave: wave.map(|index| index.saturating_add(1)),
        wave_name: wave.and_then(|index| plan.waves.get(index)).map(|wave| wave.name.to_string()),
        bucket: cohort.bucket,
        audience: cohort.audience,
        attempt: cohort.attempt,
        answer,
    }
}

fn next(next: &Next) -> wire::NextStep {
    let (kind, wave, reach) = match &next.step {
        Step::Begin { wave, reach, .. } => ("begin", Some(wave), Some(reach)),
        Step::Open { wave, reach } => ("open", Some(wave), Some(reach)),
        Step::Watch { .. } => ("watch", None, None),
        Step::Complete => ("complete", None, None),
        Step::Nothing => ("nothing", None, None),
    };
    wire::NextStep {
        kind: kind.to_owned(),
        sentence: next.sentence.clone(),
        wave: wave.map(ToString::to_string),
        reach: reach.map(ToString::to_string),
        earliest: next.earliest.map(time),
        needs: next
            .needs
            .iter()
            .map(|need| wire::Need { wait: wait(need.kind, &need.sentence), person: need.person })
            .collect(),
    }
}

fn check(check: &Check) -> wire::Check {
    wire::Check {
        list: check.list.as_str().to_owned(),
        observe: check.observe,
        condition: check.condition.to_string(),
        verdict: check.verdict.map(str::to_owned),
        sentence: check.sentence.clone(),
        seen: check.seen.clone(),
        parts: check.parts.iter().map(part).collect(),
    }
}

fn part(part: &Part) -> wire::Part {
    let finite = |value: f64| value.is_finite().then_some(value);
    let (away, times) = match part.distance {
        Distance::Away { by, times } => (finite(by), times.and_then(finite)),
        Distance::There | Distance::Unknown => (None, None),
    };
    wire::Part {
        condition: part.text.clone(),
        metric: part.metric.as_ref().map(ToString::to_string),
        value: part.figure.and_then(|figure| finite(figure.value)),
        bound: part.figure.and_then(|figure| figure.bound).and_then(finite),
        samples: part.figure.and_then(|figure| figure.samples),
        holds: part.distance == Distance::There,
        away,
        times,
        for_seconds: part.lasting.map(|lasting| lasting.wanted.as_secs_f64()),
        lasted_seconds: part.lasting.map(|lasting| lasting.lasted.as_secs_f64()),
        since: part.lasting.and_then(|lasting| lasting.since).map(time),
        evidence: part.proof.map(|proof| told(part, proof)),
        needed: part.proof.map(|proof| proof.outlook.to_string()),
        windows: part.windows.iter().map(window).collect(),
        no_data: part.missing.as_ref().map(ToString::to_string),
    }
}

/// How strong a proof is, in the unit of what is measured.
fn told(part: &Part, proof: Proof) -> String {
    proof.evidence.told(part.figure.map_or(Quantity::Number, |figure| figure.quantity))
}

fn window((over, rate): &(Duration, f64)) -> wire::BurnWindow {
    wire::BurnWindow { over_seconds: over.as_secs_f64(), rate: *rate }
}

fn split(plan: &Plan, ratio: &Ratio) -> wire::UserSplit {
    let by = match plan.exposures {
        Exposures::Outcomes => "outcomes",
        Exposures::Evaluations => "evaluations",
    };
    wire::UserSplit {
        by: by.to_owned(),
        candidate: ratio.split.candidate,
        stable: ratio.split.control,
        expected: ratio.expected,
        mismatch: ratio.mismatch,
        sentence: ratio.sentence.clone(),
    }
}

fn closer(closer: &Closer) -> wire::Closer {
    let (kind, of) = match &closer.threat {
        Threat::Condition(condition) => ("close", condition.clone()),
        Threat::StepBack(condition) => ("step-back", condition.clone()),
        Threat::Silence(metric) => ("no-data", metric.clone()),
        Threat::Alert => ("alert", String::new()),
        Threat::Train(train) => ("train", train.clone()),
    };
    wire::Closer {
        kind: kind.to_owned(),
        of,
        sentence: closer.sentence.clone(),
        factor: closer.factor.filter(|factor| factor.is_finite()),
        in_seconds: closer.in_time.map(|span| span.as_secs_f64()),
        expected_seconds: closer.expected.map(|span| span.as_secs_f64()),
    }
}

fn metric(facts: &MetricFacts) -> wire::MetricFacts {
    let (value, samples, at) = match &facts.reading {
        Some(Reading::Value { value, samples, at }) => (Some(*value), *samples, Some(time(*at))),
        Some(Reading::NoData(_)) | None => (None, None, None),
    };
    let shown = facts.reading.as_ref().map(|reading| match reading {
        Reading::Value { value, .. } => facts.quantity.format(*value),
        Reading::NoData(why) => why.to_string(),
    });
    let role = match facts.role {
        Role::Guardrail => "guardrail",
        Role::Signal => "signal",
    };
    wire::MetricFacts {
        metric: facts.metric.to_string(),
        provider: facts.provider.to_owned(),
        role: role.to_owned(),
        query: facts.asked.clone(),
        value: value.filter(|value| value.is_finite()),
        shown,
        samples,
        at,
    }
}

fn silence(silence: &Silence) -> wire::Silence {
    let then = match silence.policy.then {
        NoDataThen::Hold => "hold",
        NoDataThen::Close => "close",
        NoDataThen::Ignore => "ignore",
    };
    wire::Silence {
        metric: silence.metric.to_string(),
        then: then.to_owned(),
        lasted_seconds: silence.lasted.as_secs_f64(),
        after_seconds: silence.policy.grace.as_secs_f64(),
        sentence: silence.sentence.clone(),
    }
}

fn budget(budget: &BudgetLeft) -> wire::BudgetLeft {
    wire::BudgetLeft {
        allowed: budget.allowed,
        cost: budget.cost,
        at_most: Some(budget.at_most).filter(|bound| bound.is_finite()),
        left: budget.left(),
        largest_safe_next: budget.largest_safe_next.map(|exposure| exposure.to_string()),
        sentence: budget.sentence(),
    }
}
