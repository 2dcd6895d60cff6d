//! What would close a rollout, or take it back a wave, and how far away that is.

use super::check::Check;
use super::sight::{Boarded, Scene};
use super::silence::Silence;
use crate::rollout::concern::speaks_of_alerts;
use crate::rollout::{List, NoDataThen};
use crate::units::format_duration;
use std::time::Duration;

/// Something that would close it.
#[derive(Debug, Clone, PartialEq)]
pub struct Closer {
    /// What that is.
    pub threat: Threat,
    /// It goes back a wave for it, and does not close.
    pub goes_back: bool,
    /// In words.
    pub sentence: String,
    /// How many times its value would have to grow or shrink; the smaller the nearer. `None` where that is unknown.
    pub factor: Option<f64>,
    /// When it closes if things stay as they are.
    pub in_time: Option<Duration>,
    /// When it is expected to close at the rate so far.
    pub expected: Option<Duration>,
}

/// What can close a rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Threat {
    /// A condition of `close_when`.
    Condition(String),
    /// A condition of `step_back_when`: it goes back a wave, or closes where there is none before.
    StepBack(String),
    /// A metric without data.
    Silence(String),
    /// An alert that names it.
    Alert,
    /// Its train.
    Train(String),
}

impl Closer {
    /// All of a stage, what is nearest first.
    pub(super) fn all(scene: &Scene<'_>, checks: &[Check], silences: &[Silence]) -> Vec<Self> {
        let severe = |check: &&Check| !check.observe && check.list <= List::StepBack;
        let mut closers: Vec<Self> =
            checks.iter().filter(severe).map(|check| Self::by_condition(scene, check)).collect();
        closers.extend(by_silence(scene, silences));
        let left = scene.rules.bake.saturating_sub(scene.stage.baked);
        closers.sort_by(|one, other| {
            let ((late, far), (later, farther)) = (one.nearness(left), other.nearness(left));
            late.cmp(&later).then(far.total_cmp(&farther))
        });
        if !speaks_of_alerts(scene.plan) {
            closers.push(Self::plain(
                Threat::Alert,
                "an alert that names this rollout or its flag closes it at once".to_owned(),
            ));
        }
        closers.extend(scene.sight.train.iter().map(by_train));
        closers
    }

    /// What runs out comes first, by its time. Then what is expected to close it before it can go on; then what has a
    /// factor, by that.
    fn nearness(&self, left: Duration) -> (u8, f64) {
        match (self.in_time, self.expected.filter(|expected| *expected <= left), self.factor) {
            (Some(time), _, _) => (0, time.as_secs_f64()),
            (None, Some(expected), _) => (1, expected.as_secs_f64()),
            (None, None, Some(factor)) => (2, factor),
            (None, None, None) => (3, self.expected.map_or(f64::INFINITY, |expected| expected.as_secs_f64())),
        }
    }

    fn by_condition(scene: &Scene<'_>, check: &Check) -> Self {
        let condition = check.condition.to_string();
        let threat = match check.list {
            List::StepBack => Threat::StepBack(condition),
            List::Close | List::Hold | List::Notify | List::Early | List::Advance => Threat::Condition(condition),
        };
        Self {
            threat,
            goes_back: check.list == List::StepBack && scene.has_wave_before(),
            sentence: check.sentence.clone(),
            factor: check.factor,
            in_time: check.in_time,
            expected: check.expected,
        }
    }

    const fn plain(threat: Threat, sentence: String) -> Self {
        Self { threat, goes_back: false, sentence, factor: None, in_time: None, expected: None }
    }
}

/// The metrics whose silence closes, those that are silent with what is left of their grace.
fn by_silence(scene: &Scene<'_>, silences: &[Silence]) -> Vec<Closer> {
    let closing = scene.plan.metrics.iter().filter(|(_, metric)| metric.no_data.then == NoDataThen::Close);
    let closer = |(name, metric): (&crate::units::MetricName, &crate::rollout::Metric)| {
        let threat = Threat::Silence(name.to_string());
        match silences.iter().find(|silence| silence.metric == *name) {
            Some(silence) => {
                let left = metric.no_data.grace.saturating_sub(silence.lasted);
                Closer { in_time: Some(left), ..Closer::plain(threat, silence.sentence.clone()) }
            }
            None => {
                let grace = format_duration(metric.no_data.grace);
                Closer::plain(threat, format!("{name} without data for {grace} closes; it has data now"))
            }
        }
    };
    // Nobody knows what it has before it was asked.
    closing.filter(|(name, _)| scene.readings.contains_key(*name)).map(closer).collect()
}

fn by_train(boarded: &Boarded) -> Closer {
    let train = boarded.train.to_string();
    let sentence = format!("train {train} closes it when one of its rollouts closes that it goes with");
    Closer::plain(Threat::Train(train), sentence)
}
