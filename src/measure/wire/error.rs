//! What is wrong with posted outcomes, in words that repeat none of their keys and values.

use super::document::MOST_OUTCOMES;
use super::item::FIELDS;
use super::place::Place;
use crate::measure::batches::BatchIdError;
use crate::source::suggest;
use std::fmt;

/// A name longer than this is not repeated: it may be data that got into the wrong place.
const LONGEST_NAME: usize = 40;

/// Why a body is no batch of outcomes. The texts never repeat a targeting key or a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutcomesError {
    /// Nothing was sent.
    #[error("the body is empty: send a JSON list of outcomes")]
    NoBody,
    /// Not JSON, or the end of it is missing.
    #[error("the body is not JSON: {what} at line {line}, column {column}")]
    NotJson {
        /// What the reader met.
        what: &'static str,
        /// From 1.
        line: usize,
        /// From 1; 0 at the beginning of a line.
        column: usize,
    },
    /// JSON, but nothing with outcomes in it.
    #[error(
        "the body must be a list of outcomes, or an object whose `outcomes` is one, or one outcome a line with the content type application/x-ndjson"
    )]
    NotAList,
    /// Beside `outcomes` there is something else.
    #[error("unknown field {field} beside `outcomes`{}", if *is_outcome { "; a single outcome is sent in a list too" } else { "" })]
    UnknownField {
        /// Its name in backquotes, or a description of it.
        field: String,
        /// Whether an outcome has a field of that name.
        is_outcome: bool,
    },
    /// One outcome a line, and the content type says that it is one document.
    #[error("the body is one JSON document a line: send it with the content type application/x-ndjson")]
    Lines,
    /// A list, and the content type says that it is one outcome a line.
    #[error("the body is a list: send it with the content type application/json")]
    List,
    /// The batch has a name that cannot be one.
    #[error("`batch` {0}")]
    Batch(#[from] BatchIdError),
    /// More than one request may carry.
    #[error("{count} outcomes in one request; send at most {MOST_OUTCOMES} and the rest in further requests")]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// Items are wrong.
    #[error("nothing was recorded: {}", listed(problems, *more))]
    Items {
        /// The first ones, in their order; at least one.
        problems: Vec<ItemProblem>,
        /// How many more items are wrong.
        more: usize,
    },
}

/// What is wrong with one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemProblem {
    /// Where it stands.
    pub place: Place,
    /// The field concerned; `None` when it is the whole item.
    pub field: Option<&'static str>,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl OutcomesError {
    /// `serde_json`'s own words are not used: they may quote what was sent.
    pub(super) fn not_json(error: &serde_json::Error) -> Self {
        Self::NotJson { what: what_of(error), line: error.line(), column: error.column() }
    }

    /// The same of a line of its own, from 1.
    pub(super) fn not_json_on(line: usize, error: &serde_json::Error) -> Self {
        Self::NotJson { what: what_of(error), line, column: error.column() }
    }

    pub(super) fn unknown_field(name: &str) -> Self {
        Self::UnknownField { field: quoted(name), is_outcome: FIELDS.contains(&name) }
    }
}

fn what_of(error: &serde_json::Error) -> &'static str {
    if error.is_eof() { "it stops in the middle" } else { "a character that cannot be there" }
}

impl ItemProblem {
    pub(super) fn unknown_field(place: Place, name: &str) -> Self {
        let known = FIELDS.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ");
        let hint = suggest(name, FIELDS).unwrap_or_else(|| format!("an outcome may have {known}"));
        Self { place, field: None, message: format!("unknown field {}", quoted(name)), hint: Some(hint) }
    }
}

impl fmt::Display for ItemProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place)?;
        if let Some(field) = self.field {
            write!(f, ", `{field}`")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// A field's name if it looks like one.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match name.len() <= LONGEST_NAME && name.chars().all(plain) {
        true => format!("`{name}`"),
        false => "with a name that is none of the known ones".to_owned(),
    }
}

fn listed(problems: &[ItemProblem], more: usize) -> String {
    let mut text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    if more > 0 {
        text.push_str(&format!("\nand {more} more items are wrong"));
    }
    text
}
