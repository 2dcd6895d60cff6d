//! One value picked out of a JSON document by a JSONPath.

use super::judge::{moment, number, samples};
use crate::analysis::NoData;
use crate::units::UnixMillis;
use serde_json::Value;
use serde_json_path::JsonPath;

/// Reads a path that was found sound when the plan was.
fn read(path: &str) -> Result<JsonPath, NoData> {
    JsonPath::parse(path).map_err(|error| NoData::Refused(format!("the path `{path}` is no JSONPath: {error}")))
}

/// The one value at a path. `what` names it, such as `its value`.
fn one<'v>(document: &'v Value, path: &str) -> Result<&'v Value, NoData> {
    let path = read(path)?;
    match path.query(document).all().as_slice() {
        [] => Err(NoData::Empty),
        [only] => Ok(*only),
        several => Err(NoData::SeveralSeries(several.len())),
    }
}

/// The number at a path.
pub(super) fn value(document: &Value, path: &str) -> Result<f64, NoData> {
    number(one(document, path)?, "its value")
}

/// The number of samples at a path.
pub(super) fn count(document: &Value, path: &str) -> Result<u64, NoData> {
    samples(number(one(document, path)?, "its number of samples")?)
}

/// The moment at a path: RFC 3339, or the seconds or milliseconds since 1970.
pub(super) fn time(document: &Value, path: &str) -> Result<UnixMillis, NoData> {
    let wrong = || NoData::Malformed("its time is neither RFC 3339 nor a number of seconds or milliseconds".to_owned());
    match one(document, path)? {
        Value::String(text) => {
            let read = chrono::DateTime::parse_from_rfc3339(text).map_err(|_| wrong())?;
            Ok(UnixMillis::new(read.timestamp_millis()))
        }
        Value::Number(number) => {
            let number = number.as_f64().ok_or_else(wrong)?;
            // As seconds this would be after the year 5000, as milliseconds it is since 1973.
            if number.abs() < 1.0e11 { moment(number) } else { moment(number / 1_000.0) }
        }
        Value::Null => Err(NoData::Empty),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_gives_one_number_or_the_reason_why_not() {
        let document = json!({ "data": [{ "v": 0.5, "n": 20 }, { "v": 1.5, "n": 3 }], "t": "x", "o": {}, "z": null });
        assert_eq!(value(&document, "$.data[0].v"), Ok(0.5));
        assert_eq!(value(&document, "$.data[?@.n == 3].v"), Ok(1.5));
        assert_eq!(count(&document, "$['data'][0]['n']"), Ok(20));
        assert_eq!(value(&document, "$.data[*].v"), Err(NoData::SeveralSeries(2)));
        assert_eq!(value(&document, "$.other"), Err(NoData::Empty));
        assert_eq!(value(&document, "$.z"), Err(NoData::Empty));
        for (path, expected) in
            [("$.t", "is a text"), ("$.o", "is an object"), ("$.data", "is a list"), ("$.", "is no JSONPath")]
        {
            let why = value(&document, path).unwrap_err().to_string();
            assert!(why.contains(expected), "{why}");
        }
    }

    #[test]
    fn times_are_read_as_systems_write_them() {
        let at = UnixMillis::new(1_700_000_000_250);
        for written in [
            json!("2023-11-14T22:13:20.25Z"),
            json!("2023-11-14T23:13:20.250+01:00"),
            json!(1_700_000_000_250_u64),
            json!(1_700_000_000.25),
        ] {
            assert_eq!(time(&json!([written]), "$[0]"), Ok(at), "{written}");
        }
        for written in [json!("yesterday"), json!(true), json!([]), json!(1e300), json!("2023-11-14 22:13")] {
            assert!(matches!(time(&json!([written]), "$[0]"), Err(NoData::Malformed(_))), "{written}");
        }
    }
}
