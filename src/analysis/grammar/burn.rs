//! `burn_rate(error_rate, 99.9%) > 14.4 over 1h and 5m`.

use super::comparison::exceeding;
use super::{brackets, number, slips};
use crate::analysis::condition_error::ConditionError;
use crate::analysis::syntax::{BurnSyntax, Name, Syntax};
use crate::analysis::token::{self, Input, Parse};
use std::ops::Range;
use winnow::Parser;
use winnow::combinator::opt;

/// How it is written, to be shown.
pub(super) const LIKE: &str = "burn_rate(error_rate, 99.9%) > 14.4 over 1h and 5m";

/// What stands after `burn_rate`.
pub(super) fn burn<'s>(input: &mut Input<'s>) -> Parse<Syntax<'s>> {
    let open = brackets::open(input, LIKE)?;
    let Some((text, at)) = opt(token::word).parse_next(input)? else {
        return Err(token::expected(input, "the metric of what fails"));
    };
    let metric = Name { text, at };
    if let Some(error) = slips::begins_with_number(input, &metric) {
        return Err(error);
    }
    if let Some(close) = brackets::comma_or_close(input, &open)? {
        return Err(no_objective(&metric, close));
    }
    let objective = number::needed(input, "the share that must succeed, such as `99.9%`,")?;
    if let Some(error) = slips::decimal_comma(input) {
        return Err(error);
    }
    if let Some(comma) = opt(token::symbol(",")).parse_next(input)? {
        return Err(token::cut(
            ConditionError::new(comma.start, comma.end, "`burn_rate` takes a metric and an objective, no more")
                .hint(format!("the windows stand after the rate: `{LIKE}`")),
        ));
    }
    brackets::close(input, &open)?;
    let comparison = exceeding(input, "a burn rate")?;
    let rate = number::needed(input, "a rate such as `14.4`")?;
    if opt(token::keyword("over")).parse_next(input)?.is_none() {
        return Err(token::expected(input, "`over` and two windows, such as `over 1h and 5m`,"));
    }
    let long = number::window(input)?;
    if opt(token::keyword("and")).parse_next(input)?.is_none() {
        return Err(token::expected(input, "`and` with a second, shorter window, such as `over 1h and 5m`,"));
    }
    let short = number::window(input)?;
    Ok(Syntax::Burn(BurnSyntax { metric, objective, comparison, rate, long, short }))
}

fn no_objective(metric: &Name<'_>, close: Range<usize>) -> token::Mode {
    let message = format!("the share that must succeed is missing after `{}`", metric.text);
    token::cut(
        ConditionError::new(close.start, close.end, message)
            .hint(format!("write for instance `burn_rate({}, 99.9%)`", metric.text)),
    )
}
