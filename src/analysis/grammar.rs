//! The grammar of conditions, from text to [`Syntax`].
//!
//! ```text
//! any      = all  { "or" all }
//! all      = atom { "and" atom }
//! atom     = "(" any ")" | "alert" "(" [ test { "," test } ] ")" | compare
//! compare  = metric ( "<" | "<=" | ">" | ">=" | "==" | "!=" ) number [ unit ] [ "for" duration ]
//! test     = label ( "=" | "!=" ) string
//! ```
//!
//! The relative and statistical kinds have their words here already, so that a plan for a later
//! version is refused for what it is and not as a slip of the pen.

use super::alert::{AlertMatch, LabelTest};
use super::condition::Comparison;
use super::condition_error::ConditionError;
use super::literal::is_unit;
use super::syntax::{CompareSyntax, Literal, Syntax};
use super::token::{self, Input, Parse};
use crate::units::parse_duration;
use std::ops::Range;
use std::time::Duration;
use winnow::Parser;
use winnow::combinator::{opt, separated};

/// The longest condition, in bytes.
const LONGEST: usize = 2_000;

/// The deepest parentheses.
const DEEPEST: usize = 16;

/// Words that cannot be the name of a metric, because conditions mean something else by them.
const RESERVED: [&str; 10] =
    ["and", "or", "not", "for", "alert", "baseline", "burn_rate", "control", "previous", "wave"];

/// Whether conditions mean something by this word, so that no metric can have it as its name.
pub(crate) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// Reads a whole condition.
pub(super) fn parse(text: &str) -> Result<Syntax<'_>, ConditionError> {
    if text.len() > LONGEST {
        let message = format!("the condition is {} bytes long, more than {LONGEST}", text.len());
        return Err(ConditionError::new(0, text.len(), message).hint("write it as several, or shorten names"));
    }
    let mut input = Input::new(text);
    let parsed = any(&mut input, 0).and_then(|syntax| match token::is_at_end(&input) {
        true => Ok(syntax),
        false => Err(token::cut(leftover(&input, &syntax))),
    });
    parsed.map_err(|mode| mode.into_inner().unwrap_or_else(|_| ConditionError::new(0, text.len(), "cut short")))
}

fn any<'s>(input: &mut Input<'s>, depth: usize) -> Parse<Syntax<'s>> {
    let parts: Vec<_> = separated(1.., |i: &mut Input<'s>| all(i, depth), token::keyword("or")).parse_next(input)?;
    Ok(joined(parts, Syntax::Any))
}

fn all<'s>(input: &mut Input<'s>, depth: usize) -> Parse<Syntax<'s>> {
    let parts: Vec<_> = separated(1.., |i: &mut Input<'s>| atom(i, depth), token::keyword("and")).parse_next(input)?;
    Ok(joined(parts, Syntax::All))
}

fn joined<'s>(mut parts: Vec<Syntax<'s>>, join: fn(Vec<Syntax<'s>>) -> Syntax<'s>) -> Syntax<'s> {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}

fn atom<'s>(input: &mut Input<'s>, depth: usize) -> Parse<Syntax<'s>> {
    if let Some(at) = opt(token::symbol("(")).parse_next(input)? {
        return parenthesised(input, depth, at);
    }
    let Some((word, at)) = opt(token::word).parse_next(input)? else {
        return Err(token::expected(input, "a metric or `alert(...)`"));
    };
    match word {
        "alert" => alert(input, at),
        "not" => Err(token::cut(
            ConditionError::new(at.start, at.end, "`not` is no part of the language")
                .hint("turn the comparison round: `>` for `<=`"),
        )),
        "and" | "or" | "for" => {
            let message = format!("`{word}` stands where a metric or `alert(...)` is expected");
            Err(token::cut(ConditionError::new(at.start, at.end, message)))
        }
        "burn_rate" | "baseline" | "control" | "previous" | "wave" => Err(later(word, at)),
        metric => compare(input, metric, at).map(Syntax::Compare),
    }
}

