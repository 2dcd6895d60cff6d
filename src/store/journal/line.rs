//! One line of the journal: `{"sum":"<16 hexadecimal digits>","closing":{...}}`. The sum is the beginning of
//! SHA-256 over the closing's text as it stands in the line.

use super::closing::ClosingRecord;
use crate::rollout::Cause;
use crate::store::encoding::CauseRow;
use crate::units::{RolloutName, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

#[derive(Serialize, Deserialize)]
struct Line {
    sum: String,
    closing: Box<RawValue>,
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

/// The line with its end.
pub(super) fn write(record: &ClosingRecord) -> serde_json::Result<String> {
    let row = ClosingRow {
        rollout: record.rollout.to_string(),
        attempt: record.attempt,
        at: record.at.get(),
        cause: (&record.cause).into(),
    };
    let closing = serde_json::value::to_raw_value(&row)?;
    let mut line = serde_json::to_string(&Line { sum: sum(closing.get()), closing })?;
    line.push('\n');
    Ok(line)
}

/// The record in a line without its end; `None` when it is not as it was written.
pub(super) fn read(line: &[u8]) -> Option<ClosingRecord> {
    let line: Line = serde_json::from_slice(line).ok()?;
    if line.sum != sum(line.closing.get()) {
        return None;
    }
    let row: ClosingRow = serde_json::from_str(line.closing.get()).ok()?;
    Some(ClosingRecord {
        rollout: RolloutName::new(&row.rollout).ok()?,
        attempt: row.attempt,
        at: UnixMillis::new(row.at),
        cause: Cause::try_from(row.cause).ok()?,
    })
}

fn sum(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
