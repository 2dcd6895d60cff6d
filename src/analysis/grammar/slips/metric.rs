//! Slips where a metric must stand.

use super::comparison::not;
use crate::analysis::condition_error::ConditionError;
use crate::analysis::syntax::Name;
use crate::analysis::token::{self, Input, Mode};
use std::ops::Range;

/// What a condition is made of, to be named where it is missing.
const PART: &str = "a metric or `alert(...)`";

/// Something else than a name where a condition's part must begin.
pub(in crate::analysis::grammar) fn no_name(input: &Input<'_>) -> Mode {
    let place = token::next(input);
    let found = token::text_of(input, &place);
    if !found.starts_with(['<', '>', '=', '!', '≤', '≥', '≠']) {
        return token::expected(input, PART);
    }
    token::cut(
        ConditionError::at(&place, format!("`{found}` stands where {PART} is expected"))
            .hint("each comparison names its metric: `p95 > 400ms and p95 < 600ms`"),
    )
}

/// A word of the language where a metric must stand.
pub(in crate::analysis::grammar) fn no_metric(word: &str, place: Range<usize>) -> Mode {
    let error = ConditionError::at(&place, format!("`{word}` stands where {PART} is expected"));
    token::cut(match word {
        "not" => return not(place),
        "baseline" | "control" | "previous" | "wave" => {
            error.hint("the metric stands left of the comparison: `error_rate > baseline + 50%`")
        }
        _ => error,
    })
}

/// A threshold that names its metric once more.
pub(in crate::analysis::grammar) fn named_already(metric: &Name<'_>, place: Range<usize>) -> Mode {
    token::cut(
        ConditionError::at(&place, format!("the threshold is of `{}` and does not name it again", metric.text))
            .hint("begin with the comparison, such as `> 10%`"),
    )
}

/// `5% < error_rate`: a percentage is no name, and stands where one must.
pub(in crate::analysis::grammar) fn begins_with_number(input: &Input<'_>, metric: &Name<'_>) -> Option<Mode> {
    let sign = token::next(input);
    let is_percentage = sign.start == metric.at.end && token::text_of(input, &sign).starts_with('%');
    let number = metric.text;
    (is_percentage && number.starts_with(|c: char| c.is_ascii_digit())).then(|| {
        let place = metric.at.start..sign.start.saturating_add(1);
        let error = ConditionError::at(&place, format!("`{number}%` stands where {PART} is expected"));
        token::cut(error.hint("the metric stands first, and left of a comparison"))
    })
}
