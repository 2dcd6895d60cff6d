//! InfluxDB's answers, read with suspicion: JSON for InfluxQL, annotated CSV for Flux.

use crate::analysis::NoData;
use crate::measure::fetch::shown;
use crate::measure::judge::{json, moment, number, number_in_text};
use crate::units::UnixMillis;
use serde::Deserialize;
use serde_json::Value;

/// A value, and its time where it has one.
pub(super) type Timed = (Option<UnixMillis>, f64);

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    results: Vec<Statement>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Statement {
    #[serde(default)]
    series: Vec<Series>,
    #[serde(default)]
    partial: bool,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Series {
    columns: Vec<String>,
    values: Vec<Vec<Value>>,
    #[serde(default)]
    partial: bool,
}

/// The newest value of the only series, with times in milliseconds. InfluxQL gives the beginning of the time range where
/// a function gives one value for all of it: only where there are several rows does the time say when a value is from.
/// With `last(value)` of a query that does not bound the time it is that of the point, which may be long ago; 0 is none.
pub(super) fn influxql(body: &[u8], bounds_time: bool) -> Result<Timed, NoData> {
    let wrong = || NoData::Malformed("it is not an answer of InfluxDB's query API".to_owned());
    let answer: Answer = serde_json::from_value(json(body)?).map_err(|_| wrong())?;
    if let Some(error) = answer.error.as_deref().or(answer.results.iter().find_map(|one| one.error.as_deref())) {
        return Err(NoData::Refused(shown(error)));
    }
    if answer.results.len() > 1 {
        return Err(NoData::Malformed("the query has several statements: one is needed".to_owned()));
    }
    let statement = answer.results.into_iter().next().ok_or_else(wrong)?;
    let series = match statement.series.as_slice() {
        [] => return Err(NoData::Empty),
        [only] => only,
        several => return Err(NoData::SeveralSeries(several.len())),
    };
    if statement.partial || series.partial {
        return Err(NoData::Refused("a part of the data is missing".to_owned()));
    }
    match series.columns.as_slice() {
        [time, _] if time == "time" => {}
        columns => {
            let wanted = "`time` and one value are needed";
            return Err(NoData::Malformed(format!("it has {} columns where {wanted}", columns.len())));
        }
    }
    let there = series.values.iter().filter(|row| row.get(1).is_some_and(|value| !value.is_null()));
    let rows: Result<Vec<(UnixMillis, f64)>, NoData> = there
        .map(|row| {
            let [time, value] = row.as_slice() else { return Err(wrong()) };
            Ok((moment(number(time, "its time")? / 1_000.0)?, number(value, "its value")?))
        })
        .collect();
    let newest = rows?.into_iter().max_by_key(|(at, _)| *at).ok_or(NoData::Empty)?;
    let own = series.values.len() > 1 || (!bounds_time && newest.0 != UnixMillis::new(0));
    Ok((Some(newest.0).filter(|_| own), newest.1))
}

/// The newest value of the only table.
pub(super) fn flux(body: &[u8]) -> Result<Timed, NoData> {
    let wrong = |what: &str| NoData::Malformed(format!("it is not InfluxDB's CSV: {what}"));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).comment(Some(b'#')).from_reader(body);
    let mut header: Option<Columns> = None;
    let mut found: Option<((usize, String, String), Timed)> = None;
    let mut headers = 0_usize;
    let mut tables = 1_usize;
    for record in reader.records() {
        let record = record.map_err(|_| wrong("a line is no CSV"))?;
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        // Every table may have a header of its own; an error comes as a table too.
        if let Some(columns) = Columns::of(&record) {
            header = Some(columns);
            headers = headers.saturating_add(1);
            continue;
        }
        let columns = header.as_ref().ok_or_else(|| wrong("there is no column `_value`"))?;
        let field = |index: usize| record.get(index).unwrap_or("");
        let Some(value) = columns.value else {
            return Err(NoData::Refused(shown(columns.error.map_or("an error", field))));
        };
        if field(value).is_empty() {
            continue;
        }
        let number = number_in_text(field(value), "its value")?;
        let at = columns.time.map(field).filter(|text| !text.is_empty());
        let at = at.map(|text| chrono::DateTime::parse_from_rfc3339(text).map_err(|_| wrong("its time is none")));
        let at = at.transpose()?.map(|at| UnixMillis::new(at.timestamp_millis()));
        // Tables are counted for each result anew, and a query may have several results.
        let table = columns.table.map_or("", field).to_owned();
        let table = (headers, columns.result.map_or("", field).to_owned(), table);
        found = match found {
            Some((known, _)) if known != table => {
                tables = tables.saturating_add(1);
                Some((table, (at, number)))
            }
            Some((known, older)) if older.0 > at => Some((known, older)),
            Some(_) | None => Some((table, (at, number))),
        };
    }
    match (found, tables) {
        (None, _) => Err(NoData::Empty),
        (Some((_, timed)), 1) => Ok(timed),
        (Some(_), several) => Err(NoData::SeveralSeries(several)),
    }
}

/// Where a table of Flux has what.
struct Columns {
    value: Option<usize>,
    time: Option<usize>,
    table: Option<usize>,
    result: Option<usize>,
    error: Option<usize>,
}

impl Columns {
    fn of(record: &csv::StringRecord) -> Option<Self> {
        let place = |name: &str| record.iter().position(|field| field == name);
        let (value, error) = (place("_value"), place("error"));
        let is_header = value.is_some() || (error.is_some() && place("reference").is_some());
        is_header.then(|| Self { value, time: place("_time"), table: place("table"), result: place("result"), error })
    }
}

