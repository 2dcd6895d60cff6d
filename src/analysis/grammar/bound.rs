//! What stands right of a comparison: a number, or another time or group and a distance from it.

use super::{brackets, number, slips};
use crate::analysis::condition_error::ConditionError;
use crate::analysis::syntax::{BoundSyntax, Elsewhere, Name, OffsetSyntax, ReferenceSyntax, Sign};
use crate::analysis::token::{self, Input, Parse};
use winnow::Parser;
use winnow::combinator::{opt, peek};

pub(super) fn bound<'s>(input: &mut Input<'s>, metric: &str) -> Parse<BoundSyntax<'s>> {
    if let Some(literal) = number::literal(input)? {
        return match slips::after_number(input, &literal) {
            Some(error) => Err(error),
            None => Ok(BoundSyntax::Fixed(literal)),
        };
    }
    let Some(reference) = reference(input)? else {
        return Err(slips::no_bound(input, metric));
    };
    let offset = opt(token::arithmetic).parse_next(input)?;
    let offset = match offset {
        Some((sign, at)) => Some(offset_from(input, Name { text: sign, at })?),
        None => None,
    };
    if let Some((sign, at)) = opt(token::arithmetic).parse_next(input)? {
        let message = format!("`{sign}` is a second step from the same reference");
        let hint = "work both out and write one, such as `baseline + 50%`";
        return Err(token::cut(ConditionError::new(at.start, at.end, message).hint(hint)));
    }
    Ok(BoundSyntax::Relative(reference, offset))
}

/// Another time or group, if one is named here.
fn reference<'s>(input: &mut Input<'s>) -> Parse<Option<ReferenceSyntax<'s>>> {
    let Some((first, at)) = opt(peek(token::short_word)).parse_next(input)? else { return Ok(None) };
    if !matches!(first, "baseline" | "control" | "previous" | "wave") {
        return Ok(None);
    }
    token::short_word.parse_next(input)?;
    let reference = match first {
        "baseline" => ReferenceSyntax { to: Elsewhere::Baseline, at },
        "control" => ReferenceSyntax { to: Elsewhere::Control, at },
        "previous" => match opt(token::short_word.verify(|(word, _)| *word == "wave")).parse_next(input)? {
            Some((_, wave_at)) => ReferenceSyntax { to: Elsewhere::PreviousWave, at: at.start..wave_at.end },
            None => return Err(token::expected(input, "`wave`, as in `previous wave`,")),
        },
        _ => named_wave(input, at.start)?,
    };
    Ok(Some(reference))
}

fn named_wave<'s>(input: &mut Input<'s>, start: usize) -> Parse<ReferenceSyntax<'s>> {
    let next = token::next(input);
    let like = match token::text_of(input, &next) {
        named if named.starts_with(|c: char| c.is_ascii_alphanumeric()) => format!("wave({named})"),
        _ => "wave(beta)".to_owned(),
    };
    let open = brackets::open(input, &like)?;
    let Some((text, at)) = opt(token::word).parse_next(input)? else {
        return Err(slips::no_wave(input));
    };
    let close = brackets::close(input, &open)?;
    Ok(ReferenceSyntax { to: Elsewhere::Wave(Name { text, at }), at: start..close.end })
}

fn offset_from<'s>(input: &mut Input<'s>, written: Name<'s>) -> Parse<OffsetSyntax<'s>> {
    let (sign, what) = match written.text {
        "+" => (Sign::Plus, "a distance such as `50%`, `5pp` or `100ms`"),
        "-" | "−" | "–" => (Sign::Minus, "a distance such as `50%`, `5pp` or `100ms`"),
        "*" | "×" => (Sign::Times, "a factor such as `1.5`"),
        _ => return Err(slips::division(&written)),
    };
    let next = token::next(input);
    let literal = number::needed(input, what)?;
    if literal.number.starts_with('-') {
        let message = format!("`{}` has a sign of its own after `{}`", literal.number, written.text);
        return Err(token::cut(
            ConditionError::new(next.start, literal.at.end, message).hint("write one sign, such as `baseline - 5%`"),
        ));
    }
    let at = written.at.start..literal.at.end;
    Ok(OffsetSyntax { sign, literal, at })
}
