//! Whole conditions: `and`, `or`, parentheses, and what is left over.

use super::after_metric::after_metric;
use super::{alert, brackets, burn, score, slips};
use crate::analysis::condition_error::ConditionError;
use crate::analysis::syntax::{Name, Syntax};
use crate::analysis::token::{self, Input, Parse};
use std::ops::Range;
use winnow::Parser;
use winnow::combinator::{opt, peek, separated};

/// The longest condition, in bytes.
const LONGEST: usize = 2_000;

/// The deepest parentheses.
const DEEPEST: usize = 16;

/// What may follow a part of a condition.
const AFTER_PART: &str = "`and`, `or` or the end";

/// Reads a whole condition.
pub(in crate::analysis) fn parse(text: &str) -> Result<Syntax<'_>, ConditionError> {
    whole(text, AFTER_PART, |input| any(input, 0))
}

/// Reads what stands after a metric that was named elsewhere. Its place is the whole text.
pub(in crate::analysis) fn parse_threshold<'s>(text: &'s str, metric: &'s str) -> Result<Syntax<'s>, ConditionError> {
    let metric = Name { text: metric, at: 0..text.len() };
    whole(text, "the end", |input| {
        let at = token::next(input);
        if token::text_of(input, &at) == metric.text {
            return Err(slips::named_already(&metric, at));
        }
        after_metric(input, metric)
    })
}

fn whole<'s>(
    text: &'s str,
    may_follow: &str,
    read: impl FnOnce(&mut Input<'s>) -> Parse<Syntax<'s>>,
) -> Result<Syntax<'s>, ConditionError> {
    if text.len() > LONGEST {
        let message = format!("the condition is {} bytes long, more than {LONGEST}", text.len());
        return Err(ConditionError::new(0, text.len(), message).hint("write it as several, or shorten names"));
    }
    let mut input = Input::new(text);
    let parsed = read(&mut input).and_then(|syntax| match token::is_at_end(&input) {
        true => Ok(syntax),
        false => Err(slips::leftover(&input, &syntax, may_follow)),
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
    let Some((text, at)) = opt(token::word).parse_next(input)? else {
        return Err(slips::no_name(input));
    };
    match text {
        "alert" => alert::alert(input, at),
        "burn_rate" => burn::burn(input),
        // Plans had metrics of that name before there were scores.
        "score" if opt(peek(token::symbol("("))).parse_next(input)?.is_some() => score::score(input, at),
        "not" | "and" | "or" | "for" | "baseline" | "control" | "previous" | "wave" => Err(slips::no_metric(text, at)),
        text => after_metric(input, Name { text, at }),
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
        true => Err(brackets::never_closed(&at)),
        false => Err(slips::leftover(input, &inner, AFTER_PART)),
    }
}
