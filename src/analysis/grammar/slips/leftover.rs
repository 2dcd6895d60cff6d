//! What stands behind a condition that could have ended.

use crate::analysis::condition_error::ConditionError;
use crate::analysis::syntax::{BoundSyntax, CompareSyntax, Syntax};
use crate::analysis::token::{self, Input, Mode};
use winnow::stream::Location;

/// What stands behind a condition that could have ended.
pub(in crate::analysis::grammar) fn leftover(input: &Input<'_>, before: &Syntax<'_>, may_follow: &str) -> Mode {
    if let Some(error) = decimal_comma(input) {
        return error;
    }
    let place = token::next(input);
    let found = token::text_of(input, &place);
    let error = ConditionError::at(&place, format!("`{found}` stands where {may_follow} is expected"));
    let hint = match found {
        "&&" | "&" | "AND" | "And" | "," => Some("write `and`"),
        "||" | "|" | "OR" | "Or" => Some("write `or`"),
        ")" => Some("this `)` closes nothing"),
        "and" | "or" => Some("a threshold is one comparison; write what has several parts as a condition"),
        found => after_part(found, before),
    };
    token::cut(match hint {
        Some(hint) => error.hint(hint),
        None => error,
    })
}

/// `99,9%`: a comma directly between two digits.
pub(in crate::analysis::grammar) fn decimal_comma(input: &Input<'_>) -> Option<Mode> {
    let comma = token::next(input);
    let after = comma.end..comma.end.saturating_add(1);
    let is_comma = token::text_of(input, &comma) == ",";
    let is_digit = token::text_of(input, &after).starts_with(|c: char| c.is_ascii_digit());
    (is_comma && is_digit && comma.start == input.current_token_start()).then(|| {
        let error = ConditionError::at(&comma, "a number has a comma in it");
        token::cut(error.hint("write decimals after a point, and thousands together: `1000.5`"))
    })
}

/// What was meant by a word behind one part of a condition.
fn after_part(found: &str, before: &Syntax<'_>) -> Option<&'static str> {
    let is_number = found.starts_with(|c: char| c.is_ascii_digit());
    match (before, found) {
        (Syntax::Alert(..), "for") => Some("`for` belongs to a comparison; an alert has its own in its rule"),
        (Syntax::Compare(_), "for") => Some("write `for` once, directly after the comparison it belongs to"),
        (Syntax::Compare(_), "over" | "during" | "within") => Some("write `for 5m`: how long it must have been true"),
        (Syntax::Compare(_), "percent" | "percentage") => Some("write `5%`"),
        (Syntax::Compare(_), "points" | "percentage-points") => Some("write `5pp`"),
        (Syntax::Compare(_), "x" | "times") => Some("the reference stands first, such as `baseline * 1.5`"),
        (Syntax::Compare(CompareSyntax { bound: BoundSyntax::Relative(_, None), .. }), found)
            if is_number || matches!(found, "by" | "plus" | "minus") =>
        {
            Some("write the distance with its sign, such as `baseline + 50%`")
        }
        (Syntax::Compare(_), "of") => Some("the reference stands first, such as `baseline * 1.5`"),
        (Syntax::Trend(_), "for") => Some("`for` belongs to a comparison; a trend says how long by `over`"),
        (Syntax::Burn(_), "for") => Some("`for` belongs to a comparison; a burn rate has its two windows"),
        (Syntax::Score(_), "for") => Some("`for` belongs to a comparison; a score is of the whole wave"),
        (Syntax::Regresses(_) | Syntax::ProvedSafe(_), "for" | "over") => {
            Some("a test looks at all that was seen and takes no time")
        }
        (Syntax::Regresses(_) | Syntax::ProvedSafe(_), "alpha" | "with") => Some("write `at alpha 0.01`"),
        (Syntax::Regresses(_), "within" | ">" | ">=") => Some("write `regresses by 20%`"),
        (Syntax::Regresses(_), "by") => Some("write `by 20%` before `at alpha`, and once"),
        (Syntax::Regresses(_), _) if is_number => Some("write `regresses by 20%`"),
        (Syntax::ProvedSafe(_), "by") => Some("write `within 20%`"),
        (Syntax::ProvedSafe(_), "within") => Some("write `within 20%` before `at alpha`, and once"),
        (Syntax::ProvedSafe(_), _) if is_number => Some("write `proved safe within 20%`"),
        (Syntax::All(_) | Syntax::Any(_), "for") => {
            Some("write `for` once, directly after the comparison it belongs to")
        }
        (Syntax::All(parts) | Syntax::Any(parts), found) => after_part(found, parts.last()?),
        _ => None,
    }
}
