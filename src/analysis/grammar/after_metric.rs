//! What can be said of a metric that is already named.

use super::against_control::{proved_safe, regresses};
use super::bound::bound;
use super::comparison::comparison;
use super::trend::trend;
use super::{number, slips};
use crate::analysis::syntax::{CompareSyntax, Name, Syntax};
use crate::analysis::token::{self, Input, Parse};
use winnow::Parser;
use winnow::combinator::opt;

pub(super) fn after_metric<'s>(input: &mut Input<'s>, metric: Name<'s>) -> Parse<Syntax<'s>> {
    let Some((text, at)) = opt(token::word).parse_next(input)? else {
        return match slips::begins_with_number(input, &metric) {
            Some(error) => Err(error),
            None => compare(input, metric),
        };
    };
    match text {
        "trending" => trend(input, metric, true),
        "not" => match opt(token::keyword("trending")).parse_next(input)? {
            Some(_) => trend(input, metric, false),
            None => Err(slips::not(at)),
        },
        "regresses" => regresses(input, metric, at),
        "proved" => proved_safe(input, metric, at),
        text => Err(slips::no_comparison(input, &metric, Name { text, at })),
    }
}

fn compare<'s>(input: &mut Input<'s>, metric: Name<'s>) -> Parse<Syntax<'s>> {
    let comparison = comparison(input)?;
    let bound = bound(input, metric.text)?;
    let lasting = match opt(token::keyword("for")).parse_next(input)? {
        Some(_) => Some(number::lasting(input)?),
        None => None,
    };
    Ok(Syntax::Compare(CompareSyntax { metric, comparison, bound, lasting }))
}
