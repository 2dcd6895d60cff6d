//! `score(p95 weight 2, error_rate critical) >= 75`.

use super::comparison::exceeding;
use super::{brackets, number};
use crate::analysis::syntax::{Name, PartSyntax, ScoreSyntax, Syntax};
use crate::analysis::token::{self, Input, Parse};
use std::ops::Range;
use winnow::Parser;
use winnow::combinator::opt;

/// What stands after `score`.
pub(super) fn score<'s>(input: &mut Input<'s>, at: Range<usize>) -> Parse<Syntax<'s>> {
    let open = brackets::open(input, "score(p95 weight 2, error_rate critical) >= 75")?;
    let mut parts = Vec::new();
    loop {
        parts.push(part(input)?);
        if brackets::comma_or_close(input, &open)?.is_some() {
            break;
        }
    }
    let comparison = exceeding(input, "a score")?;
    let bound = number::needed(input, "a score from 0 to 100")?;
    Ok(Syntax::Score(ScoreSyntax { at, parts, comparison, bound }))
}

/// A metric, and in either order how much it counts and whether it is critical.
fn part<'s>(input: &mut Input<'s>) -> Parse<PartSyntax<'s>> {
    let Some((text, at)) = opt(token::word).parse_next(input)? else {
        return Err(token::expected(input, "a metric"));
    };
    let mut part = PartSyntax { metric: Name { text, at }, weight: None, critical: false };
    loop {
        if part.weight.is_none() && opt(token::keyword("weight")).parse_next(input)?.is_some() {
            part.weight = Some(number::needed(input, "how much it counts, such as `2`,")?);
        } else if !part.critical && opt(token::keyword("critical")).parse_next(input)?.is_some() {
            part.critical = true;
        } else {
            return Ok(part);
        }
    }
}
