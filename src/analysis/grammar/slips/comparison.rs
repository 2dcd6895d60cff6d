//! Slips where something must be said of a metric.

use crate::analysis::condition_error::ConditionError;
use crate::analysis::grammar::burn;
use crate::analysis::syntax::Name;
use crate::analysis::token::{self, Input, Mode};
use crate::source::suggest;
use std::ops::Range;

/// `not` anywhere but before `trending`.
pub(in crate::analysis::grammar) fn not(place: Range<usize>) -> Mode {
    token::cut(
        ConditionError::at(&place, "`not` stands only before `trending`, as in `p95 not trending up over 24h`")
            .hint("turn a comparison round: `>` for `<=`; the contrary of `regresses` is `proved safe within 10%`"),
    )
}

/// A word after a metric that says nothing of it.
pub(in crate::analysis::grammar) fn no_comparison(input: &Input<'_>, metric: &Name<'_>, word: Name<'_>) -> Mode {
    let Name { text: word, at: place } = word;
    let error = ConditionError::at(&place, format!("`{word}` stands where a comparison is expected"));
    token::cut(match word {
        number if number.starts_with(|c: char| c.is_ascii_digit()) => {
            let next = token::next(input);
            let sign = if next.start == place.end && token::text_of(input, &next) == "%" { "%" } else { "" };
            error.hint(format!("write for instance `> {number}{sign}`"))
        }
        "is" | "are" | "was" | "has" | "does" | "must" => error.hint(format!("leave `{word}` out")),
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
        "between" => error.hint("write two comparisons, such as `p95 >= 400ms and p95 <= 600ms`"),
        "trend" | "trends" | "trended" => error.hint("write `trending`"),
        "safe" | "prove" | "proven" | "proves" => error.hint("write `proved safe`"),
        "burn_rate" => error.hint(format!("write for instance `{}`", burn::LIKE.replace("error_rate", metric.text))),
        word => match suggest(word, ["trending", "regresses", "proved"]) {
            Some(hint) => error.hint(hint),
            None => error.hint("write one of `<` `<=` `>` `>=` `==` `!=`, or `trending`, `regresses` or `proved safe`"),
        },
    })
}
