//! The tests against the control: `regresses by 20% at alpha 0.01`, `proved safe within 20%`.

use super::number;
use crate::analysis::condition_error::ConditionError;
use crate::analysis::syntax::{Literal, Name, Syntax, TestSyntax};
use crate::analysis::token::{self, Input, Parse};
use std::ops::Range;
use winnow::Parser;
use winnow::combinator::opt;

/// What stands after `regresses`.
pub(super) fn regresses<'s>(input: &mut Input<'s>, metric: Name<'s>, at: Range<usize>) -> Parse<Syntax<'s>> {
    let share = share_after(input, "by")?;
    let alpha = alpha(input)?;
    Ok(Syntax::Regresses(TestSyntax { metric, at, share, alpha }))
}

/// What stands after `proved`.
pub(super) fn proved_safe<'s>(input: &mut Input<'s>, metric: Name<'s>, at: Range<usize>) -> Parse<Syntax<'s>> {
    let Some(safe) = opt(token::keyword("safe")).parse_next(input)? else {
        let next = token::next(input);
        let found = token::text_of(input, &next);
        return Err(match found {
            "bad" | "worse" | "unsafe" | "broken" => token::cut(
                ConditionError::new(next.start, next.end, format!("`{found}` stands where `safe` is expected"))
                    .hint("what is proved to be worse than the control `regresses`"),
            ),
            _ => token::expected(input, "`safe`, as in `proved safe within 10%`,"),
        });
    };
    let share = share_after(input, "within")?;
    let alpha = alpha(input)?;
    Ok(Syntax::ProvedSafe(TestSyntax { metric, at: at.start..safe.end, share, alpha }))
}

fn share_after<'s>(input: &mut Input<'s>, word: &'static str) -> Parse<Option<Literal<'s>>> {
    match opt(token::keyword(word)).parse_next(input)? {
        Some(_) => number::needed(input, "a part of the control such as `20%`").map(Some),
        None => Ok(None),
    }
}

fn alpha<'s>(input: &mut Input<'s>) -> Parse<Option<Literal<'s>>> {
    if opt(token::keyword("at")).parse_next(input)?.is_none() {
        return Ok(None);
    }
    match opt(token::keyword("alpha")).parse_next(input)? {
        Some(_) => number::needed(input, "a probability such as `0.01`").map(Some),
        None => Err(token::expected(input, "`alpha`, as in `at alpha 0.01`,")),
    }
}
