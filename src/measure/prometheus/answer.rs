//! The answers of Prometheus' query API, read with suspicion.

use crate::analysis::{NoData, Reading};
use crate::measure::fetch::shown;
use crate::units::{UnixMillis, format_duration};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::time::Duration;

/// How far Prometheus' clock may be ahead of ours before its answer is doubted.
const MOST_AHEAD: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Answer<'a> {
    status: &'a str,
    #[serde(borrow)]
    data: Option<Data<'a>>,
    #[serde(rename = "errorType")]
    error_type: Option<String>,
    error: Option<String>,
    warnings: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(rename = "resultType")]
    result_type: String,
    #[serde(borrow)]
    result: &'a RawValue,
}

#[derive(Deserialize)]
struct Series {
    value: Option<Sample>,
}

#[derive(Deserialize)]
struct Several {
    metric: BTreeMap<String, String>,
    value: Option<Sample>,
    values: Option<Vec<Sample>>,
}

/// Seconds since 1970, and the value as text because JSON has no NaN.
#[derive(Deserialize)]
struct Sample(f64, String);

/// What Prometheus says is wrong, when the body is its own error document.
pub(super) fn error_message(body: &[u8]) -> Option<String> {
    let answer: Answer<'_> = serde_json::from_slice(body).ok()?;
    (answer.status == "error").then(|| error_text(&answer))
}

/// The one value of a successful answer, in the unit of the query.
///
/// A warning means that part of the data was left out, by a store that did not answer or a query that
/// does not fit its data; a decision must not rest on the remainder.
pub(super) fn reading(body: &[u8], now: UnixMillis, max_age: Duration) -> Reading {
    sample(body).and_then(|sample| judged(&sample, now, max_age)).unwrap_or_else(Reading::NoData)
}

fn sample(body: &[u8]) -> Result<Sample, NoData> {
    let data = data(body)?;
    match data.result_type.as_str() {
        "scalar" => serde_json::from_str(data.result.get()).map_err(|_| no_sample()),
        "vector" => only_sample(data.result),
        "matrix" => Err(NoData::Malformed(
            "the query gives a range of values: put a function such as `rate` or `max_over_time` around it".to_owned(),
        )),
        other => Err(unexpected(other)),
    }
}

/// When a query of one number was evaluated: the present of Prometheus where no moment was named.
pub(super) fn moment_of(body: &[u8]) -> Result<UnixMillis, NoData> {
    moment(sample(body)?.0).ok_or_else(no_sample)
}

/// What a successful answer says, when it says all of it.
fn data(body: &[u8]) -> Result<Data<'_>, NoData> {
    let answer: Answer<'_> = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    if answer.status != "success" {
        return Err(NoData::Refused(error_text(&answer)));
    }
    if let Some(warning) = answer.warnings.as_deref().and_then(<[String]>::first) {
        return Err(NoData::Refused(format!("warning: {}", shown(warning))));
    }
    answer.data.ok_or_else(|| NoData::Malformed("it has no `data`".to_owned()))
}

/// A series and its samples in the order of time.
#[derive(Debug, PartialEq)]
pub(super) struct Samples {
    /// What tells it from the others.
    pub(super) labels: BTreeMap<String, String>,
    /// Finite ones.
    pub(super) points: Vec<(UnixMillis, f64)>,
}

/// All series of a successful answer with what they have: of an instant vector one sample each.
pub(super) fn series(body: &[u8]) -> Result<Vec<Samples>, NoData> {
    let data = data(body)?;
    if !matches!(data.result_type.as_str(), "vector" | "matrix") {
        return Err(unexpected(&data.result_type));
    }
    let all: Vec<Several> = serde_json::from_str(data.result.get()).map_err(|_| no_sample())?;
    all.into_iter().map(Several::read).collect()
}

impl Several {
    fn read(self) -> Result<Samples, NoData> {
        let samples = self.values.into_iter().flatten().chain(self.value);
        let mut points = Vec::new();
        for Sample(at, value) in samples {
            let at = moment(at).ok_or_else(no_sample)?;
            let value: f64 = value.parse().map_err(|_| NoData::Malformed("its value is no number".to_owned()))?;
            if value.is_finite() {
                points.push((at, value));
            }
        }
        points.sort_by_key(|(at, _)| *at);
        points.dedup_by_key(|(at, _)| *at);
        Ok(Samples { labels: self.metric, points })
    }
}

fn unexpected(result_type: &str) -> NoData {
    NoData::Malformed(format!("its result type is `{}`, not a number", shown(result_type)))
}

fn only_sample(result: &RawValue) -> Result<Sample, NoData> {
    let series: Vec<Series> = serde_json::from_str(result.get()).map_err(|_| no_sample())?;
    match series.len() {
        0 => Err(NoData::Empty),
        1 => series.into_iter().find_map(|one| one.value).ok_or_else(|| {
            NoData::Malformed(
                "it has no number but a histogram: use `histogram_quantile` or `histogram_avg`".to_owned(),
            )
        }),
        several => Err(NoData::SeveralSeries(several)),
    }
}

/// An instant vector carries the time of the evaluation, not of the scrape: old samples are missing
/// from it (Prometheus looks back five minutes) instead of being old. So this age shows a Prometheus,
/// or a cache before it, that is behind.
fn judged(sample: &Sample, now: UnixMillis, max_age: Duration) -> Result<Reading, NoData> {
    let at = moment(sample.0).ok_or_else(no_sample)?;
    if now.since(at) > max_age {
        return Err(NoData::Stale(now.since(at)));
    }
    if at.since(now) > MOST_AHEAD {
        let ahead = format_duration(at.since(now));
        return Err(NoData::Malformed(format!("its time is {ahead} in the future: compare the clocks")));
    }
    match sample.1.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Reading::Value { value, samples: None, at }),
        Ok(value) if value.is_nan() => Err(NoData::NotFinite("NaN".to_owned())),
        Ok(value) => Err(NoData::NotFinite(if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned())),
        Err(_) => Err(NoData::Malformed("its value is no number".to_owned())),
    }
}

fn moment(seconds: f64) -> Option<UnixMillis> {
    let millis = (seconds * 1_000.0).round();
    // A float of this size is still exact in milliseconds, and far beyond any real clock.
    let sane = millis.abs() < 9.0e15;
    #[expect(clippy::cast_possible_truncation, reason = "the range was just checked")]
    sane.then(|| UnixMillis::new(millis as i64))
}

fn error_text(answer: &Answer<'_>) -> String {
    let kind = answer.error_type.as_deref().map_or("error", |kind| if kind.is_empty() { "error" } else { kind });
    match answer.error.as_deref() {
        Some(message) if !message.trim().is_empty() => shown(&format!("{kind}: {message}")),
        _ => shown(kind),
    }
}

fn no_sample() -> NoData {
    NoData::Malformed("its result is not a time and a value".to_owned())
}

/// Without the text itself: whatever stands before Prometheus may put anything into a page.
fn malformed(error: &serde_json::Error) -> NoData {
    NoData::Malformed(match error.classify() {
        serde_json::error::Category::Eof => "the JSON stops in the middle".to_owned(),
        serde_json::error::Category::Data => "it is not an answer of Prometheus' query API".to_owned(),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            format!("not JSON at line {}, column {}", error.line(), error.column())
        }
    })
}
