//! Durations as people write them: `250ms`, `15m`, `1h30m`, `14d`.

use std::time::Duration;

/// The units that may be written, largest first, with their milliseconds.
const UNITS: [(&str, u64); 6] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// The longest duration a plan may name: ten years, far over any real bake and far under any overflow.
const LONGEST_MILLIS: u64 = 10 * 365 * 86_400_000;

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not a sequence of number and unit.
    #[error("`{0}` is not a duration: write a number and a unit such as `30s`, `15m`, `24h` or `14d`")]
    NotADuration(String),
    /// Over ten years.
    #[error("`{0}` is longer than ten years")]
    TooLong(String),
}

/// Reads `90s`, `1h30m` or `14d`. Units: ms, s, m, h, d, w, whole numbers only, largest first.
///
/// # Errors
/// When the text is not of that form, or longer than ten years.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let not = || DurationError::NotADuration(text.to_owned());
    let too_long = || DurationError::TooLong(text.to_owned());
    let mut rest = text.trim();
    let mut millis: u64 = 0;
    let mut previous_unit = u64::MAX;
    if rest.is_empty() {
        return Err(not());
    }
    while !rest.is_empty() {
        let digits_end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(not)?;
        let (digits, tail) = rest.split_at(digits_end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit.trim()).ok_or_else(not)?;
        if digits.is_empty() || *scale >= previous_unit {
            return Err(not());
        }
        previous_unit = *scale;
        let count: u64 = digits.parse().map_err(|_| too_long())?;
        millis = count.checked_mul(*scale).and_then(|part| millis.checked_add(part)).ok_or_else(too_long)?;
        rest = tail;
    }
    if millis > LONGEST_MILLIS {
        return Err(too_long());
    }
    Ok(Duration::from_millis(millis))
}

/// Writes a duration with its two largest units: `17h 02m`, `5m`, `1.5s`, `250ms`.
#[must_use]
pub fn format_duration(span: Duration) -> String {
    let seconds = span.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let pair = |whole: u64, unit: &str, part: u64, part_unit: &str| match part {
        0 => format!("{whole}{unit}"),
        part => format!("{whole}{unit} {part:02}{part_unit}"),
    };
    match (days, hours, minutes, seconds) {
        (0, 0, 0, 0) if span.is_zero() => "0s".to_owned(),
        (0, 0, 0, 0) => format!("{}ms", span.as_millis()),
        (0, 0, 0, 1..10) if span.subsec_millis() > 99 => format!("{seconds}.{}s", span.subsec_millis() / 100),
        (0, 0, 0, _) => format!("{seconds}s"),
        (0, 0, _, _) => pair(minutes, "m", seconds % 60, "s"),
        (0, _, _, _) => pair(hours, "h", minutes % 60, "m"),
        _ => pair(days, "d", hours % 24, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, millis, written) in [
            ("250ms", 250, "250ms"),
            ("1500ms", 1_500, "1.5s"),
            ("15m", 900_000, "15m"),
            ("1h30m", 5_400_000, "1h 30m"),
            ("24h", 86_400_000, "1d"),
            ("17h2m", 61_320_000, "17h 02m"),
            ("2w", 1_209_600_000, "14d"),
            ("0s", 0, "0s"),
        ] {
            let span = parse_duration(text);
            assert_eq!(span, Ok(Duration::from_millis(millis)), "{text}");
            assert_eq!(span.map(format_duration).as_deref(), Ok(written));
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "5", "m", "5 parsecs", "-5m", "5m5m", "5s1h", "1.5h", "٣m"] {
            assert!(matches!(parse_duration(text), Err(DurationError::NotADuration(_))), "{text}");
        }
        for text in ["11000d", "99999999999999999999h", "9999999999999999w"] {
            assert!(matches!(parse_duration(text), Err(DurationError::TooLong(_))), "{text}");
        }
    }
}
