//! Alertmanager's webhook payload, version 4. Only what decides is read, so that a field that another
//! version adds or that another sender leaves out closes nobody's ears to an alert.

use crate::analysis::Alert;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The most alerts in one notification.
const MOST_ALERTS: usize = 10_000;

/// The most labels of one alert.
const MOST_LABELS: usize = 256;

/// Where a label's value is cut: no condition compares with anything as long.
const LONGEST_VALUE: usize = 4_096;

/// What a notification says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Notification {
    /// Alerts that fire.
    pub(super) firing: Vec<Alert>,
    /// Alerts that stopped.
    pub(super) resolved: Vec<Alert>,
    /// How many more alerts the sender left out.
    pub(super) left_out: u64,
}

/// Why a body is no notification: names the field.
pub(super) type Malformed = String;

/// Reads a notification.
pub(super) fn parse(body: &[u8]) -> Result<Notification, Malformed> {
    let document: Value = serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    let Value::Object(fields) = document else { return Err("the body must be a JSON object".to_owned()) };
    let alerts = match fields.get("alerts") {
        Some(Value::Array(alerts)) => alerts,
        Some(_) => return Err("`alerts` must be a list".to_owned()),
        None => return Err("`alerts` is missing".to_owned()),
    };
    if alerts.len() > MOST_ALERTS {
        return Err(format!("`alerts` has {} alerts, more than {MOST_ALERTS}", alerts.len()));
    }
    let mut notification = Notification {
        left_out: fields.get("truncatedAlerts").and_then(Value::as_u64).unwrap_or(0),
        ..Notification::default()
    };
    for (index, alert) in alerts.iter().enumerate() {
        let at = format!("alerts[{index}]");
        let Value::Object(fields) = alert else { return Err(format!("`{at}` must be an object")) };
        let fires = fires(fields, &at)?;
        let alert = read(fields, &at)?;
        if fires { notification.firing.push(alert) } else { notification.resolved.push(alert) }
    }
    Ok(notification)
}

fn fires(fields: &Map<String, Value>, at: &str) -> Result<bool, Malformed> {
    match fields.get("status").map(Value::as_str) {
        Some(Some("firing")) => Ok(true),
        Some(Some("resolved")) => Ok(false),
        Some(_) => Err(format!("`{at}.status` must be \"firing\" or \"resolved\"")),
        None => Err(format!("`{at}.status` is missing")),
    }
}

fn read(fields: &Map<String, Value>, at: &str) -> Result<Alert, Malformed> {
    let labels = match fields.get("labels") {
        Some(Value::Object(labels)) if labels.len() <= MOST_LABELS => labels,
        Some(Value::Object(_)) => return Err(format!("`{at}.labels` has more than {MOST_LABELS} labels")),
        Some(_) => return Err(format!("`{at}.labels` must be an object")),
        None => return Err(format!("`{at}.labels` is missing")),
    };
    let mut read = BTreeMap::new();
    for (name, value) in labels {
        let Some(text) = value.as_str() else { return Err(format!("`{at}.labels.{name}` must be a text")) };
        read.insert(name.clone(), text.get(..text.floor_char_boundary(LONGEST_VALUE)).unwrap_or(text).to_owned());
    }
    let fingerprint = match fields.get("fingerprint") {
        Some(Value::String(text)) if !text.is_empty() => {
            text.get(..text.floor_char_boundary(LONGEST_VALUE)).unwrap_or(text).to_owned()
        }
        Some(Value::String(_) | Value::Null) | None => fingerprint(&read),
        Some(_) => return Err(format!("`{at}.fingerprint` must be a text")),
    };
    Ok(Alert { fingerprint, labels: read })
}

/// Alerts of the same labels are the same alert.
fn fingerprint(labels: &BTreeMap<String, String>) -> String {
    let mut digest = Sha256::new();
    for (name, value) in labels {
        for part in [name, value] {
            digest.update(part.as_bytes());
            digest.update([0xFF]);
        }
    }
    digest.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(body: &Value) -> Result<Notification, Malformed> {
        parse(body.to_string().as_bytes())
    }

    #[test]
    fn a_real_notification_is_split_into_firing_and_resolved() {
        let body = json!({
            "version": "4", "groupKey": "{}:{alertname=\"HighErrors\"}", "truncatedAlerts": 3, "status": "firing",
            "receiver": "tidegate", "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {},
            "externalURL": "http://a:9093",
            "alerts": [
                { "status": "firing", "labels": { "alertname": "HighErrors", "severity": "critical" },
                  "annotations": {}, "startsAt": "2026-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
                  "generatorURL": "", "fingerprint": "c9d4b5c5b6d2e3f4" },
                { "status": "resolved", "labels": { "alertname": "Slow" }, "fingerprint": "aa" },
            ],
        });
        let read = of(&body).unwrap();
        assert_eq!(read.firing.len(), 1);
        assert_eq!(read.firing[0].fingerprint, "c9d4b5c5b6d2e3f4");
        assert_eq!(read.firing[0].labels["severity"], "critical");
        assert_eq!(read.resolved[0].fingerprint, "aa");
        assert_eq!(read.left_out, 3);
    }

    #[test]
    fn an_alert_without_a_fingerprint_gets_the_same_one_each_time() {
        let alert =
            |labels: Value| of(&json!({ "alerts": [{ "status": "firing", "labels": labels }] })).unwrap().firing;
        assert_eq!(alert(json!({ "a": "1", "b": "2" })), alert(json!({ "b": "2", "a": "1" })));
        assert_ne!(alert(json!({ "a": "1b2" }))[0].fingerprint, alert(json!({ "a": "1", "b": "2" }))[0].fingerprint);
    }

    #[test]
    fn what_is_malformed_is_refused_with_its_field() {
        let many: Vec<Value> = (0..10_001).map(|_| json!({ "status": "firing", "labels": {} })).collect();
        let labels: Map<String, Value> = (0..257).map(|n| (format!("l{n}"), json!("v"))).collect();
        for (body, part) in [
            (json!([]), "JSON object"),
            (json!({}), "`alerts` is missing"),
            (json!({ "alerts": {} }), "`alerts` must be a list"),
            (json!({ "alerts": [1] }), "`alerts[0]` must be an object"),
            (json!({ "alerts": [{ "labels": {} }] }), "`alerts[0].status` is missing"),
            (json!({ "alerts": [{ "status": "on", "labels": {} }] }), "`alerts[0].status` must be"),
            (json!({ "alerts": [{ "status": "firing" }] }), "`alerts[0].labels` is missing"),
            (
                json!({ "alerts": [{ "status": "firing", "labels": { "a": 1 } }] }),
                "`alerts[0].labels.a` must be a text",
            ),
            (json!({ "alerts": [{ "status": "firing", "labels": labels }] }), "more than 256 labels"),
            (json!({ "alerts": many }), "more than 10000"),
        ] {
            let message = of(&body).unwrap_err();
            assert!(message.contains(part), "{message}: {part}");
        }
        assert!(parse(b"{\"alerts\": [").unwrap_err().contains("not JSON"));
    }

    #[test]
    fn a_label_of_any_length_is_taken_and_cut() {
        let long = "é".repeat(4_000);
        let read = of(&json!({ "alerts": [{ "status": "firing", "labels": { "a": long } }] })).unwrap();
        assert_eq!(read.firing[0].labels["a"].len(), 4_096);
    }
}
