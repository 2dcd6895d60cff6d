//! The tokens of conditions, each with its place, and the errors about a token that is missing.

use super::condition_error::ConditionError;
use std::ops::Range;
use winnow::ascii::digit1;
use winnow::combinator::{alt, opt, preceded};
use winnow::error::{ErrMode, ParserError};
use winnow::stream::{LocatingSlice, Location, Stream};
use winnow::token::{literal, one_of, take_while};
use winnow::{ModalResult, Parser};

/// A condition's text with the offset that is reached.
pub(super) type Input<'s> = LocatingSlice<&'s str>;

/// A fault that ends the reading (`Cut`), or a token that is not there (`Backtrack`).
pub(super) type Mode = ErrMode<ConditionError>;

/// What a part of the grammar gives.
pub(super) type Parse<T> = ModalResult<T, ConditionError>;

/// The longest number, in bytes: more digits than a float can tell apart.
const LONGEST_NUMBER: usize = 40;

/// Signs of arithmetic, in the forms in which people type and paste them.
const ARITHMETIC: [char; 8] = ['+', '-', '*', '/', '−', '–', '×', '÷'];

impl<'s> ParserError<Input<'s>> for ConditionError {
    type Inner = Self;

    fn from_input(input: &Input<'s>) -> Self {
        let at = input.current_token_start();
        Self::new(at, at, "not expected here")
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

/// An error that no other reading of the text can mend.
pub(super) const fn cut(error: ConditionError) -> Mode {
    ErrMode::Cut(error)
}

/// Blanks of any kind: texts are pasted from documents, which have some that nobody sees.
fn blank<'s>(input: &mut Input<'s>) -> Parse<&'s str> {
    take_while(0.., char::is_whitespace).parse_next(input)
}

/// A name or a word: letters, digits, `.`, `_` and `-`, with its place.
pub(super) fn word<'s>(input: &mut Input<'s>) -> Parse<(&'s str, Range<usize>)> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    preceded(blank, take_while(1.., plain).with_span()).parse_next(input)
}

/// A word without `-` and `.`, so that `baseline-50%` is a word and a distance from it.
pub(super) fn short_word<'s>(input: &mut Input<'s>) -> Parse<(&'s str, Range<usize>)> {
    preceded(blank, take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_').with_span()).parse_next(input)
}

/// Exactly this word.
pub(super) fn keyword<'s>(keyword: &'static str) -> impl Parser<Input<'s>, Range<usize>, Mode> {
    word.verify_map(move |(word, at)| (word == keyword).then_some(at))
}

/// Exactly these characters.
pub(super) fn symbol<'s>(symbol: &'static str) -> impl Parser<Input<'s>, Range<usize>, Mode> {
    preceded(blank, literal(symbol).span())
}

/// Characters that comparisons are made of, right or wrong.
pub(super) fn operator<'s>(input: &mut Input<'s>) -> Parse<(&'s str, Range<usize>)> {
    let part = |c: char| matches!(c, '<' | '>' | '=' | '!' | '~' | '≤' | '≥' | '≠');
    preceded(blank, take_while(1..=3, part).with_span()).parse_next(input)
}

/// One sign of arithmetic.
pub(super) fn arithmetic<'s>(input: &mut Input<'s>) -> Parse<(&'s str, Range<usize>)> {
    preceded(blank, one_of(ARITHMETIC).take().with_span()).parse_next(input)
}

/// `-12.5`: digits, perhaps with a sign and decimals.
pub(super) fn number<'s>(input: &mut Input<'s>) -> Parse<(&'s str, Range<usize>)> {
    let decimal = (opt('-'), digit1, opt(('.', digit1))).take().with_span();
    let (number, at) = preceded(blank, decimal).parse_next(input)?;
    match number.len() > LONGEST_NUMBER {
        true => Err(cut(ConditionError::new(at.start, at.end, "the number has too many digits"))),
        false => Ok((number, at)),
    }
}

/// What may be a unit: `%`, or letters and digits.
pub(super) fn unit<'s>(input: &mut Input<'s>) -> Parse<(&'s str, Range<usize>)> {
    let name = take_while(1.., |c: char| c.is_alphanumeric() || c == '_');
    preceded(blank, alt((literal("%"), name)).with_span()).parse_next(input)
}

/// A text in double or single quotes; `\` before a quote or a `\` makes it an ordinary character.
pub(super) fn string(input: &mut Input<'_>) -> Parse<String> {
    let (quote, open) = preceded(blank, one_of(['"', '\'']).with_span()).parse_next(input)?;
    let mut text = String::new();
    loop {
        match input.next_token() {
            Some(c) if c == quote => return Ok(text),
            Some('\\') => match input.next_token() {
                Some(c @ ('"' | '\'' | '\\')) => text.push(c),
                Some('n') => text.push('\n'),
                Some(_) | None => {
                    let end = input.current_token_start();
                    let start = end.saturating_sub(1).max(open.start);
                    let error = ConditionError::new(start, end, "`\\` stands before what needs none");
                    return Err(cut(error.hint("write `\\\\` for a backslash")));
                }
            },
            Some(c) => text.push(c),
            None => {
                let error = ConditionError::new(open.start, open.end, "this quote is never closed");
                return Err(cut(error.hint(format!("write {quote} at the text's end"))));
            }
        }
    }
}

/// Whether only blanks are left.
pub(super) fn is_at_end(input: &Input<'_>) -> bool {
    rest(input).trim_start().is_empty()
}

/// The place of the next token: a word, a run of signs, or one character; empty at the end.
pub(super) fn next(input: &Input<'_>) -> Range<usize> {
    let rest = rest(input);
    let trimmed = rest.trim_start();
    let start = input.current_token_start().saturating_add(rest.len().saturating_sub(trimmed.len()));
    let word = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '%');
    let sign = |c: char| matches!(c, '&' | '|' | '<' | '>' | '=' | '!' | '~');
    let run = |part: &dyn Fn(char) -> bool| trimmed.find(|c: char| !part(c)).unwrap_or(trimmed.len());
    let length = match trimmed.chars().next() {
        Some(first) if word(first) => run(&word),
        Some(first) if sign(first) => run(&sign),
        Some(first) => first.len_utf8(),
        None => 0,
    };
    start..start.saturating_add(length)
}

/// The text at a place that [`next`] gave.
pub(super) fn text_of<'s>(input: &Input<'s>, at: &Range<usize>) -> &'s str {
    let from = at.start.saturating_sub(input.current_token_start());
    let length = at.end.saturating_sub(at.start);
    rest(input).get(from..from.saturating_add(length)).unwrap_or("")
}

/// Something else stands here than what must.
pub(super) fn expected(input: &Input<'_>, what: &str) -> Mode {
    let at = next(input);
    let message = match text_of(input, &at) {
        "" => format!("the condition ends where {what} is expected"),
        found => format!("`{found}` stands where {what} is expected"),
    };
    cut(ConditionError::new(at.start, at.end, message))
}

fn rest<'s>(input: &Input<'s>) -> &'s str {
    input.as_ref()
}