fn parenthesised<'s>(input: &mut Input<'s>, depth: usize, at: Range<usize>) -> Parse<Syntax<'s>> {
    let deeper = depth.saturating_add(1);
    if deeper > DEEPEST {
        let message = format!("nested deeper than {DEEPEST} parentheses");
        return Err(token::cut(ConditionError::new(at.start, at.end, message)));
    }
    let inner = any(input, deeper)?;
    if opt(token::symbol(")")).parse_next(input)?.is_some() {
        return Ok(inner);
    }
    match token::is_at_end(input) {
        true => Err(never_closed(at)),
        false => Err(token::cut(leftover(input, &inner))),
    }
}

fn compare<'s>(input: &mut Input<'s>, metric: &'s str, metric_at: Range<usize>) -> Parse<CompareSyntax<'s>> {
    let comparison = comparison(input)?;
    let bound = bound(input, metric)?;
    let lasting = opt(token::keyword("for")).parse_next(input)?;
    let lasting = lasting.map(|_| duration(input)).transpose()?;
    Ok(CompareSyntax { metric, metric_at, comparison, bound, lasting })
}

fn comparison(input: &mut Input<'_>) -> Parse<Comparison> {
    let Some((written, at)) = opt(token::operator).parse_next(input)? else {
        return Err(match opt(token::word).parse_next(input)? {
            Some((word @ ("regresses" | "trending" | "proved" | "burn_rate"), at)) => later(word, at),
            Some((word, at)) => token::cut(
                ConditionError::new(at.start, at.end, format!("`{word}` stands where a comparison is expected"))
                    .hint("write one of `<` `<=` `>` `>=` `==` `!=`"),
            ),
            None => token::expected(input, "a comparison such as `>`"),
        });
    };
    let hint = match written {
        "<" => return Ok(Comparison::Less),
        "<=" | "≤" => return Ok(Comparison::AtMost),
        ">" => return Ok(Comparison::Greater),
        ">=" | "≥" => return Ok(Comparison::AtLeast),
        "==" => return Ok(Comparison::Equal),
        "!=" | "≠" => return Ok(Comparison::NotEqual),
        "=" | "===" => "write `==`",
        "=>" => "write `>=`",
        "=<" => "write `<=`",
        "<>" | "!" | "!==" => "write `!=`",
        _ => "write one of `<` `<=` `>` `>=` `==` `!=`",
    };
    Err(token::cut(ConditionError::new(at.start, at.end, format!("`{written}` is no comparison")).hint(hint)))
}

fn bound<'s>(input: &mut Input<'s>, metric: &str) -> Parse<Literal<'s>> {
    let Some((number, at)) = opt(token::number).parse_next(input)? else {
        return Err(match opt(token::word).parse_next(input)? {
            Some((word, at)) => match word.split('-').next().unwrap_or(word) {
                first @ ("baseline" | "control" | "wave" | "previous") => {
                    later(first, at.start..at.start.saturating_add(first.len()))
                }
                _ => token::cut(
                    ConditionError::new(at.start, at.end, format!("`{word}` stands where a bound is expected")).hint(
                        match metric.starts_with(|c: char| c.is_ascii_digit()) {
                            true => "the metric stands left of the comparison, the bound right of it",
                            false => "write a number with its unit, such as `10%` or `400ms`",
                        },
                    ),
                ),
            },
            None => token::expected(input, "a bound such as `10%` or `400ms`"),
        });
    };
    let unit = opt(unit_after(at.end)).parse_next(input)?;
    let (unit, unit_at) = unit.unwrap_or(("", at.end..at.end));
    if unit == "pp" {
        return Err(later("pp", at.start..unit_at.end));
    }
    if let Some((sign, at)) = opt(token::arithmetic).parse_next(input)? {
        return Err(later(sign, at));
    }
    Ok(Literal { number, unit, at: at.start..unit_at.end })
}

/// What stands directly after a number is its unit, known or not; after a space only a known one is,
/// for it could be the next word of the condition.
fn unit_after<'s>(number_end: usize) -> impl Parser<Input<'s>, (&'s str, Range<usize>), token::Mode> {
    token::unit
        .verify(move |(word, at): &(&str, Range<usize>)| at.start == number_end || is_unit(word) || *word == "pp")
}

