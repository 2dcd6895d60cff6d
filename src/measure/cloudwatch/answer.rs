//! The answer of `GetMetricData`, read with suspicion.

use super::question::Span;
use crate::analysis::NoData;
use crate::measure::fetch::shown;
use crate::measure::judge::{finite, json, moment, samples};
use crate::units::UnixMillis;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One page of an answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Page {
    metric_data_results: Vec<Figures>,
    #[serde(default)]
    messages: Option<Vec<Message>>,
    pub(super) next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Figures {
    id: String,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    timestamps: Vec<f64>,
    #[serde(default)]
    values: Vec<f64>,
    status_code: Option<String>,
    #[serde(default)]
    messages: Option<Vec<Message>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    code: Option<String>,
    value: Option<String>,
}

/// All pages of an answer together: by figure and label, the values by the beginnings of their periods.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    series: BTreeMap<(String, String), BTreeMap<UnixMillis, f64>>,
}

/// A value, when its period ended, and from how many samples it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    pub(super) value: f64,
    pub(super) until: UnixMillis,
    pub(super) samples: Option<u64>,
}

/// One page.
pub(super) fn page(body: &[u8]) -> Result<Page, NoData> {
    let document = json(body)?;
    serde_json::from_value(document).map_err(|_| NoData::Malformed("it is not an answer of GetMetricData".to_owned()))
}

/// What AWS says is wrong, when the body is one of its errors: its kind and its words.
pub(super) fn error_message(body: &[u8]) -> Option<String> {
    let document = json(body).ok()?;
    let text = |name: &str| document.get(name).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty());
    // Such as `com.amazonaws.cloudwatch#ThrottlingException`.
    let kind = text("__type").or_else(|| text("code")).map(|kind| kind.rsplit('#').next().unwrap_or(kind));
    match (kind, text("message").or_else(|| text("Message"))) {
        (None, None) => None,
        (kind, message) => Some(shown(&[kind, message].into_iter().flatten().collect::<Vec<_>>().join(": "))),
    }
}

impl Gathered {
    /// Adds a page. Only on the last one is it an error that data is missing: on the others more follows.
    ///
    /// # Errors
    /// When part of the data was left out: a decision must not rest on the remainder.
    pub(super) fn add(&mut self, page: Page) -> Result<(), NoData> {
        if let Some(message) = page.messages.iter().flatten().next() {
            return Err(NoData::Refused(message.shown()));
        }
        let last = page.next_token.is_none();
        for figures in page.metric_data_results {
            figures.complete(last)?;
            if figures.timestamps.len() != figures.values.len() {
                return Err(NoData::Malformed("it has not as many times as values".to_owned()));
            }
            let series = self.series.entry((figures.id, figures.label.unwrap_or_default())).or_default();
            for (seconds, value) in figures.timestamps.into_iter().zip(figures.values) {
                if series.insert(moment(seconds)?, value).is_some() {
                    return Err(NoData::SeveralSeries(2));
                }
            }
        }
        Ok(())
    }

    /// The values of a figure by the beginnings of their periods.
    fn of(&self, id: &str) -> Result<Option<&BTreeMap<UnixMillis, f64>>, NoData> {
        let mut found = self.series.iter().filter(|((known, _), _)| known == id).map(|(_, series)| series);
        let first = found.next();
        match found.count() {
            0 => Ok(first),
            more => Err(NoData::SeveralSeries(more.saturating_add(1))),
        }
    }

    /// The value of the newest period that is over, with its samples.
    pub(super) fn newest(&self, value: &str, counted: Option<&str>, span: Span) -> Result<Found, NoData> {
        let series = self.of(value)?.ok_or(NoData::Empty)?;
        let complete = |at: &UnixMillis| at.plus(span.period) <= span.until;
        let (at, value) = series.iter().rev().find(|(at, _)| complete(at)).ok_or(NoData::Empty)?;
        let samples = match counted {
            Some(counted) => {
                Some(samples(self.of(counted)?.and_then(|series| series.get(at)).copied().unwrap_or(0.0))?)
            }
            None => None,
        };
        Ok(Found { value: finite(*value)?, until: at.plus(span.period), samples })
    }

