//! A part of a condition that is not made of others: its figures, its `for`, and how far it is from being true.

use super::distance::{Distance, side};
use super::sight::Scene;
use crate::analysis::statistics::Finding as Proof;
use crate::analysis::{
    Alert, AlertMatch, Bound, Compare, Condition, Judgement, Measured, NoData, Quantity, Reading, Reference, Score,
    Truth,
};
use crate::rollout::memory::elsewhere;
use crate::rollout::{Clause, Evidence, List};
use crate::units::{MetricName, UnixMillis, format_duration};
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
    /// Where it becomes true, in words, where it is a comparison: `over 10% for 5m`.
    pub side: Option<String>,
    /// How long it must be true and how long it has been, where it has a `for`.
    pub lasting: Option<Lasting>,
    /// What a test makes of it, where it is one.
    pub proof: Option<Proof>,
    /// How far it is from being true.
    pub distance: Distance,
    /// Why nothing can be said.
    pub missing: Option<NoData>,
    /// In words, without what comes of it.
    pub sentence: String,
}

/// A value and its bound, in the base unit of the quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// What is measured.
    pub quantity: Quantity,
    /// The value at the last check.
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
    pub(super) fn of(scene: &Scene<'_>, clause: &Clause, leaf: &Condition, judgement: Option<&Judgement>) -> Self {
        let text = clause.text_of(leaf).into_owned();
        match leaf {
            Condition::Compare(compare) => Self::compare(scene, compare, text, clause.list, judgement),
            Condition::Alert(matcher) => Self::alert(scene, matcher, text),
            Condition::Trend(one) => Self::statistical(text, &one.metric, judgement, is_alone(clause, leaf)),
            Condition::Burn(one) => Self::statistical(text, &one.metric, judgement, is_alone(clause, leaf)),
            Condition::Regresses(one) => Self::statistical(text, &one.metric, judgement, is_alone(clause, leaf)),
            Condition::ProvedSafe(one) => Self::statistical(text, &one.metric, judgement, is_alone(clause, leaf)),
            Condition::Score(one) => Self::score(one, text, judgement.filter(|_| is_alone(clause, leaf))),
            // A part is not made of others.
            Condition::All(_) | Condition::Any(_) => Self::plain(text.clone(), text),
        }
    }

    const fn plain(text: String, sentence: String) -> Self {
        Self {
            text,
            metric: None,
            figure: None,
            side: None,
            lasting: None,
            proof: None,
            distance: Distance::Unknown,
            missing: None,
            sentence,
        }
    }

    fn compare(scene: &Scene<'_>, compare: &Compare, text: String, list: List, judgement: Option<&Judgement>) -> Self {
        let metric = Some(compare.metric.clone());
        let lasting = compare.lasting.map(|wanted| lasting(scene, &text, wanted));
        let bound = bound_of(scene, compare, judgement);
        let far = bounded(compare, bound.as_ref(), lasting);
        let (value, samples) = match scene.readings.get(&compare.metric).map(Reading::value) {
            Some(Ok(found)) => found,
            Some(Err(why)) => {
                let sentence = format!("{}: whether it is {far} cannot be said", why.of(&compare.metric));
                return Self { metric, lasting, side: Some(far), missing: Some(why), ..Self::plain(text, sentence) };
            }
            None => {
                let sentence = format!("{} was not looked at yet, wanted {far}", compare.metric);
                return Self { metric, lasting, side: Some(far), ..Self::plain(text, sentence) };
            }
        };
        let quantity = compare.quantity;
        let distance =
            bound.as_ref().map_or(Distance::Unknown, |(bound, _)| Distance::of(compare.comparison, value, *bound));
        let is = format!("{} is {}", compare.metric, quantity.format(value));
        let wanted = matches!(list, List::Advance | List::Early);
        let sentence = match (distance, distance.told(quantity), lasting) {
            (Distance::There, _, Some(lasting)) => {
                let (lasted, all) = (format_duration(lasting.lasted), format_duration(lasting.wanted));
                format!("{is}, {} for {lasted} of {all}", bounded(compare, bound.as_ref(), None))
            }
            (Distance::There, ..) if wanted => format!("{is}, {far} as it must be"),
            (Distance::There, ..) => format!("{is}, {far}"),
            (_, Some(away), _) if wanted => format!("{is}, must be {far}: {away}"),
            (_, Some(away), _) => format!("{is}, {far} is {away}"),
            (_, None, _) => {
                let missing = judgement.and_then(|judgement| judgement.missing.first());
                let why = missing.map(|(metric, why)| format!(" ({})", why.of(metric))).unwrap_or_default();
                format!("{is}, how far that is from {far} is not known{why}")
            }
        };
        let figure = Some(Figure { quantity, value, bound: bound.map(|(bound, _)| bound), samples });
        Self { metric, figure, side: Some(far), lasting, distance, ..Self::plain(text, sentence) }
    }

    fn statistical(text: String, metric: &MetricName, judgement: Option<&Judgement>, alone: bool) -> Self {
        let of_metric = |measured: &&Measured| measured.metric == *metric;
        let measured = judgement.and_then(|judgement| judgement.measured.iter().find(of_metric));
        let missing = judgement.and_then(|judgement| judgement.missing.iter().find(|(of, _)| of == metric));
        let missing = missing.map(|(_, why)| why.clone());
        let figure = measured.map(|measured| Figure {
            quantity: measured.quantity,
            value: measured.value,
            bound: measured.bound,
            samples: measured.samples,
        });
        let sentence = match (judgement.filter(|_| alone), &missing) {
            // That there are 1 of 20 samples is not what it waits for.
            (_, Some(why)) => format!("whether {text} cannot be said ({})", why.of(metric)),
            (Some(judgement), None) => judgement.seen.clone(),
            (None, None) => format!("{text} was not judged yet"),
        };
        let proof = measured.and_then(|measured| measured.proof.as_deref().copied());
        let is_true = judgement.filter(|_| alone).is_some_and(|judgement| judgement.truth == Truth::True);
        let distance =
            if is_true || proof.is_some_and(|proof| proof.proved) { Distance::There } else { Distance::Unknown };
        Self { metric: Some(metric.clone()), figure, proof, missing, distance, ..Self::plain(text, sentence) }
    }

    /// A score is a number from 0 to 100 that has a bound, so it has a distance like a comparison.
    fn score(one: &Score, text: String, judgement: Option<&Judgement>) -> Self {
        let metric = one.parts.first().map(|part| part.metric.clone());
        let Some(judgement) = judgement else {
            let sentence = format!("{text} was not judged yet");
            return Self { metric, ..Self::plain(text, sentence) };
        };
        let missing = judgement.missing.first().map(|(_, why)| why.clone());
        let figure = judgement.measured.first().map(|measured| Figure {
            quantity: measured.quantity,
            value: measured.value,
            bound: measured.bound,
            samples: measured.samples,
        });
        let distance = figure
            .and_then(|figure| Some(Distance::of(one.comparison, figure.value, figure.bound?)))
            .unwrap_or(Distance::Unknown);
        let away = distance.told(Quantity::Number).map(|away| format!(": {away}")).unwrap_or_default();
        let sentence = format!("{}{away}", judgement.seen);
        Self { metric, figure, distance, missing, ..Self::plain(text, sentence) }
    }

    fn alert(scene: &Scene<'_>, matcher: &AlertMatch, text: String) -> Self {
        let name = |alert: &Alert| alert.labels.get("alertname").unwrap_or(&alert.fingerprint).clone();
        let firing = scene.stage.firing.values().find(|heard| matcher.matches(&heard.alert));
        let (sentence, distance) = match firing {
            Some(heard) => (format!("alert {} fires", name(&heard.alert)), Distance::There),
            None => (format!("no {text} fires"), Distance::Unknown),
        };
        Self { distance, ..Self::plain(text, sentence) }
    }
}

