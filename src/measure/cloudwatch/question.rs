//! What is sent to CloudWatch: `GetMetricData` in its JSON protocol.

use crate::analysis::NoData;
use crate::measure::asking::Asking;
use crate::measure::written::{as_it_is, filled, plain};
use crate::rollout::{Ask, AskCloudWatch, Figure, Statistic};
use crate::units::UnixMillis;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How many periods are looked back for the newest complete one: what is measured arrives late.
const PERIODS: u32 = 10;

/// At least that far back, for short periods.
const AT_LEAST: Duration = Duration::from_secs(15 * 60);

/// The signs that names may have in an expression, beside letters and digits. None of them ends a string or means
/// anything in metric math or in Metrics Insights, within a string.
const SIGNS: &str = "_-.:/";

/// From when to when values are asked for, and over how long each of them is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// The beginning of the first period.
    pub(super) from: UnixMillis,
    /// The end of the last one.
    pub(super) until: UnixMillis,
    /// The length of each.
    pub(super) period: Duration,
}

impl Span {
    /// The newest complete periods at a moment.
    pub(super) fn newest(period: Duration, now: UnixMillis) -> Self {
        Self::back(period, period.saturating_mul(PERIODS).max(AT_LEAST), now)
    }

    /// The complete periods of that long a time up to a moment: at least one.
    pub(super) fn back(period: Duration, over: Duration, now: UnixMillis) -> Self {
        let until = floor(now, period);
        let from = floor(until.minus(over.max(period)), period);
        Self { from, until, period }
    }

    /// The periods from one moment to another. Those of long ago are kept in longer ones.
    pub(super) fn past(period: Duration, step: Duration, from: UnixMillis, until: UnixMillis, now: UnixMillis) -> Self {
        let kept = match now.since(from).as_secs() / 86_400 {
            0..15 => Duration::from_mins(1),
            15..63 => Duration::from_mins(5),
            _ => Duration::from_hours(1),
        };
        let wanted = period.max(step).max(kept);
        // A multiple of what is kept, for there is nothing in between.
        let period = kept.saturating_mul(u32::try_from(wanted.as_secs().div_ceil(kept.as_secs())).unwrap_or(1));
        Self { from: floor(from, period), until: floor(until, period), period }
    }
}

/// The last moment up to `at` at which a period ends.
fn floor(at: UnixMillis, period: Duration) -> UnixMillis {
    let length = i64::try_from(period.as_millis()).unwrap_or(i64::MAX).max(1);
    UnixMillis::new(at.get().saturating_sub(at.get().rem_euclid(length)))
}

/// The body of the request.
pub(super) fn body(ask: &AskCloudWatch, asking: &Asking, span: Span, next: Option<&str>) -> Result<Vec<u8>, NoData> {
    let seconds = span.period.as_secs().max(1);
    let figures: Result<Vec<Value>, NoData> = ask
        .figures
        .iter()
        .map(|(name, what)| {
            let returned = *name == ask.value || ask.samples.as_ref() == Some(name);
            let mut query = Map::from_iter(figure(what, asking, seconds)?);
            query.insert("Id".to_owned(), Value::from(&**name));
            query.insert("ReturnData".to_owned(), Value::from(returned));
            Ok(Value::Object(query))
        })
        .collect();
    let mut body = Map::new();
    body.insert("MetricDataQueries".to_owned(), Value::from(figures?));
    body.insert("StartTime".to_owned(), Value::from(span.from.get().div_euclid(1_000)));
    body.insert("EndTime".to_owned(), Value::from(span.until.get().div_euclid(1_000)));
    body.insert("ScanBy".to_owned(), Value::from("TimestampDescending"));
    body.extend(next.map(|next| ("NextToken".to_owned(), Value::from(next))));
    Ok(Value::Object(body).to_string().into_bytes())
}

/// What is asked with the names in it, as people write it.
pub(super) fn told(ask: &AskCloudWatch, asking: &Asking) -> String {
    Ask::CloudWatch(ask.clone())
        .text()
        .replace("{{variant}}", asking.variant.as_str())
        .replace("{{flag}}", asking.flag.as_str())
}

