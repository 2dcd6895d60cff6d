//! Brackets and what stands in them.

use crate::analysis::condition_error::ConditionError;
use crate::analysis::token::{self, Input, Mode, Parse};
use std::ops::Range;
use winnow::Parser;
use winnow::combinator::opt;

/// `(`, which must follow; `like` shows the whole as it is meant.
pub(super) fn open(input: &mut Input<'_>, like: &str) -> Parse<Range<usize>> {
    match opt(token::symbol("(")).parse_next(input)? {
        Some(at) => Ok(at),
        None => Err(token::expected(input, &format!("`(`, as in `{like}`,"))),
    }
}

/// `)`, which must follow.
pub(super) fn close(input: &mut Input<'_>, open: &Range<usize>) -> Parse<Range<usize>> {
    match opt(token::symbol(")")).parse_next(input)? {
        Some(at) => Ok(at),
        None if token::is_at_end(input) => Err(never_closed(open)),
        None => Err(token::expected(input, "`)`")),
    }
}

/// `,` or `)` after a member of a list: the place of the `)` when the list ends here.
pub(super) fn comma_or_close(input: &mut Input<'_>, open: &Range<usize>) -> Parse<Option<Range<usize>>> {
    if let Some(close) = opt(token::symbol(")")).parse_next(input)? {
        return Ok(Some(close));
    }
    match opt(token::symbol(",")).parse_next(input)? {
        Some(_) => Ok(None),
        None if token::is_at_end(input) => Err(never_closed(open)),
        None => Err(token::expected(input, "`,` or `)`")),
    }
}

pub(super) fn never_closed(open: &Range<usize>) -> Mode {
    token::cut(
        ConditionError::new(open.start, open.end, "this `(` is never closed")
            .hint("write `)`; in a YAML list `[ ... ]` put a condition that has a comma in single quotes"),
    )
}