    /// The mean of the values of all periods, and all their samples.
    pub(super) fn mean(&self, value: &str, counted: Option<&str>, span: Span) -> Result<Found, NoData> {
        let series = self.of(value)?.ok_or(NoData::Empty)?;
        let (last, _) = series.last_key_value().ok_or(NoData::Empty)?;
        // There are at most as many values as one answer has, which a float counts exactly.
        let count = f64::from(u32::try_from(series.len()).unwrap_or(u32::MAX));
        let mean = finite(series.values().sum::<f64>() / count)?;
        let samples = match counted {
            Some(counted) => Some(samples(self.of(counted)?.map_or(0.0, |series| series.values().sum()))?),
            None => None,
        };
        Ok(Found { value: mean, until: last.plus(span.period), samples })
    }

    /// Every value with the end of its period.
    pub(super) fn all(&self, value: &str, span: Span) -> Result<Vec<(UnixMillis, f64)>, NoData> {
        let series = self.of(value)?.ok_or(NoData::Empty)?;
        series.iter().map(|(at, value)| Ok((at.plus(span.period), finite(*value)?))).collect()
    }
}

impl Figures {
    fn complete(&self, last: bool) -> Result<(), NoData> {
        match self.status_code.as_deref() {
            Some("Complete") => {}
            Some("PartialData") if !last => {}
            Some("PartialData") => {
                return Err(NoData::Refused("PartialData: a part of the data is missing".to_owned()));
            }
            Some(other) => {
                let why = self.messages.iter().flatten().next().map(Message::shown);
                return Err(NoData::Refused(why.unwrap_or_else(|| shown(other))));
            }
            None => return Err(NoData::Malformed("it does not say whether the data is complete".to_owned())),
        }
        // Periods without a value, such as those that divide by nothing, are merely left out.
        let told = self.messages.iter().flatten().find(|message| message.code.as_deref() != Some("ArithmeticError"));
        told.map_or(Ok(()), |message| Err(NoData::Refused(message.shown())))
    }
}

