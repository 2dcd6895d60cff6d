//! How far a score is from its bound.

use super::distance::Distance;
use super::part::{Figure, Part, known};
use super::words::Words;
use crate::analysis::{Comparison, Judgement, Quantity, Score};

/// A score is a number from 0 to 100 that has a bound, so it has a distance like a comparison.
pub(super) fn part(one: &Score, text: String, judgement: Option<&Judgement>) -> Part {
    let of = "the score".to_owned();
    let over = match one.comparison {
        Comparison::AtLeast => format!("at {} or more", one.bound),
        // The language allows `>` and `>=` only.
        Comparison::Greater | Comparison::Less | Comparison::AtMost | Comparison::Equal | Comparison::NotEqual => {
            format!("over {}", one.bound)
        }
    };
    let must = format!("be {over}");
    let measured = known(judgement).and_then(|judgement| judgement.measured.first());
    let Some((judgement, measured)) = judgement.zip(measured) else {
        let words = Words { of, when: over.clone(), must, ..Words::default() };
        let missing = judgement.and_then(|judgement| judgement.missing.first());
        let sentence = match missing {
            Some((metric, why)) => format!("whether the score is {over} cannot be said ({})", why.of(metric)),
            None => format!("whether the score is {over} was not looked at yet"),
        };
        let metric =
            missing.map_or_else(|| one.parts.first().map(|part| part.metric.clone()), |(of, _)| Some(of.clone()));
        return Part { metric, missing: missing.map(|(_, why)| why.clone()), ..Part::plain(text, words, sentence) };
    };
    let (quantity, value, samples) = (measured.quantity, measured.value, measured.samples);
    let distance = Distance::of(one.comparison, value, one.bound);
    // A score has no sense of times: 0 may become 75 by one metric.
    let away = match distance {
        Distance::Away { by, .. } => Some(points(by)),
        Distance::There | Distance::Unknown => None,
    };
    let is = judgement.seen.clone();
    let sentence = away.as_ref().map_or_else(|| is.clone(), |away| format!("{is}: {away}"));
    Part {
        metric: one.parts.first().map(|part| part.metric.clone()),
        figure: Some(Figure { quantity, value, bound: Some(one.bound), samples }),
        distance,
        ..Part::plain(text, Words { is: Some(is), of, when: over, must, away }, sentence)
    }
}

fn points(by: f64) -> String {
    let shown = Quantity::Number.format((by * 10.0).round() / 10.0);
    let plural = if shown == "1" { "" } else { "s" };
    format!("{shown} point{plural} away")
}
