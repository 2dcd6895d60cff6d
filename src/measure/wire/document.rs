//! The posted document: a list of outcomes, bare or as `{"outcomes": [...]}`.

use super::error::OutcomesError;
use super::fields::Fields;
use super::item::outcome_of;
use crate::measure::Outcome;
use crate::units::{FlagKey, VariantName};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// How many outcomes one request may carry.
pub const MOST_OUTCOMES: usize = 10_000;

/// How many bad items are described; the rest are counted.
const MOST_PROBLEMS: usize = 20;

/// Outcomes of one request, all of them sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// In the order in which they were posted.
    pub outcomes: Vec<Outcome>,
}

/// Reads posted outcomes: a JSON list of objects with `flag`, `targetingKey` or `variant` or both of them,
/// `ok`, and where there is one `latency` (milliseconds) and `value`. Where there is no `variant`, `resolve`
/// says which one a targeting key gets of a flag; `None` when the flag is unknown or serves it none.
///
/// # Errors
/// When anything in it is wrong: then nothing of it may be recorded. No text in the error repeats a
/// targeting key or a value.
pub fn parse_outcomes(
    body: &[u8],
    resolve: impl Fn(&FlagKey, &str) -> Option<VariantName>,
) -> Result<Batch, OutcomesError> {
    let items = items(body)?;
    if items.len() > MOST_OUTCOMES {
        return Err(OutcomesError::TooMany { count: items.len() });
    }
    let mut outcomes = Vec::with_capacity(items.len());
    let (mut problems, mut more) = (Vec::new(), 0_usize);
    for (index, item) in items.into_iter().enumerate() {
        match outcome_of(index, item, &resolve) {
            Ok(outcome) => outcomes.push(outcome),
            Err(problem) if problems.len() < MOST_PROBLEMS => problems.push(problem),
            Err(_) => more = more.saturating_add(1),
        }
    }
    match problems.is_empty() {
        true => Ok(Batch { outcomes }),
        false => Err(OutcomesError::Items { problems, more }),
    }
}

/// The list's items, each still as it was written: their syntax is already known to be right.
fn items(body: &[u8]) -> Result<Vec<&RawValue>, OutcomesError> {
    let not_json = |error| OutcomesError::not_json(&error);
    match body.trim_ascii_start().first() {
        Some(b'[') => serde_json::from_slice(body).map_err(not_json),
        Some(b'{') => items_of_wrapper(&serde_json::from_slice(body).map_err(not_json)?),
        Some(_) => {
            serde_json::from_slice::<IgnoredAny>(body).map_err(not_json)?;
            Err(OutcomesError::NotAList)
        }
        None => Err(OutcomesError::NoBody),
    }
}

fn items_of_wrapper<'d>(wrapper: &Fields<'d>) -> Result<Vec<&'d RawValue>, OutcomesError> {
    match wrapper.0.as_slice() {
        [(name, list)] if name == "outcomes" => serde_json::from_str(list.get()).map_err(|_| OutcomesError::NotAList),
        fields => match fields.iter().find(|(name, _)| name != "outcomes") {
            Some((name, _)) => Err(OutcomesError::unknown_field(name)),
            None => Err(OutcomesError::NotAList),
        },
    }
}
