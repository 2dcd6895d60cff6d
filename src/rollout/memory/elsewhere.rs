//! What a metric was elsewhere: before the rollout, in another wave, with the stable variant.

use crate::analysis::{NoData, Reference};
use crate::rollout::{Arm, Evidence, Over, Plan, Question, Stage};
use crate::units::{MetricName, WaveName};

/// The value that a relative bound starts from.
pub(in crate::rollout) fn elsewhere(
    plan: &Plan,
    (stage, watching): (&Stage, bool),
    evidence: &Evidence,
    metric: &MetricName,
    place: &Reference,
) -> Result<f64, NoData> {
    let found = match place {
        Reference::Baseline => {
            let value = stage.memory.baseline.get(metric).copied();
            value.ok_or_else(|| NoData::NoReference("none of it was taken".to_owned()))
        }
        Reference::Control => of_control(evidence, metric),
        Reference::Wave(name) => mean_in(stage, name, metric),
        Reference::PreviousWave => {
            // In the watch the last wave is over too.
            let index = if watching { Some(stage.wave) } else { stage.wave.checked_sub(1) };
            match index.and_then(|index| plan.waves.get(index)) {
                Some(previous) => mean_in(stage, &previous.name, metric),
                None => Err(NoData::NoReference("there is none".to_owned())),
            }
        }
    };
    found.map_err(|why| why.at(place))
}

/// What it is now for the users of the stable variant.
pub(super) fn of_control(evidence: &Evidence, metric: &MetricName) -> Result<f64, NoData> {
    let question = Question { metric: metric.clone(), arm: Arm::Control, over: Over::Usual };
    let found = match evidence.others.get(&question) {
        Some(reading) => reading.value().map(|(value, _)| value),
        None => Err(NoData::NoReference("it was not measured".to_owned())),
    };
    found.map_err(NoData::in_control)
}

fn mean_in(stage: &Stage, wave: &WaveName, metric: &MetricName) -> Result<f64, NoData> {
    let mean = stage.memory.waves.get(wave).and_then(|means| means.get(metric));
    let none = || NoData::NoReference("it was not measured".to_owned()).at(&Reference::Wave(wave.clone()));
    mean.map(|mean| mean.value).ok_or_else(none)
}
