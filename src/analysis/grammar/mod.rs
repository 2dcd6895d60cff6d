//! The grammar of conditions, from text to [`Syntax`](super::syntax::Syntax).
//!
//! ```text
//! any       = all { "or" all }
//! all       = atom { "and" atom }
//! atom      = "(" any ")" | alert | burn | score | metric after
//! after     = compare | trend | regresses | safe
//! compare   = ( "<" | "<=" | ">" | ">=" | "==" | "!=" ) bound [ "for" duration ]
//! bound     = number [ unit ] | reference [ ( "+" | "-" ) number ( unit | "%" | "pp" ) | "*" number ]
//! reference = "baseline" | "control" | "previous" "wave" | "wave" "(" name ")"
//! trend     = [ "not" ] "trending" ( "up" | "down" ) "over" duration
//! regresses = "regresses" [ "by" percent ] [ "at" "alpha" number ]
//! safe      = "proved" "safe" [ "within" percent ] [ "at" "alpha" number ]
//! burn      = "burn_rate" "(" metric "," percent ")" ( ">" | ">=" ) number "over" duration "and" duration
//! score     = "score" "(" part { "," part } ")" ( ">" | ">=" ) number
//! part      = metric [ "weight" number ] [ "critical" ]
//! alert     = "alert" "(" [ test { "," test } ] ")"
//! test      = label ( "=" | "!=" ) string
//! ```
//!
//! Only the words that may begin an `atom` or a `bound` are reserved. The others follow a metric or a
//! number where no name can stand, so a metric may be called `trending` or `weight`; and `score`, for that one
//! begins an `atom` only with its parenthesis.

mod after_metric;
mod against_control;
mod alert;
mod bound;
mod brackets;
mod burn;
mod comparison;
mod number;
mod score;
mod slips;
mod trend;
mod whole;
mod words;

pub(super) use whole::{parse, parse_threshold};
pub(crate) use words::is_reserved;
