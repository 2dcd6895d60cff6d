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
    let none = |what: String| NoData::NoReference(what);
    match place {
        Reference::Baseline => {
            let value = stage.memory.baseline.get(metric).copied();
            value.ok_or_else(|| none("no baseline of it was taken".to_owned()))
        }
        Reference::Control => {
            let question = Question { metric: metric.clone(), arm: Arm::Control, over: Over::Usual };
            match evidence.others.get(&question) {
                Some(reading) => reading.value().map(|(value, _)| value),
                None => Err(none("the stable variant was not measured".to_owned())),
            }
        }
        Reference::Wave(name) => mean_in(stage, name, metric),
        Reference::PreviousWave => {
            // In the watch the last wave is over too.
            let index = if watching { Some(stage.wave) } else { stage.wave.checked_sub(1) };
            let previous = index.and_then(|index| plan.waves.get(index));
            let previous = previous.ok_or_else(|| none("there is no wave before this one".to_owned()))?;
            mean_in(stage, &previous.name, metric)
        }
    }
}

fn mean_in(stage: &Stage, wave: &WaveName, metric: &MetricName) -> Result<f64, NoData> {
    let mean = stage.memory.waves.get(wave).and_then(|means| means.get(metric));
    let mean = mean.map(|mean| mean.value);
    mean.ok_or_else(|| NoData::NoReference(format!("it was not measured in wave {wave}")))
}