/// A condition of one part says what it saw; of several, only those parts that decided.
fn is_alone(clause: &Clause, leaf: &Condition) -> bool {
    std::ptr::eq(leaf, &raw const clause.when)
}

fn lasting(scene: &Scene<'_>, text: &str, wanted: Duration) -> Lasting {
    let since = scene.stage.true_since.get(text).copied();
    let lasted = since.map_or(Duration::ZERO, |since| scene.stage.accounted().since(since));
    Lasting { wanted, since, lasted }
}

/// The bound as a number with what it comes from, as far as it is known. What the control is, only the last check
/// knows.
fn bound_of(scene: &Scene<'_>, compare: &Compare, judgement: Option<&Judgement>) -> Option<(f64, Option<String>)> {
    match &compare.bound {
        Bound::Fixed(bound) => Some((*bound, None)),
        Bound::Relative { to, by } => {
            let named = || Some(written_bound(compare));
            if *to == Reference::Control {
                let measured = judgement?.measured.iter().find(|measured| measured.metric == compare.metric)?;
                return Some((measured.bound?, named()));
            }
            let at = (scene.stage, scene.rules.watching);
            let reference = elsewhere(scene.plan, at, &Evidence::default(), &compare.metric, to).ok()?;
            let bound = by.from(reference);
            bound.is_finite().then(|| (bound, named()))
        }
    }
}

/// The right side of a comparison as it is written, without its `for`.
fn written_bound(compare: &Compare) -> String {
    let text = Compare { lasting: None, ..compare.clone() }.to_string();
    let before = format!("{} {} ", compare.metric, compare.comparison.symbol());
    text.strip_prefix(&before).unwrap_or(&text).to_owned()
}

/// Where a comparison becomes true, in words: `over 10% for 5m`, `over 600ms (baseline + 50%)`.
fn bounded(compare: &Compare, bound: Option<&(f64, Option<String>)>, lasting: Option<Lasting>) -> String {
    let (before, behind) = side(compare.comparison);
    let shown = match bound {
        Some((bound, None)) => compare.quantity.format(*bound),
        Some((bound, Some(named))) => format!("{} ({named})", compare.quantity.format(*bound)),
        None => written_bound(compare),
    };
    let lasting = lasting.map(|lasting| format!(" for {}", format_duration(lasting.wanted))).unwrap_or_default();
    format!("{before}{shown}{behind}{lasting}")
}