fn duration(input: &mut Input<'_>) -> Parse<Duration> {
    let Some((text, at)) = opt(token::word).parse_next(input)? else {
        return Err(token::expected(input, "a duration such as `5m`"));
    };
    match parse_duration(text) {
        Ok(lasting) if lasting.is_zero() => Err(token::cut(
            ConditionError::new(at.start, at.end, format!("`for {text}` is no time at all"))
                .hint("leave it out, or write how long the comparison must have been true"),
        )),
        Ok(lasting) => Ok(lasting),
        Err(error) => Err(token::cut(ConditionError::new(at.start, at.end, error.to_string()))),
    }
}

fn alert<'s>(input: &mut Input<'s>, word_at: Range<usize>) -> Parse<Syntax<'s>> {
    let Some(open) = opt(token::symbol("(")).parse_next(input)? else {
        return Err(token::expected(input, "`(`, as in `alert(severity = \"critical\")`,"));
    };
    let mut tests = Vec::new();
    let close = loop {
        if let (true, Some(close)) = (tests.is_empty(), opt(token::symbol(")")).parse_next(input)?) {
            break close;
        }
        tests.push(label_test(input)?);
        if let Some(close) = opt(token::symbol(")")).parse_next(input)? {
            break close;
        }
        if opt(token::symbol(",")).parse_next(input)?.is_none() {
            return Err(match token::is_at_end(input) {
                true => never_closed(open),
                false => token::expected(input, "`,` or `)`"),
            });
        }
    };
    Ok(Syntax::Alert(AlertMatch { tests }, word_at.start..close.end))
}

fn label_test(input: &mut Input<'_>) -> Parse<LabelTest> {
    let Some((label, _)) = opt(token::word).parse_next(input)? else {
        return Err(token::expected(input, "a label such as `severity`"));
    };
    let equal = match opt(token::operator).parse_next(input)? {
        Some(("=", _)) => true,
        Some(("!=" | "≠", _)) => false,
        Some((written @ ("=~" | "!~"), at)) => return Err(later(written, at)),
        Some((written, at)) => {
            let message = format!("`{written}` does not compare labels");
            return Err(token::cut(ConditionError::new(at.start, at.end, message).hint("write `=` or `!=`")));
        }
        None => return Err(token::expected(input, "`=` or `!=`")),
    };
    match opt(token::string).parse_next(input)? {
        Some(value) => Ok(LabelTest { label: label.to_owned(), value, equal }),
        None => Err(token::expected(input, "a text in quotes such as `\"critical\"`")),
    }
}

/// A kind of condition that the language has room for and this version does not judge yet.
fn later(word: &str, at: Range<usize>) -> token::Mode {
    let message = format!("`{word}` is not supported yet by this version");
    token::cut(
        ConditionError::new(at.start, at.end, message)
            .hint("for now compare a metric with a fixed bound, such as `error_rate > 5%`"),
    )
}

fn never_closed(open: Range<usize>) -> token::Mode {
    token::cut(
        ConditionError::new(open.start, open.end, "this `(` is never closed")
            .hint("write `)`; in a YAML list `[ ... ]` put a condition that has a comma in single quotes"),
    )
}

/// What stands behind a condition that could have ended.
fn leftover(input: &Input<'_>, before: &Syntax<'_>) -> ConditionError {
    let at = token::next(input);
    let found = token::text_of(input, &at);
    let error =
        ConditionError::new(at.start, at.end, format!("`{found}` stands where `and`, `or` or the end is expected"));
    match (found, before) {
        ("for", Syntax::Alert(..)) => error.hint("`for` belongs to a comparison; an alert has its own in its rule"),
        ("for", Syntax::All(_) | Syntax::Any(_) | Syntax::Compare(_)) => {
            error.hint("write `for` once, directly after the comparison it belongs to")
        }
        ("&&" | "&" | "AND" | "And" | ",", _) => error.hint("write `and`"),
        ("||" | "|" | "OR" | "Or", _) => error.hint("write `or`"),
        (")", _) => error.hint("this `)` closes nothing"),
        _ => error,
    }
}