fn figure(figure: &Figure, asking: &Asking, seconds: u64) -> Result<Vec<(String, Value)>, NoData> {
    match figure {
        Figure::Expression(text) => {
            let text = filled(text, asking, |name, _| plain(name, SIGNS))?;
            Ok(vec![("Expression".to_owned(), Value::from(text)), ("Period".to_owned(), Value::from(seconds))])
        }
        Figure::Statistic(Statistic { namespace, metric, dimensions, statistic }) => {
            let dimensions: Result<Vec<Value>, NoData> = dimensions
                .iter()
                .map(|(name, value)| Ok(json!({ "Name": &**name, "Value": filled(value, asking, as_it_is)? })))
                .collect();
            let metric = json!({ "Namespace": &**namespace, "MetricName": &**metric, "Dimensions": dimensions? });
            let of = json!({ "Metric": metric, "Period": seconds, "Stat": &**statistic });
            Ok(vec![("MetricStat".to_owned(), of)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{FlagKey, VariantName};
    use std::sync::Arc;

    fn asked(variant: &str, expression: &str) -> Result<Value, NoData> {
        let dimensions = vec![(Arc::from("variant"), Arc::from("{{variant}}"))];
        let of = |metric: &str, statistic: &str| {
            let (namespace, metric, statistic) = (Arc::from("Shop"), Arc::from(metric), Arc::from(statistic));
            Figure::Statistic(Statistic { namespace, metric, dimensions: dimensions.clone(), statistic })
        };
        let ask = AskCloudWatch {
            region: None,
            period: Duration::from_mins(5),
            figures: vec![
                (Arc::from("requests"), of("Requests", "Sum")),
                (Arc::from("value"), Figure::Expression(Arc::from(expression))),
            ],
            value: Arc::from("value"),
            samples: Some(Arc::from("requests")),
            min_samples: 0,
        };
        let (variant, flag) = (VariantName::new(variant).unwrap(), FlagKey::new("cart").unwrap());
        let asking = Asking::for_tests(variant, flag, Duration::ZERO);
        let span = Span::newest(ask.period, UnixMillis::new(1_700_000_123_456));
        body(&ask, &asking, span, None).map(|body| serde_json::from_slice(&body).unwrap())
    }

    #[test]
    fn the_newest_complete_periods_are_asked_for() {
        let body = asked("on", "errors / requests").unwrap();
        assert_eq!((body["StartTime"].as_i64(), body["EndTime"].as_i64()), (Some(1_699_997_100), Some(1_700_000_100)));
        let expected = json!([
            { "Id": "requests", "ReturnData": true, "MetricStat": { "Period": 300, "Stat": "Sum", "Metric": {
                "Namespace": "Shop", "MetricName": "Requests",
                "Dimensions": [{ "Name": "variant", "Value": "on" }] } } },
            { "Id": "value", "ReturnData": true, "Expression": "errors / requests", "Period": 300 },
        ]);
        assert_eq!(body["MetricDataQueries"], expected);
    }

    #[test]
    fn a_name_changes_nothing_but_the_value_that_it_stands_for() {
        let hostile = r#"on"}],"Stat":"x"#;
        let body = asked(hostile, "errors / requests").unwrap();
        let dimensions = &body["MetricDataQueries"][0]["MetricStat"]["Metric"]["Dimensions"];
        assert_eq!(*dimensions, json!([{ "Name": "variant", "Value": hostile }]));
        let sql = "SELECT MAX(Errors) FROM Shop WHERE variant = '{{variant}}'";
        let why = asked("on' OR 'a' = 'a", sql).unwrap_err().to_string();
        assert!(why.contains("has other characters than letters, digits and"), "{why}");
        assert_eq!(
            asked("v1.2", sql).unwrap()["MetricDataQueries"][1]["Expression"],
            "SELECT MAX(Errors) FROM Shop WHERE variant = 'v1.2'"
        );
    }

    #[test]
    fn what_is_long_past_is_asked_for_in_the_periods_that_are_kept() {
        let now = UnixMillis::new(1_700_000_000_000);
        for (days, step, expected) in [(1, 60, 60), (1, 90, 120), (20, 60, 300), (20, 400, 600), (90, 60, 3_600)] {
            let from = now.minus(Duration::from_secs(days * 86_400));
            let span = Span::past(Duration::from_secs(60), Duration::from_secs(step), from, now, now);
            assert_eq!(span.period.as_secs(), expected, "{days} days, {step} s");
            assert_eq!(span.from.get() % (i64::try_from(expected).unwrap() * 1_000), 0);
        }
    }
}
