//! The posted document: a list of outcomes, bare or as `{"outcomes": [...]}`, or one outcome a line.

use super::error::{ItemProblem, OutcomesError};
use super::fields::Fields;
use super::item::{Resolve, outcome_of};
use super::place::{Place, Written};
use super::served::Served;
use crate::measure::batches::BatchIdError;
use crate::measure::{BatchId, Outcome};
use crate::units::{FlagKey, UnixMillis};
use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// How many outcomes one request may carry.
pub const MOST_OUTCOMES: usize = 10_000;

/// How many bad items are described; the rest are counted.
const MOST_PROBLEMS: usize = 20;

/// Outcomes of one request, all of them sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// What its sender calls it, where the document says so.
    pub id: Option<BatchId>,
    /// In the order in which they were posted.
    pub outcomes: Vec<Outcome>,
    /// Where each of them stands.
    pub places: Vec<Place>,
    /// How many more there were of which it is not known what their key was served then.
    pub unattributed: u64,
}

/// Reads posted outcomes: a JSON list of objects with `flag`, `targetingKey` or `variant` or both of them, `ok`, and
/// where there is one `latency` (milliseconds), `value` and `time`; bare, or as `outcomes` of an object that may have
/// a `batch` too; or one such object a line. Where there is no `variant`, `resolve` says which one a targeting key got
/// of a flag at a time, which is now when it is `None`.
///
/// # Errors
/// When anything in it is wrong: then nothing of it may be recorded. No text in the error repeats a
/// targeting key or a value.
pub fn parse_outcomes(
    body: &[u8],
    written: Written,
    mut resolve: impl FnMut(&FlagKey, &str, Option<UnixMillis>) -> Served,
) -> Result<Batch, OutcomesError> {
    let Listed { id, items } = match written {
        Written::Json => listed(body)?,
        Written::Lines => lines(body)?,
    };
    let (outcomes, places) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
    let batch = Batch { id, outcomes, places, unattributed: 0 };
    let mut reading = Reading { batch, problems: Vec::new(), more: 0 };
    items.into_iter().for_each(|(place, item)| reading.take(place, item, &mut resolve));
    reading.finish()
}

/// What was read so far.
struct Reading {
    batch: Batch,
    problems: Vec<ItemProblem>,
    more: usize,
}

impl Reading {
    fn take(&mut self, place: Place, item: &RawValue, resolve: &mut impl Resolve) {
        match outcome_of(place, item, resolve) {
            Ok(Some(outcome)) => {
                self.batch.outcomes.push(outcome);
                self.batch.places.push(place);
            }
            Ok(None) => self.batch.unattributed = self.batch.unattributed.saturating_add(1),
            Err(problem) if self.problems.len() < MOST_PROBLEMS => self.problems.push(problem),
            Err(_) => self.more = self.more.saturating_add(1),
        }
    }

    fn finish(self) -> Result<Batch, OutcomesError> {
        match self.problems.is_empty() {
            true => Ok(self.batch),
            false => Err(OutcomesError::Items { problems: self.problems, more: self.more }),
        }
    }
}

/// The items of a body, each still as it was written: their syntax is already known to be right.
struct Listed<'d> {
    id: Option<BatchId>,
    items: Vec<(Place, &'d RawValue)>,
}

impl<'d> Listed<'d> {
    fn of(id: Option<BatchId>, Items { first, count }: Items<'d>) -> Result<Self, OutcomesError> {
        if count > MOST_OUTCOMES {
            return Err(OutcomesError::TooMany { count });
        }
        let items = first.into_iter().enumerate().map(|(index, item)| (Place::Item(index), item));
        Ok(Self { id, items: items.collect() })
    }
}

/// The items of a list: what is too much is counted and not kept, for millions of them would take many times the room
/// of the body.
struct Items<'d> {
    first: Vec<&'d RawValue>,
    count: usize,
}

impl<'d> Deserialize<'d> for Items<'d> {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(ItemsVisitor)
    }
}

struct ItemsVisitor;

impl<'d> Visitor<'d> for ItemsVisitor {
    type Value = Items<'d>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'d>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Items { first: Vec::new(), count: 0 };
        while let Some(item) = list.next_element()? {
            items.count = items.count.saturating_add(1);
            if items.count <= MOST_OUTCOMES {
                items.first.push(item);
            }
        }
        Ok(items)
    }
}

fn listed(body: &[u8]) -> Result<Listed<'_>, OutcomesError> {
    let not_json = |error| OutcomesError::not_json(&error);
    match body.trim_ascii_start().first() {
        Some(b'[') => Listed::of(None, serde_json::from_slice(body).map_err(not_json)?),
        Some(b'{') => match serde_json::from_slice(body) {
            Ok(wrapper) => of_wrapper(&wrapper),
            Err(_) if is_lines(body) => Err(OutcomesError::Lines),
            Err(error) => Err(not_json(error)),
        },
        Some(_) => {
            serde_json::from_slice::<IgnoredAny>(body).map_err(not_json)?;
            Err(OutcomesError::NotAList)
        }
        None => Err(OutcomesError::NoBody),
    }
}

fn of_wrapper<'d>(wrapper: &Fields<'d>) -> Result<Listed<'d>, OutcomesError> {
    let (mut id, mut items) = (None, None);
    for (name, value) in &wrapper.0 {
        match &**name {
            "outcomes" if items.is_none() => {
                items = Some(serde_json::from_str(value.get()).map_err(|_| OutcomesError::NotAList)?);
            }
            "batch" if id.is_none() => {
                let text: String = serde_json::from_str(value.get()).map_err(|_| BatchIdError::NotAText)?;
                id = Some(BatchId::new(&text)?);
            }
            "batch" => return Err(BatchIdError::Twice.into()),
            "outcomes" => return Err(OutcomesError::NotAList),
            other => return Err(OutcomesError::unknown_field(other)),
        }
    }
    Listed::of(id, items.ok_or(OutcomesError::NotAList)?)
}

/// Whether what is no document begins with one that is a line.
fn is_lines(body: &[u8]) -> bool {
    let mut lines = body.trim_ascii().splitn(2, |byte| *byte == b'\n');
    let first = lines.next().is_some_and(|line| serde_json::from_slice::<IgnoredAny>(line).is_ok());
    first && lines.next().is_some()
}

/// Empty lines are no outcomes: the last one often is.
fn lines(body: &[u8]) -> Result<Listed<'_>, OutcomesError> {
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(OutcomesError::List);
    }
    let mut items = Vec::new();
    for (number, line) in (1..).zip(body.split(|byte| *byte == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        // What is too much is counted and not looked at.
        if items.len() >= MOST_OUTCOMES {
            let rest = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
            return Err(OutcomesError::TooMany { count: rest });
        }
        let item = serde_json::from_slice(line).map_err(|error| OutcomesError::not_json_on(number, &error))?;
        items.push((Place::Line(number), item));
    }
    match items.is_empty() {
        true => Err(OutcomesError::NoBody),
        false => Ok(Listed { id: None, items }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight megabytes of `0,` are four million items, each of which would take as much as eight of its bytes.
    #[test]
    fn what_is_over_the_bound_of_a_list_is_counted_and_not_kept() {
        let many = format!("[{}0]", "0,".repeat(99_999));
        let items: Items<'_> = serde_json::from_str(&many).unwrap();
        assert_eq!((items.first.len(), items.count), (MOST_OUTCOMES, 100_000));
        assert!(items.first.capacity() < 2 * MOST_OUTCOMES, "{}", items.first.capacity());
    }
}
