//! `alert(severity = "critical", team != "search")`.

use super::brackets;
use crate::analysis::alert::{AlertMatch, LabelTest};
use crate::analysis::condition_error::ConditionError;
use crate::analysis::syntax::Syntax;
use crate::analysis::token::{self, Input, Parse};
use std::ops::Range;
use winnow::Parser;
use winnow::combinator::opt;

/// What stands after `alert`.
pub(super) fn alert<'s>(input: &mut Input<'s>, word_at: Range<usize>) -> Parse<Syntax<'s>> {
    let open = brackets::open(input, "alert(severity = \"critical\")")?;
    let mut tests = Vec::new();
    let close = loop {
        if let (true, Some(close)) = (tests.is_empty(), opt(token::symbol(")")).parse_next(input)?) {
            break close;
        }
        tests.push(label_test(input)?);
        if let Some(close) = brackets::comma_or_close(input, &open)? {
            break close;
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
        Some((written @ ("=~" | "!~"), at)) => {
            let message = format!("`{written}` matches by a pattern, and labels are compared as they are");
            return Err(token::cut(
                ConditionError::new(at.start, at.end, message)
                    .hint("write `=` or `!=`, and one `alert(...)` for each value, joined by `or`"),
            ));
        }
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
