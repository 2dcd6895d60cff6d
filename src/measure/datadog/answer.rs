//! Datadog's answers, read with suspicion.

use crate::analysis::NoData;
use crate::measure::fetch::shown;
use crate::measure::judge::{json, number, samples};
use crate::units::UnixMillis;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Answer<T> {
    data: Option<Data<T>>,
    errors: Option<Value>,
}

#[derive(Deserialize)]
struct Data<T> {
    attributes: T,
}

#[derive(Deserialize)]
struct Scalar {
    columns: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    #[serde(rename = "type")]
    kind: String,
    values: Vec<Value>,
}

#[derive(Deserialize)]
struct Timeseries {
    series: Vec<Value>,
    times: Vec<i64>,
    values: Vec<Vec<Value>>,
}

/// The value of the formula, and from how many samples it is where that was asked for as the second formula.
pub(super) fn scalar(body: &[u8], counted: bool) -> Result<(f64, Option<u64>), NoData> {
    let columns = attributes::<Scalar>(body)?.columns;
    let mut numbers = columns.iter().filter(|column| column.kind == "number");
    let value = numbers.next().ok_or(NoData::Empty)?;
    let value = number(value.only()?, "its value")?;
    let samples = match (counted, numbers.next()) {
        (false, _) => None,
        (true, None) => Some(0),
        (true, Some(column)) => match column.only() {
            Ok(Value::Null) | Err(NoData::Empty) => Some(0),
            Ok(count) => Some(samples(number(count, "its number of samples")?)?),
            Err(why) => return Err(why),
        },
    };
    Ok((value, samples))
}

/// Values with their times, those that are there.
pub(super) fn timeseries(body: &[u8]) -> Result<Vec<(UnixMillis, f64)>, NoData> {
    let Timeseries { series, times, values } = attributes(body)?;
    let only = match (series.len(), values.as_slice()) {
        (0, _) | (_, []) => return Err(NoData::Empty),
        (1, [only]) => only,
        (several, _) => return Err(NoData::SeveralSeries(several.max(values.len()))),
    };
    if only.len() != times.len() {
        return Err(NoData::Malformed("it has not as many times as values".to_owned()));
    }
    let there = times.into_iter().zip(only).filter(|(_, value)| !value.is_null());
    there.map(|(at, value)| Ok((UnixMillis::new(at), number(value, "a value")?))).collect()
}

/// What Datadog says is wrong, when the body is one of its errors.
pub(super) fn error_message(body: &[u8]) -> Option<String> {
    said(json(body).ok()?.get("errors")?)
}

fn attributes<T: for<'a> Deserialize<'a>>(body: &[u8]) -> Result<T, NoData> {
    let wrong = || NoData::Malformed("it is not an answer of Datadog's query API".to_owned());
    let document = json(body)?;
    if let Some(errors) = document.get("errors").and_then(said) {
        return Err(NoData::Refused(errors));
    }
    let answer: Answer<T> = serde_json::from_value(document).map_err(|_| wrong())?;
    if answer.errors.is_some_and(|errors| said(&errors).is_some()) {
        return Err(wrong());
    }
    answer.data.map(|data| data.attributes).ok_or_else(wrong)
}

/// A text, or a list of texts or of objects with `detail` or `title`.
fn said(errors: &Value) -> Option<String> {
    let one = |error: &Value| {
        let text = error.as_str().or_else(|| error.get("detail")?.as_str()).or_else(|| error.get("title")?.as_str());
        text.filter(|text| !text.trim().is_empty()).map(str::to_owned)
    };
    let several = errors.as_array().map_or(std::slice::from_ref(errors), Vec::as_slice);
    let said: Vec<String> = several.iter().filter_map(one).collect();
    if said.is_empty() { None } else { Some(shown(&said.join("; "))) }
}

impl Column {
    fn only(&self) -> Result<&Value, NoData> {
        match self.values.as_slice() {
            [] => Err(NoData::Empty),
            [only] => Ok(only),
            several => Err(NoData::SeveralSeries(several.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(columns: &str) -> String {
        format!(r#"{{"data":{{"type":"scalar_response","id":"0","attributes":{{"columns":[{columns}]}}}}}}"#)
    }

    fn column(values: &str) -> String {
        format!(r#"{{"name":"a","type":"number","meta":{{"unit":null}},"values":[{values}]}}"#)
    }

    #[test]
    fn the_first_number_is_the_value_and_the_second_its_samples() {
        let both = columns(&format!("{},{}", column("0.25"), column("120.0")));
        assert_eq!(scalar(both.as_bytes(), true), Ok((0.25, Some(120))));
        assert_eq!(scalar(both.as_bytes(), false), Ok((0.25, None)));
        let none = columns(&format!("{},{}", column("0.25"), column("null")));
        assert_eq!(scalar(none.as_bytes(), true), Ok((0.25, Some(0))));
        let grouped = r#"{"name":"host","type":"group","values":[["a"]]}"#;
        assert_eq!(scalar(columns(&format!("{grouped},{}", column("1"))).as_bytes(), false), Ok((1.0, None)));
    }

    #[test]
    fn what_is_no_number_is_no_data() {
        let grouped = r#"{"name":"host","type":"group","values":[["a"],["b"]]}"#;
        for (body, expected) in [
            (columns(""), "there are no values"),
            (columns(&column("")), "there are no values"),
            (columns(&column("null")), "there are no values"),
            (columns(&format!("{grouped},{}", column("1,2"))), "2 series match the query"),
            (columns(&column("\"1\"")), "is a text where a number is expected"),
            (columns(&column("{}")), "is an object where a number is expected"),
            (columns(r#"{"type":"number","values":1}"#), "it is not an answer of Datadog's query API"),
            (columns("7"), "it is not an answer of Datadog's query API"),
            ("null".to_owned(), "it is not an answer of Datadog's query API"),
            ("{}".to_owned(), "it is not an answer of Datadog's query API"),
            ("[]".to_owned(), "it is not an answer of Datadog's query API"),
            ("<html>".to_owned(), "not JSON at line 1"),
            (r#"{"errors":["Query\n timed out"]}"#.to_owned(), "error (Query timed out)"),
            (r#"{"errors":"limit","data":null}"#.to_owned(), "error (limit)"),
        ] {
            let why = scalar(body.as_bytes(), false).unwrap_err().to_string();
            assert!(why.contains(expected), "{body}: {why}");
        }
        let detail = br#"{"errors":[{"status":"403","title":"Forbidden","detail":"no key"},{"title":"x"}]}"#;
        assert_eq!(error_message(detail).as_deref(), Some("no key; x"));
        assert_eq!(error_message(br#"{"errors":[]}"#), None);
    }

    #[test]
    fn a_timeseries_has_its_own_times() {
        let body = |series: &str, values: &str| {
            let attributes = format!(r#"{{"series":[{series}],"times":[1000,2000,3000],"values":[{values}]}}"#);
            format!(r#"{{"data":{{"type":"timeseries_response","attributes":{attributes}}}}}"#)
        };
        let one = body(r#"{"query_index":0}"#, "[1,null,3]");
        let expected = vec![(UnixMillis::new(1_000), 1.0), (UnixMillis::new(3_000), 3.0)];
        assert_eq!(timeseries(one.as_bytes()), Ok(expected));
        assert_eq!(timeseries(body("", "").as_bytes()), Err(NoData::Empty));
        assert_eq!(timeseries(body("{},{}", "[1,2,3],[1,2,3]").as_bytes()), Err(NoData::SeveralSeries(2)));
        assert!(matches!(timeseries(body("{}", "[1]").as_bytes()), Err(NoData::Malformed(_))));
    }
}
