//! Likely slips, each answered with what was probably meant.

use super::burn;
use crate::analysis::condition_error::ConditionError;
use crate::analysis::syntax::{Literal, Name, Syntax};
use crate::analysis::token::{self, Input, Mode};
use crate::source::suggest;
use std::ops::Range;

/// What a condition is made of, to be named where it is missing.
pub(super) const PART: &str = "a metric or `alert(...)`";

fn at(place: &Range<usize>, message: impl Into<String>) -> ConditionError {
    ConditionError::new(place.start, place.end, message)
}

/// A word of the language where a metric must stand.
pub(super) fn no_metric(word: &str, place: Range<usize>) -> Mode {
    let error = at(&place, format!("`{word}` stands where {PART} is expected"));
    token::cut(match word {
        "not" => return not(place),
        "baseline" | "control" | "previous" | "wave" => {
            error.hint("the metric stands left of the comparison: `error_rate > baseline + 50%`")
        }
        _ => error,
    })
}

/// `not` anywhere but before `trending`.
pub(super) fn not(place: Range<usize>) -> Mode {
    token::cut(
        at(&place, "`not` stands only before `trending`, as in `p95 not trending up over 24h`")
            .hint("turn a comparison round: `>` for `<=`; the contrary of `regresses` is `proved safe within 10%`"),
    )
}

/// A word after a metric that says nothing of it.
pub(super) fn no_comparison(metric: &Name<'_>, word: &str, place: Range<usize>) -> Mode {
    let name = metric.text;
    let error = at(&place, format!("`{word}` stands where a comparison is expected"));
    token::cut(match word {
        "is" | "are" | "was" | "has" => error.hint(format!("leave `{word}` out")),
        "above" | "over" | "exceeds" | "greater" | "more" => error.hint("write `>`"),
        "below" | "under" | "less" => error.hint("write `<`"),
        "equals" => error.hint("write `==`"),
        "regressed" | "regress" | "regressing" | "regression" | "worse" => error.hint("write `regresses`"),
        "up" | "increasing" | "rising" | "growing" | "increases" | "rises" | "grows" => {
            error.hint("write for instance `trending up over 24h`")
        }
        "down" | "decreasing" | "falling" | "decreases" | "falls" => {
            error.hint("write for instance `trending down over 24h`")
        }
        "trend" | "trends" | "trended" => error.hint("write `trending`"),
        "safe" | "prove" | "proven" | "proves" => error.hint("write `proved safe`"),
        "burn_rate" => error.hint(format!("write for instance `{}`", burn::LIKE.replace("error_rate", name))),
        word => match suggest(word, ["trending", "regresses", "proved"]) {
            Some(hint) => error.hint(hint),
            None => error.hint("write one of `<` `<=` `>` `>=` `==` `!=`, or `trending`, `regresses` or `proved safe`"),
        },
    })
}

/// Something where a bound must stand.
pub(super) fn no_bound(input: &Input<'_>, metric: &str) -> Mode {
    let place = token::next(input);
    let found = token::text_of(input, &place);
    if !found.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.')) {
        return token::expected(input, "a bound such as `10%` or `400ms`");
    }
    let error = at(&place, format!("`{found}` stands where a bound is expected"));
    let hint = match found {
        _ if metric.starts_with(|c: char| c.is_ascii_digit()) => {
            "the metric stands left of the comparison, the bound right of it".to_owned()
        }
        "stable" => "the users of the stable variant are the `control`".to_owned(),
        "previous_wave" | "previous-wave" | "last" | "prior" => "write `previous wave`".to_owned(),
        found => match found.strip_prefix('.').filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit())) {
            Some(digits) => format!("write `0.{digits}`"),
            None => suggest(found, ["baseline", "control", "previous"])
                .unwrap_or_else(|| "write a number with its unit, such as `10%` or `400ms`".to_owned()),
        },
    };
    token::cut(error.hint(hint))
}

/// Something in `wave(...)` that is no name.
pub(super) fn no_wave(input: &Input<'_>) -> Mode {
    let place = token::next(input);
    match token::text_of(input, &place) {
        "\"" | "'" => token::cut(
            at(&place, "the name of a wave stands here without quotes").hint("write for instance `wave(beta)`"),
        ),
        _ => token::expected(input, "the name of a wave"),
    }
}

/// `baseline / 2`.
pub(super) fn division(sign: &Name<'_>) -> Mode {
    token::cut(
        at(&sign.at, format!("`{}` is no part of the language", sign.text))
            .hint("multiply: `* 0.5` is the half, `- 50%` too"),
    )
}

/// What people write after a number when they mean a comparison with something else.
pub(super) fn after_number(input: &Input<'_>, literal: &Literal<'_>) -> Option<Mode> {
    let Literal { number, unit, at: literal_at } = literal;
    let place = token::next(input);
    let found = token::text_of(input, &place);
    let error = match (*unit, found) {
        ("x" | "X", _) => at(literal_at, format!("`{number}{unit}` is no bound"))
            .hint(format!("to compare with another time or group write for instance `baseline * {number}`")),
        ("%", "of") => {
            let factor = format!("{number}e-2").parse::<f64>().unwrap_or(1.0);
            at(&place, "`of` is no part of the language")
                .hint(format!("the reference stands first: write for instance `baseline * {factor}`"))
        }
        ("pp", _) => at(literal_at, format!("`{number}pp` are percentage points, which lie between two shares"))
            .hint(format!("write `{number}%`, or a distance such as `baseline + {number}pp`")),
        (_, "+" | "*" | "/" | "−" | "–" | "×" | "÷") => after_sum(found, &place),
        // The word token has the minus in it, for names may have it too.
        (_, minus) if minus.starts_with('-') => after_sum("-", &(place.start..place.start.saturating_add(1))),
        _ => return None,
    };
    Some(token::cut(error))
}

fn after_sum(sign: &str, place: &Range<usize>) -> ConditionError {
    at(place, format!("`{sign}` stands after a number, where nothing is worked out"))
        .hint("write the result, or the reference first, such as `baseline + 50%`")
}

/// A threshold that names its metric once more.
pub(super) fn named_already(metric: &Name<'_>, place: Range<usize>) -> Mode {
    token::cut(
        at(&place, format!("the threshold is of `{}` and does not name it again", metric.text))
            .hint("begin with the comparison, such as `> 10%`"),
    )
}

/// What stands behind a condition that could have ended.
pub(super) fn leftover(input: &Input<'_>, before: &Syntax<'_>, may_follow: &str) -> Mode {
    let place = token::next(input);
    let found = token::text_of(input, &place);
    let error = at(&place, format!("`{found}` stands where {may_follow} is expected"));
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

/// What was meant by a word behind one part of a condition.
fn after_part(found: &str, before: &Syntax<'_>) -> Option<&'static str> {
    let is_number = found.starts_with(|c: char| c.is_ascii_digit());
    match (before, found) {
        (Syntax::Alert(..), "for") => Some("`for` belongs to a comparison; an alert has its own in its rule"),
        (Syntax::Compare(_), "for") => Some("write `for` once, directly after the comparison it belongs to"),
        (Syntax::Compare(_), "over" | "during" | "within") => Some("write `for 5m`: how long it must have been true"),
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
