//! How far a metric is from being on its way up or down.

use super::distance::Distance;
use super::part::{Figure, Part, known};
use super::words::Words;
use crate::analysis::statistics::Heading;
use crate::analysis::{Direction, Judgement, Quantity, Trend, Truth};
use crate::units::format_duration;

pub(super) fn part(one: &Trend, text: String, judgement: Option<&Judgement>) -> Part {
    let over = format_duration(one.over);
    let (goes, go) = match one.direction {
        Direction::Up => ("rises", "rise"),
        Direction::Down => ("falls", "fall"),
    };
    let (when, must) = match one.wanted {
        true => (format!("when it {goes}"), go.to_owned()),
        false => (format!("when it does not {go}"), format!("not {go}")),
    };
    let measured = known(judgement).and_then(|judgement| judgement.measured.first());
    let Some((judgement, heading)) =
        judgement.zip(measured).and_then(|(of, measured)| Some((of, measured.heading.as_deref()?)))
    else {
        let does = if one.wanted { goes.to_owned() } else { format!("does not {go}") };
        let (when, must) = (format!("{when} over {over}"), format!("{must} over {over}"));
        let words = Words { of: one.metric.to_string(), when, must, ..Words::default() };
        return Part::unknown(text, &one.metric, words, &format!("{} {does} over {over}", one.metric), judgement);
    };
    // Counted where it goes there, so that one way is told like the other.
    let there = match one.direction {
        Direction::Up => heading.rises,
        Direction::Down => -heading.rises,
    };
    let distance = match (judgement.truth, one.wanted) {
        (Truth::True, _) => Distance::There,
        (Truth::False | Truth::Unknown, true) if heading.least.is_finite() => {
            let times = (there > 0.0).then(|| heading.least / there);
            Distance::Away { by: heading.least - there, times }
        }
        (Truth::False | Truth::Unknown, true) => Distance::Unknown,
        // It goes there, and becomes true with the last pair that makes it so.
        (Truth::False | Truth::Unknown, false) => {
            let last = heading.least - 1.0;
            Distance::Away { by: there - last, times: Some(last / there).filter(|times| *times > 0.0) }
        }
    };
    let away = match distance {
        Distance::Away { by, .. } => Some(told(heading, by, one.wanted, go)),
        Distance::Unknown => Some("all its values are alike".to_owned()),
        Distance::There => None,
    };
    let is = judgement.seen.clone();
    let sentence = match &away {
        Some(away) => format!("{is}: {away}"),
        None => is.clone(),
    };
    let figure = Figure {
        quantity: Quantity::Number,
        value: there,
        bound: Some(heading.least).filter(|least| least.is_finite()),
        samples: None,
    };
    Part {
        metric: Some(one.metric.clone()),
        figure: Some(figure),
        distance,
        ..Part::plain(text, Words { is: Some(is), of: one.metric.to_string(), when, must, away }, sentence)
    }
}

/// `7 rises away (of the 45 pairs of its values 12 more rise than fall; from 19 on it rises)`.
fn told(heading: &Heading, by: f64, wanted: bool, go: &str) -> String {
    let points = heading.points;
    let pairs = points.saturating_mul(points.saturating_sub(1)).checked_div(2).unwrap_or_default();
    let (more, less) = if heading.rises < 0.0 { ("fall", "rise") } else { ("rise", "fall") };
    let counted = match heading.rises {
        0.0 => "as many rise as fall".to_owned(),
        rises => format!("{:.0} more {more} than {less}", rises.abs()),
    };
    let plural = if by == 1.0 { "" } else { "s" };
    let steps = if wanted { format!("{by:.0} {go}{plural} away") } else { format!("{by:.0} {go}{plural} too many") };
    format!("{steps} (of the {pairs} pairs of its values {counted}; {:.0} make a trend)", heading.least)
}
