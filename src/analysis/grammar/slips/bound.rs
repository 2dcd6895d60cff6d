//! Slips in and around bounds.

use crate::analysis::condition_error::ConditionError;
use crate::analysis::syntax::{Literal, Name};
use crate::analysis::token::{self, Input, Mode};
use crate::source::suggest;
use std::ops::Range;

/// Something where a bound must stand.
pub(in crate::analysis::grammar) fn no_bound(input: &Input<'_>, metric: &str) -> Mode {
    let place = token::next(input);
    let found = token::text_of(input, &place);
    let error = ConditionError::at(&place, format!("`{found}` stands where a bound is expected"));
    let is_word = found.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let hint = match found {
        "(" => "a bound stands without parentheses".to_owned(),
        "\"" | "'" => "a bound stands without quotes".to_owned(),
        "+" => "leave the `+` out".to_owned(),
        "−" | "–" => "write the minus as `-`".to_owned(),
        _ if !is_word => return token::expected(input, "a bound such as `10%` or `400ms`"),
        _ if metric.starts_with(|c: char| c.is_ascii_digit()) => {
            "the metric stands left of the comparison, the bound right of it".to_owned()
        }
        "stable" => "the users of the stable variant are the `control`".to_owned(),
        "the" | "than" | "to" => format!("leave `{found}` out"),
        "previous_wave" | "previous-wave" | "last" | "prior" => "write `previous wave`".to_owned(),
        found => match found.strip_prefix('.').filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit())) {
            Some(digits) => format!("write `0.{digits}`"),
            None => suggest(found, ["baseline", "control", "previous"]).unwrap_or_else(|| {
                "write a number with its unit, such as `10%` or `400ms`, \
                 or another time or group, such as `baseline`, `control` or `wave(beta)`"
                    .to_owned()
            }),
        },
    };
    token::cut(error.hint(hint))
}

/// Something in `wave(...)` that is no name.
pub(in crate::analysis::grammar) fn no_wave(input: &Input<'_>) -> Mode {
    let place = token::next(input);
    match token::text_of(input, &place) {
        "\"" | "'" => token::cut(
            ConditionError::at(&place, "the name of a wave stands here without quotes")
                .hint("write for instance `wave(beta)`"),
        ),
        _ => token::expected(input, "the name of a wave"),
    }
}

/// `baseline / 2`.
pub(in crate::analysis::grammar) fn division(sign: &Name<'_>) -> Mode {
    token::cut(
        ConditionError::at(&sign.at, format!("`{}` is no part of the language", sign.text))
            .hint("multiply: `* 0.5` is the half, `- 50%` too"),
    )
}

/// What people write after a number when they mean a comparison with something else.
pub(in crate::analysis::grammar) fn after_number(input: &Input<'_>, literal: &Literal<'_>) -> Option<Mode> {
    let Literal { number, unit, at: literal_at } = literal;
    let place = token::next(input);
    let found = token::text_of(input, &place);
    let error = match (*unit, found) {
        ("x" | "X", _) => ConditionError::at(literal_at, format!("`{number}{unit}` is no bound"))
            .hint(format!("to compare with another time or group write for instance `baseline * {number}`")),
        (exponent, _) if exponent.starts_with(['e', 'E']) && is_exponent(exponent, found) => {
            ConditionError::at(literal_at, format!("`{number}{exponent}` has an exponent"))
                .hint("write the number with all its digits")
        }
        ("%", "of") => {
            let factor = format!("{number}e-2").parse::<f64>().unwrap_or(1.0);
            ConditionError::at(&place, "`of` is no part of the language")
                .hint(format!("the reference stands first: write for instance `{} * {factor}`", named_after_of(input)))
        }
        ("pp", _) => {
            ConditionError::at(literal_at, format!("`{number}pp` are percentage points, which lie between two shares"))
                .hint(format!("write `{number}%`, or a distance such as `baseline + {number}pp`"))
        }
        (_, "+" | "*" | "/" | "−" | "–" | "×" | "÷") => after_sum(found, &place),
        // The word token has the minus in it, for names may have it too.
        (_, minus) if minus.starts_with('-') => after_sum("-", &(place.start..place.start.saturating_add(1))),
        _ => return None,
    };
    Some(token::cut(error))
}

/// The reference of `5% of control`.
fn named_after_of(input: &Input<'_>) -> &'static str {
    let mut ahead = *input;
    let next = token::word(&mut ahead).map(|_| token::next(&ahead)).unwrap_or_default();
    match token::text_of(&ahead, &next) {
        "control" | "stable" => "control",
        "previous" | "last" => "previous wave",
        _ => "baseline",
    }
}

/// `e3`, or the `e` of `e-3`.
fn is_exponent(unit: &str, next: &str) -> bool {
    let power = unit.get(1..).unwrap_or_default();
    match power {
        "" => next.starts_with(['-', '+']),
        power => power.starts_with(|c: char| c.is_ascii_digit()),
    }
}

fn after_sum(sign: &str, place: &Range<usize>) -> ConditionError {
    ConditionError::at(place, format!("`{sign}` stands after a number, where nothing is worked out"))
        .hint("write the result, or the reference first, such as `baseline + 50%`")
}
