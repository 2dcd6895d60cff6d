//! A part of a condition that is not made of others: its figures, its `for`, and how far it is from being true.

use super::distance::Distance;
use super::sight::Scene;
use super::words::Words;
use super::{burning, comparing, proving, scoring, trending};
use crate::analysis::statistics::Finding as Proof;
use crate::analysis::{Alert, AlertMatch, Condition, Judgement, NoData, Quantity, Truth};
use crate::rollout::Clause;
use crate::units::{MetricName, UnixMillis};
use std::time::Duration;

/// A part of a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// In canonical form.
    pub text: String,
    /// The metric that it speaks of, if it speaks of one.
    pub metric: Option<MetricName>,
    /// What was measured and what that is held against.
    pub figure: Option<Figure>,
    /// How long it must be true and how long it has been, where it has a `for`.
    pub lasting: Option<Lasting>,
    /// What a test makes of it, where it is one.
    pub proof: Option<Proof>,
    /// Both windows of a burn rate: how long each is, and how many times too fast it burns in it.
    pub windows: Vec<(Duration, f64)>,
    /// How far it is from being true.
    pub distance: Distance,
    /// A test suspects what it has not proved.
    pub suspected: bool,
    /// When a test is expected to have proved it, at the rate so far.
    pub expected: Option<Duration>,
    /// Why nothing can be said.
    pub missing: Option<NoData>,
    /// What it is, where it becomes true, and how far that is.
    pub(super) words: Words,
    /// In words, without what comes of it.
    pub sentence: String,
}

/// A value and its bound, in the base unit of the quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// What is measured.
    pub quantity: Quantity,
    /// The value at the last check. Of a burn rate how many times too fast it burns in the window where it burns
    /// slower, of a trend how many more pairs of its values go there than back.
    pub value: f64,
    /// What it is held against, where that is a known number.
    pub bound: Option<f64>,
    /// How many samples it rests on, where that is known.
    pub samples: Option<u64>,
}

/// How much of a `for` has run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasting {
    /// How long it must be true without a break.
    pub wanted: Duration,
    /// Since when it is; `None` while it is not true.
    pub since: Option<UnixMillis>,
    /// How long that was at the last check.
    pub lasted: Duration,
}

impl Lasting {
    /// What is left of it, as of the last check.
    #[must_use]
    pub const fn left(&self) -> Duration {
        self.wanted.saturating_sub(self.lasted)
    }
}

impl Part {
    /// `judgement` is what the last check made of just this part.
    pub(super) fn of(scene: &Scene<'_>, clause: &Clause, leaf: &Condition, judgement: Option<&Judgement>) -> Self {
        let text = clause.text_of(leaf).into_owned();
        match leaf {
            Condition::Compare(one) => comparing::part(scene, one, text, clause.list, judgement),
            Condition::Alert(matcher) => Self::alert(scene, matcher, text),
            Condition::Trend(one) => trending::part(one, text, judgement),
            Condition::Burn(one) => burning::part(one, text, judgement),
            Condition::Regresses(one) => proving::worse(one, text, judgement),
            Condition::ProvedSafe(one) => proving::safe(one, text, judgement),
            Condition::Score(one) => scoring::part(one, text, judgement),
            // A part is not made of others.
            Condition::All(_) | Condition::Any(_) => Self::plain(text.clone(), Words::default(), text),
        }
    }

    pub(super) const fn plain(text: String, words: Words, sentence: String) -> Self {
        Self {
            text,
            metric: None,
            figure: None,
            lasting: None,
            proof: None,
            windows: Vec::new(),
            distance: Distance::Unknown,
            suspected: false,
            expected: None,
            missing: None,
            words,
            sentence,
        }
    }

    /// What nothing is known of: it was not looked at, or has no data. `what` is the condition in words that can stand
    /// behind `whether`.
    pub(super) fn unknown(
        text: String,
        metric: &MetricName,
        words: Words,
        what: &str,
        judgement: Option<&Judgement>,
    ) -> Self {
        let missing = judgement.and_then(|judgement| judgement.missing.first());
        let sentence = match missing {
            Some((of, why)) => format!("whether {what} cannot be said ({})", why.of(of)),
            None => format!("whether {what} was not looked at yet"),
        };
        let missing = missing.map(|(_, why)| why.clone());
        Self { metric: Some(metric.clone()), missing, ..Self::plain(text, words, sentence) }
    }

    fn alert(scene: &Scene<'_>, matcher: &AlertMatch, text: String) -> Self {
        let name = |alert: &Alert| alert.labels.get("alertname").unwrap_or(&alert.fingerprint).clone();
        let firing = scene.stage.firing.values().find(|heard| matcher.matches(&heard.alert));
        let (sentence, distance) = match firing {
            Some(heard) => (format!("alert {} fires", name(&heard.alert)), Distance::There),
            None => (format!("no {text} fires"), Distance::Unknown),
        };
        Self { distance, ..Self::plain(text, Words::default(), sentence) }
    }
}

/// What was judged of a part, unless it could not be.
pub(super) fn known(judgement: Option<&Judgement>) -> Option<&Judgement> {
    judgement.filter(|judgement| judgement.truth != Truth::Unknown)
}
