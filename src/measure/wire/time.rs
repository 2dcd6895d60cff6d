//! When an outcome happened, as applications write it.

use crate::units::UnixMillis;
use chrono::DateTime;
use serde_json::value::RawValue;

/// Whole milliseconds since 1970 that are under this were meant as seconds: they would be of early 1973 at the latest.
const SECONDS_UP_TO: i64 = 100_000_000_000;

/// Reads a time: RFC 3339 as a text, or whole milliseconds since 1970 as a number.
///
/// # Errors
/// When it is neither, with what is wrong.
pub(super) fn time(value: &RawValue) -> Result<UnixMillis, &'static str> {
    const EITHER: &str = "must be an RFC 3339 text, such as \"2026-11-22T10:00:00Z\", or whole milliseconds since 1970";
    if value.get().starts_with('"') {
        let text: String = serde_json::from_str(value.get()).map_err(|_| EITHER)?;
        let read = DateTime::parse_from_rfc3339(&text).map_err(|_| EITHER)?;
        return Ok(UnixMillis::new(read.timestamp_millis()));
    }
    match serde_json::from_str::<i64>(value.get()) {
        Ok(1..SECONDS_UP_TO) => Err("looks like seconds: it must be in milliseconds since 1970, or an RFC 3339 text"),
        Ok(millis) => Ok(UnixMillis::new(millis)),
        Err(_) => Err(EITHER),
    }
}
