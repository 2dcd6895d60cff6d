//! Numbers with their units, and durations.

use crate::analysis::condition_error::ConditionError;
use crate::analysis::literal::is_unit;
use crate::analysis::syntax::{Literal, Span};
use crate::analysis::token::{self, Input, Mode, Parse};
use crate::units::parse_duration;
use std::ops::Range;
use std::time::Duration;
use winnow::Parser;
use winnow::combinator::opt;

/// The longest time that trends and burn rates may look back.
const LONGEST_WINDOW: Duration = Duration::from_secs(31 * 86_400);

/// A number with the unit after it, if there is a number.
pub(super) fn literal<'s>(input: &mut Input<'s>) -> Parse<Option<Literal<'s>>> {
    let Some((number, at)) = opt(token::number).parse_next(input)? else { return Ok(None) };
    let unit = opt(unit_after(at.end)).parse_next(input)?;
    let (unit, unit_at) = unit.unwrap_or(("", at.end..at.end));
    Ok(Some(Literal { number, unit, at: at.start..unit_at.end }))
}

/// A number with the unit after it, which must follow.
pub(super) fn needed<'s>(input: &mut Input<'s>, what: &str) -> Parse<Literal<'s>> {
    match literal(input)? {
        Some(literal) => Ok(literal),
        None => Err(token::expected(input, what)),
    }
}

/// What stands directly after a number is its unit, known or not; after a space only a known one is,
/// for it could be the next word of the condition.
fn unit_after<'s>(number_end: usize) -> impl Parser<Input<'s>, (&'s str, Range<usize>), Mode> {
    token::unit.verify(move |(word, at): &(&str, Range<usize>)| at.start == number_end || is_unit(word))
}

/// A duration after `for`.
pub(super) fn lasting<'s>(input: &mut Input<'s>) -> Parse<Span<'s>> {
    let span = duration(input)?;
    if span.lasts.is_zero() {
        let message = format!("`for {}` is no time at all", span.text);
        let hint = "leave it out, or write how long the comparison must have been true";
        return Err(token::cut(ConditionError::new(span.at.start, span.at.end, message).hint(hint)));
    }
    Ok(span)
}

/// A duration over which is looked back.
pub(super) fn window<'s>(input: &mut Input<'s>) -> Parse<Span<'s>> {
    let span = duration(input)?;
    let (message, hint) = match () {
        () if span.lasts.is_zero() => (format!("`{}` is no time at all", span.text), "write for instance `24h`"),
        () if span.lasts > LONGEST_WINDOW => {
            (format!("`{}` is longer than 31 days", span.text), "nothing looks back further: write `31d` or less")
        }
        () => return Ok(span),
    };
    Err(token::cut(ConditionError::new(span.at.start, span.at.end, message).hint(hint)))
}

fn duration<'s>(input: &mut Input<'s>) -> Parse<Span<'s>> {
    let Some((text, at)) = opt(token::word).parse_next(input)? else {
        return Err(token::expected(input, "a duration such as `5m`"));
    };
    match parse_duration(text) {
        Ok(lasts) => Ok(Span { text, lasts, at }),
        Err(error) => {
            let why = ConditionError::new(at.start, at.end, error.to_string());
            Err(token::cut(match text {
                "the" | "last" | "past" | "least" => why.hint(format!("leave `{text}` out")),
                digits if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                    why.hint("the unit stands directly after the number")
                }
                _ => why,
            }))
        }
    }
}
