//! How far a metric is from its bound.

use super::distance::{Distance, side};
use super::metric::samples_of;
use super::part::{Figure, Lasting, Part, known};
use super::sight::Scene;
use super::words::Words;
use crate::analysis::{Bound, Compare, Judgement, Reading, Reference};
use crate::rollout::memory::elsewhere;
use crate::rollout::{Evidence, List};
use crate::units::format_duration;
use std::time::Duration;

/// The value is that of the last check, but for what the rollout counts itself, which is as it is now.
pub(super) fn part(
    scene: &Scene<'_>,
    compare: &Compare,
    text: String,
    list: List,
    judgement: Option<&Judgement>,
) -> Part {
    let metric = &compare.metric;
    let lasting = compare.lasting.map(|wanted| lasting(scene, &text, wanted));
    let bound = bound_of(scene, compare, judgement);
    let far = bounded(compare, bound.as_ref(), lasting);
    let words = Words { of: metric.to_string(), when: far.clone(), must: format!("be {far}"), ..Words::default() };
    let (value, samples) = match scene.readings.get(metric).map(Reading::value) {
        Some(Ok(found)) => found,
        Some(Err(why)) => {
            let sentence = format!("{}: whether it is {far} cannot be said", why.of(metric));
            let part = Part::plain(text, words, sentence);
            return Part { metric: Some(metric.clone()), lasting, missing: Some(why), ..part };
        }
        None => {
            let sentence = format!("{metric} was not looked at yet, wanted {far}");
            return Part { metric: Some(metric.clone()), lasting, ..Part::plain(text, words, sentence) };
        }
    };
    let quantity = compare.quantity;
    let distance =
        bound.as_ref().map_or(Distance::Unknown, |(bound, _)| Distance::of(compare.comparison, value, *bound));
    let is = format!("{metric} is {}", quantity.format(value));
    let wanted = matches!(list, List::Advance | List::Early);
    let missing = judgement.and_then(|judgement| judgement.missing.first()).map(|(_, why)| why.clone());
    let sentence = match (distance, distance.told(quantity), lasting) {
        (Distance::There, _, Some(lasting)) => {
            let (lasted, all) = (format_duration(lasting.lasted), format_duration(lasting.wanted));
            let all = if lasting.left().is_zero() { String::new() } else { format!(" of {all}") };
            format!("{is}, {} for {lasted}{all}", bounded(compare, bound.as_ref(), None))
        }
        (Distance::There, ..) => format!("{is}, {far}"),
        (_, Some(away), _) if wanted => format!("{is}, must be {far}: {away}"),
        (_, Some(away), _) => format!("{is}, {far} is {away}"),
        (_, None, _) => {
            let why = missing.as_ref().map(|why| format!(" ({})", why.of(metric))).unwrap_or_default();
            format!("{is}, how far that is from {far} is not known{why}")
        }
    };
    let samples = samples_of(scene.plan, metric, samples);
    let figure = Some(Figure { quantity, value, bound: bound.map(|(bound, _)| bound), samples });
    let words = Words { is: Some(is), away: distance.told(quantity), ..words };
    Part { metric: Some(metric.clone()), figure, lasting, distance, ..Part::plain(text, words, sentence) }
}

fn lasting(scene: &Scene<'_>, text: &str, wanted: Duration) -> Lasting {
    let since = scene.stage.true_since.get(text).copied();
    let lasted = since.map_or(Duration::ZERO, |since| scene.stage.accounted().since(since));
    Lasting { wanted, since, lasted }
}

/// The bound as a number with what it comes from, as far as it is known: what the last check held it against, and
/// before that what is known without one. What the control is, only a check knows.
fn bound_of(scene: &Scene<'_>, compare: &Compare, judgement: Option<&Judgement>) -> Option<(f64, Option<String>)> {
    let (to, by) = match &compare.bound {
        Bound::Fixed(bound) => return Some((*bound, None)),
        Bound::Relative { to, by } => (to, by),
    };
    let named = || Some(written_bound(compare));
    let measured = known(judgement).and_then(|judgement| judgement.measured.first());
    if let Some(bound) = measured.and_then(|measured| measured.bound) {
        return Some((bound, named()));
    }
    if *to == Reference::Control {
        return None;
    }
    let at = (scene.stage, scene.rules.watching);
    let reference = elsewhere(scene.plan, at, &Evidence::default(), &compare.metric, to).ok()?;
    let bound = by.from(reference);
    bound.is_finite().then(|| (bound, named()))
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
