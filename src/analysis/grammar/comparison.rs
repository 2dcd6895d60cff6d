//! The signs that compare.

use crate::analysis::condition::Comparison;
use crate::analysis::condition_error::ConditionError;
use crate::analysis::token::{self, Input, Parse};
use winnow::Parser;
use winnow::combinator::opt;

/// One of the six comparisons.
pub(super) fn comparison(input: &mut Input<'_>) -> Parse<Comparison> {
    let Some((written, at)) = opt(token::operator).parse_next(input)? else {
        return Err(token::expected(input, "a comparison such as `>`"));
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

/// `>` or `>=`, which are all that can be asked of `what`.
pub(super) fn exceeding(input: &mut Input<'_>, what: &str) -> Parse<Comparison> {
    let at = token::next(input);
    match comparison(input)? {
        asked @ (Comparison::Greater | Comparison::AtLeast) => Ok(asked),
        other @ (Comparison::Less | Comparison::AtMost | Comparison::Equal | Comparison::NotEqual) => {
            let message = format!("{what} is asked for with `>` or `>=`, not with `{}`", other.symbol());
            Err(token::cut(ConditionError::new(at.start, at.end, message)))
        }
    }
}
