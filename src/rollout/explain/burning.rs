//! How far a burn rate is from its bound, in both of its windows.

use super::distance::{Distance, side};
use super::part::{Figure, Part, known};
use super::words::Words;
use crate::analysis::{Burn, Judgement, Quantity, Truth};
use crate::units::format_duration;

pub(super) fn part(one: &Burn, text: String, judgement: Option<&Judgement>) -> Part {
    let (long, short) = (format_duration(one.long), format_duration(one.short));
    let of = format!("the burn rate of {} ({})", one.metric, Quantity::Ratio.format(one.objective));
    let (before, behind) = side(one.comparison);
    let over = format!("{before}{}{behind}", one.rate);
    let measured = known(judgement).and_then(|judgement| judgement.measured.first());
    let Some((judgement, measured, rates)) =
        judgement.zip(measured).and_then(|(of, measured)| Some((of, measured, measured.burn.as_deref()?)))
    else {
        let far = format!("{over} in both {long} and {short}");
        let what = format!("{of} is {far}");
        let words = Words { of, when: format!("when it is {far}"), must: format!("be {far}"), ..Words::default() };
        return Part::unknown(text, &one.metric, words, &what, judgement);
    };
    let is = format!("{of} is {} over {long} and {} over {short}", rounded(rates.long), rounded(rates.short));
    // Both must burn, so the one that burns slower says how far it is.
    let (slower, window) = if rates.long <= rates.short { (rates.long, &long) } else { (rates.short, &short) };
    let distance = match judgement.truth {
        Truth::True => Distance::There,
        Truth::False | Truth::Unknown => match Distance::of(one.comparison, slower, one.rate) {
            Distance::Away { by, times } => Distance::Away { by: hundredths(by), times },
            distance @ (Distance::There | Distance::Unknown) => distance,
        },
    };
    let away = distance.told(Quantity::Number).map(|away| format!("over {window} it is {away}"));
    let sentence = match &away {
        Some(away) => format!("{is}, and must be {over} in both: {away}"),
        None => format!("{is}, {over} in both"),
    };
    let words =
        Words { is: Some(is), of, when: format!("when both are {over}"), must: format!("be {over} in both"), away };
    let quantity = Quantity::Number;
    let figure = Figure { quantity, value: slower, bound: Some(one.rate), samples: measured.samples };
    Part {
        metric: Some(one.metric.clone()),
        figure: Some(figure),
        windows: vec![(one.long, rates.long), (one.short, rates.short)],
        distance,
        ..Part::plain(text, words, sentence)
    }
}

/// Two digits behind the point at most: how fast a budget burns is not known better.
fn rounded(rate: f64) -> String {
    Quantity::Number.format(hundredths(rate))
}

fn hundredths(rate: f64) -> f64 {
    (rate * 100.0).round() / 100.0
}
