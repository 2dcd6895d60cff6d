//! What any answer must be before it counts: a number that is finite, of a time that is neither old nor to come.

use crate::analysis::{NoData, Reading};
use crate::units::{UnixMillis, format_duration};
use serde_json::Value;
use serde_json::error::Category;
use std::time::Duration;

/// How far another system's clock may be ahead of ours before its answer is doubted.
const MOST_AHEAD: Duration = Duration::from_secs(60);

/// A document in JSON. What it says is not repeated: whatever stands before a provider may put anything into a page.
pub(super) fn json(body: &[u8]) -> Result<Value, NoData> {
    serde_json::from_slice(body).map_err(|error| {
        NoData::Malformed(match error.classify() {
            Category::Eof => "the JSON stops in the middle".to_owned(),
            Category::Data | Category::Syntax | Category::Io => {
                format!("not JSON at line {}, column {}", error.line(), error.column())
            }
        })
    })
}

/// A finite number. `what` names it, such as `its value`.
pub(super) fn number(value: &Value, what: &str) -> Result<f64, NoData> {
    let wrong = |kind: &str| Err(NoData::Malformed(format!("{what} is {kind} where a number is expected")));
    match value {
        Value::Number(number) => number.as_f64().map_or_else(|| wrong("too large"), finite),
        Value::Null => Err(NoData::Empty),
        Value::Bool(_) => wrong("true or false"),
        Value::String(_) => wrong("a text"),
        Value::Array(_) => wrong("a list"),
        Value::Object(_) => wrong("an object"),
    }
}

/// A number as a text has it.
pub(super) fn number_in_text(text: &str, what: &str) -> Result<f64, NoData> {
    match text.trim().parse::<f64>() {
        Ok(number) => finite(number),
        Err(_) => Err(NoData::Malformed(format!("{what} is a text where a number is expected"))),
    }
}

/// A number that can be compared.
pub(super) fn finite(number: f64) -> Result<f64, NoData> {
    match number {
        number if number.is_finite() => Ok(number),
        number if number.is_nan() => Err(NoData::NotFinite("NaN".to_owned())),
        number => Err(NoData::NotFinite(if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned())),
    }
}

/// How many samples: a whole number, or one with a fraction that is left out.
pub(super) fn samples(number: f64) -> Result<u64, NoData> {
    // A float of this size is still exact as a whole number.
    if !(0.0..=9.0e15).contains(&number) {
        return Err(NoData::Malformed("its number of samples is negative or too large".to_owned()));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was just checked")]
    Ok(number as u64)
}

/// A moment from seconds since 1970.
pub(super) fn moment(seconds: f64) -> Result<UnixMillis, NoData> {
    let millis = (seconds * 1_000.0).round();
    // A float of this size is still exact in milliseconds, and far beyond any real clock.
    if !(-9.0e15..=9.0e15).contains(&millis) {
        return Err(NoData::Malformed("its time is none".to_owned()));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was just checked")]
    Ok(UnixMillis::new(millis as i64))
}

/// Refuses what is too old, and what has not come yet.
pub(super) fn fresh(at: UnixMillis, now: UnixMillis, max_age: Duration) -> Result<(), NoData> {
    if now.since(at) > max_age {
        return Err(NoData::Stale(now.since(at)));
    }
    match at.since(now) > MOST_AHEAD {
        true => {
            let ahead = format_duration(at.since(now));
            Err(NoData::Malformed(format!("its time is {ahead} in the future: compare the clocks")))
        }
        false => Ok(()),
    }
}

/// A value with what is known of it; no data where it is from too few samples.
pub(super) fn enough(value: f64, at: UnixMillis, samples: Option<u64>, need: u64) -> Result<Reading, NoData> {
    match samples {
        Some(have) if have < need => Err(NoData::TooFew { have, need }),
        None if need > 0 => Err(NoData::TooFew { have: 0, need }),
        samples => Ok(Reading::Value { value, samples, at }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_numbers_are_numbers() {
        for (text, expected) in [
            ("null", "there are no values"),
            ("true", "is true or false where a number is expected"),
            ("\"12\"", "is a text where a number is expected"),
            ("[1]", "is a list where a number is expected"),
            ("{\"value\":1}", "is an object where a number is expected"),
        ] {
            let why = number(&json(text.as_bytes()).unwrap(), "its value").unwrap_err().to_string();
            assert!(why.contains(expected), "{text}: {why}");
        }
        for text in ["1e999", "NaN", "{\"a\":1} x", "[1,", "", "<html>"] {
            assert!(matches!(json(text.as_bytes()), Err(NoData::Malformed(_))), "{text}");
        }
        assert_eq!(number_in_text(" 0.5\n", "it"), Ok(0.5));
        assert_eq!(number_in_text("nan", "it"), Err(NoData::NotFinite("NaN".to_owned())));
        assert_eq!(number_in_text("-1e999", "it"), Err(NoData::NotFinite("-Inf".to_owned())));
        assert!(matches!(number_in_text("12 %", "it"), Err(NoData::Malformed(_))));
    }

    #[test]
    fn what_is_old_or_to_come_is_refused() {
        let now = UnixMillis::new(1_700_000_000_000);
        let age = Duration::from_secs(300);
        assert_eq!(fresh(now.minus(age), now, age), Ok(()));
        assert!(matches!(fresh(now.minus(Duration::from_secs(301)), now, age), Err(NoData::Stale(_))));
        let why = fresh(now.plus(Duration::from_secs(61)), now, age).unwrap_err().to_string();
        assert!(why.contains("1m 01s in the future"), "{why}");
        assert!(moment(f64::NAN).is_err() && moment(1e300).is_err());
    }

    #[test]
    fn samples_that_are_asked_for_must_be_there() {
        let now = UnixMillis::new(1);
        assert_eq!(enough(1.0, now, None, 5), Err(NoData::TooFew { have: 0, need: 5 }));
        assert_eq!(enough(1.0, now, Some(4), 5), Err(NoData::TooFew { have: 4, need: 5 }));
        assert!(enough(1.0, now, Some(5), 5).is_ok() && enough(1.0, now, None, 0).is_ok());
        assert!(samples(-1.0).is_err() && samples(f64::NAN).is_err());
        assert_eq!(samples(12.7), Ok(12));
    }
}
