//! One line of the journal: `{"sum":"<16 hexadecimal digits>","closing":{...}}`, or `narrowing` for a step back. The
//! sum is the beginning of SHA-256 over the text of that object as it stands in the line.

use super::closing::ClosingRecord;
use super::narrowing::NarrowingRecord;
use crate::rollout::Cause;
use crate::store::encoding::CauseRow;
use crate::units::{RolloutName, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};

/// What a line keeps.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kept {
    Closing(ClosingRecord),
    Narrowing(NarrowingRecord),
}

/// One of both is there.
#[derive(Serialize, Deserialize)]
struct Line {
    sum: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closing: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    narrowing: Option<Box<RawValue>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClosingRow {
    rollout: String,
    attempt: u32,
    /// Unix milliseconds.
    at: i64,
    cause: CauseRow,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NarrowingRow {
    rollout: String,
    attempt: u32,
    step: u32,
    wave: usize,
    /// Unix milliseconds.
    at: i64,
    seen: String,
}

/// The line with its end.
pub(super) fn write(kept: &Kept) -> serde_json::Result<String> {
    let written = match kept {
        Kept::Closing(record) => {
            let closing = to_raw_value(&ClosingRow::from(record))?;
            Line { sum: sum(closing.get()), closing: Some(closing), narrowing: None }
        }
        Kept::Narrowing(record) => {
            let narrowing = to_raw_value(&NarrowingRow::from(record))?;
            Line { sum: sum(narrowing.get()), closing: None, narrowing: Some(narrowing) }
        }
    };
    let mut line = serde_json::to_string(&written)?;
    line.push('\n');
    Ok(line)
}

/// The record in a line without its end; `None` when it is not as it was written.
pub(super) fn read(line: &[u8]) -> Option<Kept> {
    let Line { sum: told, closing, narrowing } = serde_json::from_slice(line).ok()?;
    let sound = |text: &RawValue| told == sum(text.get());
    match (closing, narrowing) {
        (Some(text), None) if sound(&text) => {
            let row: ClosingRow = serde_json::from_str(text.get()).ok()?;
            Some(Kept::Closing(ClosingRecord {
                rollout: RolloutName::new(&row.rollout).ok()?,
                attempt: row.attempt,
                at: UnixMillis::new(row.at),
                cause: Cause::try_from(row.cause).ok()?,
            }))
        }
        (None, Some(text)) if sound(&text) => {
            let row: NarrowingRow = serde_json::from_str(text.get()).ok()?;
            let NarrowingRow { attempt, step, wave, seen, .. } = row;
            let rollout = RolloutName::new(&row.rollout).ok()?;
            Some(Kept::Narrowing(NarrowingRecord { rollout, attempt, step, wave, at: UnixMillis::new(row.at), seen }))
        }
        (Some(_) | None, Some(_) | None) => None,
    }
}

impl From<&ClosingRecord> for ClosingRow {
    fn from(record: &ClosingRecord) -> Self {
        let ClosingRecord { rollout, attempt, at, cause } = record;
        Self { rollout: rollout.to_string(), attempt: *attempt, at: at.get(), cause: cause.into() }
    }
}

impl From<&NarrowingRecord> for NarrowingRow {
    fn from(record: &NarrowingRecord) -> Self {
        let NarrowingRecord { rollout, attempt, step, wave, at, seen } = record;
        let (rollout, seen) = (rollout.to_string(), seen.clone());
        Self { rollout, attempt: *attempt, step: *step, wave: *wave, at: at.get(), seen }
    }
}

fn sum(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