impl Message {
    fn shown(&self) -> String {
        let words: Vec<&str> = [&self.code, &self.value].into_iter().flatten().map(String::as_str).collect();
        shown(&words.join(": "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    const MINUTE: i64 = 1_699_999_980;

    fn span() -> Span {
        Span::newest(Duration::from_secs(60), UnixMillis::new(MINUTE * 1_000 + 12_345))
    }

    fn result(id: &str, series: &[(i64, f64)]) -> serde_json::Value {
        let (times, values): (Vec<i64>, Vec<f64>) = series.iter().copied().unzip();
        json!({ "Id": id, "Label": id, "StatusCode": "Complete", "Timestamps": times, "Values": values })
    }

    fn found(pages: &[serde_json::Value]) -> Result<Found, NoData> {
        let mut gathered = Gathered::default();
        for page in pages {
            gathered.add(super::page(page.to_string().as_bytes())?)?;
        }
        gathered.newest("value", Some("n"), span())
    }

    #[test]
    fn the_newest_complete_period_counts_with_its_own_samples() {
        let value = result("value", &[(MINUTE, 9.0), (MINUTE - 60, 0.5), (MINUTE - 120, 0.1)]);
        let counts = result("n", &[(MINUTE - 60, 40.0), (MINUTE - 120, 7.0)]);
        let page = json!({ "MetricDataResults": [value, counts] });
        let until = UnixMillis::new(MINUTE * 1_000);
        assert_eq!(found(&[page]), Ok(Found { value: 0.5, until, samples: Some(40) }));
        // Without a count there are none: the value is still from its own time.
        let page = json!({ "MetricDataResults": [result("value", &[(MINUTE - 60, 0.5)])] });
        assert_eq!(found(&[page]), Ok(Found { value: 0.5, until, samples: Some(0) }));
    }

    #[test]
    fn pages_are_put_together() {
        let mut first = json!({ "NextToken": "x", "MetricDataResults": [result("value", &[(MINUTE - 60, 0.5)])] });
        first["MetricDataResults"][0]["StatusCode"] = "PartialData".into();
        let second = json!({ "MetricDataResults": [result("value", &[(MINUTE - 120, 0.1)]), result("n", &[])] });
        assert_eq!(found(&[first.clone(), second]).unwrap().value, 0.5);
        first["NextToken"] = serde_json::Value::Null;
        let why = found(&[first]).unwrap_err().to_string();
        assert!(why.contains("PartialData"), "{why}");
    }

    #[test]
    fn what_is_not_whole_or_not_one_is_no_data() {
        let good = || json!({ "MetricDataResults": [result("value", &[(MINUTE - 60, 0.5)])] });
        let with = |path: &str, value: serde_json::Value| {
            let mut page = good();
            *page.pointer_mut(path).unwrap() = value;
            page
        };
        let mut two = good();
        let mut other = result("value", &[(MINUTE - 60, 0.7)]);
        other["Label"] = "other".into();
        two["MetricDataResults"].as_array_mut().unwrap().push(other);
        let mut told = good();
        told["Messages"] = json!([{ "Code": "MaxMetricsExceeded", "Value": "too\nmany" }]);
        let mut odd = good();
        odd["MetricDataResults"][0]["Messages"] = json!([{ "Code": "Odd", "Value": "x" }]);
        for (page, expected) in [
            (json!({ "MetricDataResults": [] }), "there are no values"),
            (json!({ "MetricDataResults": [result("value", &[])] }), "there are no values"),
            (json!({ "MetricDataResults": [result("value", &[(MINUTE, 1.0)])] }), "there are no values"),
            (json!({}), "it is not an answer of GetMetricData"),
            (json!(null), "it is not an answer of GetMetricData"),
            (json!({ "MetricDataResults": {} }), "it is not an answer of GetMetricData"),
            (with("/MetricDataResults/0/Values/0", json!("0.5")), "it is not an answer of GetMetricData"),
            (with("/MetricDataResults/0/Values/0", json!(null)), "it is not an answer of GetMetricData"),
            (with("/MetricDataResults/0/Values", json!([])), "not as many times as values"),
            (with("/MetricDataResults/0/Timestamps/0", json!(1e300)), "its time is none"),
            (with("/MetricDataResults/0/StatusCode", json!("InternalError")), "InternalError"),
            (with("/MetricDataResults/0/StatusCode", json!("Forbidden")), "Forbidden"),
            (with("/MetricDataResults/0/StatusCode", json!(null)), "whether the data is complete"),
            (two, "2 series match the query"),
            (told, "MaxMetricsExceeded: too many"),
            (odd, "Odd: x"),
        ] {
            let why = found(std::slice::from_ref(&page)).unwrap_err().to_string();
            assert!(why.contains(expected), "{page}: {why}");
        }
        let mut divided = good();
        divided["MetricDataResults"][0]["Messages"] = json!([{ "Code": "ArithmeticError", "Value": "dropped" }]);
        assert!(found(&[divided]).is_ok());
    }

    #[test]
    fn aws_own_errors_are_told() {
        let body = br#"{"__type":"com.amazonaws.cloudwatch#ThrottlingException","message":"Rate\nexceeded"}"#;
        assert_eq!(error_message(body).as_deref(), Some("ThrottlingException: Rate exceeded"));
        assert_eq!(
            error_message(br#"{"__type":"InvalidSignatureException"}"#).as_deref(),
            Some("InvalidSignatureException")
        );
        assert_eq!(error_message(b"<html>"), None);
    }
}
