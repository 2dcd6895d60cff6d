//! `trending down over 24h`.

use super::number;
use crate::analysis::condition_error::ConditionError;
use crate::analysis::statistical::Direction;
use crate::analysis::syntax::{Name, Syntax, TrendSyntax};
use crate::analysis::token::{self, Input, Parse};
use winnow::Parser;
use winnow::combinator::opt;

/// What stands after `trending`.
pub(super) fn trend<'s>(input: &mut Input<'s>, metric: Name<'s>, wanted: bool) -> Parse<Syntax<'s>> {
    let direction = direction(input)?;
    if opt(token::keyword("over")).parse_next(input)?.is_none() {
        let at = token::next(input);
        let error = match token::text_of(input, &at) {
            found @ ("for" | "in" | "within" | "during" | "since" | "last") => {
                let message = format!("`{found}` stands where `over` is expected");
                ConditionError::new(at.start, at.end, message).hint("a trend is taken `over` a time: `over 24h`")
            }
            _ => return Err(token::expected(input, "`over` and how far to look back, such as `over 24h`,")),
        };
        return Err(token::cut(error));
    }
    let over = number::window(input)?;
    Ok(Syntax::Trend(TrendSyntax { metric, wanted, direction, over }))
}

fn direction(input: &mut Input<'_>) -> Parse<Direction> {
    let at = token::next(input);
    let hint = match token::text_of(input, &at) {
        "up" | "down" => {
            let (word, _) = token::word.parse_next(input)?;
            return Ok(if word == "up" { Direction::Up } else { Direction::Down });
        }
        "not" => "`not` stands before `trending`",
        "upward" | "upwards" | "higher" => "write `up`",
        "downward" | "downwards" | "lower" => "write `down`",
        _ => return Err(token::expected(input, "`up` or `down`")),
    };
    let message = format!("`{}` stands where `up` or `down` is expected", token::text_of(input, &at));
    Err(token::cut(ConditionError::new(at.start, at.end, message).hint(hint)))
}