/// What InfluxDB says is wrong, when the body is one of its errors.
pub(super) fn error_message(body: &[u8]) -> Option<String> {
    let document = json(body).ok()?;
    let text = |name: &str| document.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text("error").or_else(|| text("message")).map(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(columns: &str, values: &str) -> String {
        format!(
            r#"{{"results":[{{"statement_id":0,"series":[{{"name":"m","columns":[{columns}],"values":[{values}]}}]}}]}}"#
        )
    }

    const COLUMNS: &str = r#""time","mean""#;

    #[test]
    fn influxql_gives_the_newest_value() {
        let one = series(COLUMNS, "[0,0.5]");
        assert_eq!(influxql(one.as_bytes(), true), Ok((None, 0.5)));
        let several = series(COLUMNS, "[1700000000000,1],[1700000060000,2],[1700000120000,null]");
        assert_eq!(influxql(several.as_bytes(), true), Ok((Some(UnixMillis::new(1_700_000_060_000)), 2.0)));
        assert_eq!(influxql(one.as_bytes(), false), Ok((None, 0.5)), "a function over all time has no time");
        let last = series(COLUMNS, "[1700000000000,1]");
        assert_eq!(influxql(last.as_bytes(), false), Ok((Some(UnixMillis::new(1_700_000_000_000)), 1.0)));
        assert_eq!(influxql(last.as_bytes(), true), Ok((None, 1.0)), "the beginning of what was asked for");
    }

    #[test]
    fn what_influxql_gives_otherwise_is_no_data() {
        let two =
            r#"{"results":[{"series":[{"columns":["time","v"],"values":[]},{"columns":["time","v"],"values":[]}]}]}"#;
        for (body, expected) in [
            (r#"{"results":[{"statement_id":0}]}"#.to_owned(), "there are no values"),
            (series(COLUMNS, ""), "there are no values"),
            (series(COLUMNS, "[1,null]"), "there are no values"),
            (series(COLUMNS, r#"[1,"many"]"#), "is a text where a number is expected"),
            (series(COLUMNS, r#"["x",1]"#), "is a text where a number is expected"),
            (series(COLUMNS, "[1]"), "there are no values"),
            (series(r#""time","a","b""#, "[1,2,3]"), "3 columns where `time` and one value are needed"),
            (
                series(COLUMNS, "[1,2]").replace(r#""statement_id":0"#, r#""partial":true"#),
                "a part of the data is missing",
            ),
            (two.to_owned(), "2 series match the query"),
            (r#"{"results":[{},{}]}"#.to_owned(), "several statements"),
            (r#"{"results":[]}"#.to_owned(), "it is not an answer of InfluxDB"),
            (r#"{"results":[{"error":"database not found: x"}]}"#.to_owned(), "error (database not found: x)"),
            (r#"{"error":"error parsing query"}"#.to_owned(), "error (error parsing query)"),
            ("null".to_owned(), "it is not an answer of InfluxDB"),
        ] {
            let why = influxql(body.as_bytes(), true).unwrap_err().to_string();
            assert!(why.contains(expected), "{body}: {why}");
        }
    }

    #[test]
    fn flux_gives_the_newest_value_of_one_table() {
        let head = "#datatype,string,long,dateTime:RFC3339,double\r\n#group,false,false,false,false\r\n#default,_result,,,\r\n";
        let rows =
            ",result,table,_time,_value\r\n,,0,2023-11-14T22:13:20Z,0.5\r\n,,0,2023-11-14T22:14:20.5Z,1.5\r\n\r\n";
        assert_eq!(flux(format!("{head}{rows}").as_bytes()), Ok((Some(UnixMillis::new(1_700_000_060_500)), 1.5)));
        assert_eq!(flux(rows.as_bytes()), Ok((Some(UnixMillis::new(1_700_000_060_500)), 1.5)));
        assert_eq!(flux(b",result,table,_value\r\n,_result,0,7\r\n"), Ok((None, 7.0)));
        for (body, expected) in [
            ("", "there are no values"),
            ("\r\n", "there are no values"),
            (",result,table,_value\r\n", "there are no values"),
            (",result,table,_value\r\n,,0,\r\n", "there are no values"),
            (",result,table,_value\r\n,,0,1\r\n,,1,2\r\n", "2 series match the query"),
            (",result,table,_value\r\n,a,0,1\r\n,b,0,2\r\n", "2 series match the query"),
            (",result,table,_value\r\n,,0,1\r\n\r\n,result,table,_value\r\n,,0,2\r\n", "2 series match the query"),
            (",result,table,_value\r\n,,0,many\r\n", "is a text where a number is expected"),
            (",result,table,_value\r\n,,0,NaN\r\n", "value is NaN"),
            (",result,table,_value\r\n,,0,+Inf\r\n", "value is +Inf"),
            (",result,table,_time,_value\r\n,,0,yesterday,1\r\n", "its time is none"),
            ("error,reference\r\nfailed to read,897\r\n", "error (failed to read)"),
            ("<html><body>Log in</body></html>", "there is no column `_value`"),
            ("{\"a\":1}", "there is no column `_value`"),
        ] {
            let why = flux(body.as_bytes()).unwrap_err().to_string();
            assert!(why.contains(expected), "{body:?}: {why}");
        }
        assert_eq!(
            error_message(br#"{"code":"unauthorized","message":"unauthorized access"}"#).as_deref(),
            Some("unauthorized access")
        );
    }
}
