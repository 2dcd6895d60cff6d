//! Posts as the senders of alerts make them, with their keys and signatures.

use super::control_door::{Control, answer};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

macro_rules! keys {
    ($($source:literal $variable:literal),* $(,)?) => {
        [$(($variable, concat!("the-key-of-the-source-", $source))),*]
    };
}

/// Where the key or secret of each source in these tests is.
pub(crate) const VARIABLES: [(&str, &str); 19] = keys![
    "grafana" "KEY_GRAFANA",
    "other" "KEY_OTHER",
    "narrow" "KEY_NARROW",
    "elsewhere" "KEY_ELSEWHERE",
    "team" "KEY_TEAM",
    "tried" "KEY_TRIED",
    "picky" "KEY_PICKY",
    "slow" "KEY_SLOW",
    "pagerduty" "KEY_PAGERDUTY",
    "datadog" "KEY_DATADOG",
    "checks" "KEY_CHECKS",
    "g1" "KEY_G1",
    "g2" "KEY_G2",
    "a1" "KEY_A1",
    "a2" "KEY_A2",
    "d1" "KEY_D1",
    "d2" "KEY_D2",
    "p1" "KEY_P1",
    "w1" "KEY_W1",
];

/// The key or secret of a source.
pub(crate) fn secret(source: &str) -> String {
    format!("the-key-of-the-source-{source}")
}

pub(crate) fn signature(source: &str, parts: &[&[u8]]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret(source).as_bytes()).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().iter().fold("v1=".to_owned(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A moment so many seconds from now, as senders write it.
pub(crate) fn moment(seconds: i64) -> String {
    let millis = (i64::try_from(now()).unwrap() + seconds) * 1_000;
    chrono::DateTime::from_timestamp_millis(millis).unwrap().to_rfc3339()
}

/// This very moment, to the millisecond.
pub(crate) fn just_now() -> String {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    chrono::DateTime::from_timestamp_millis(i64::try_from(millis).unwrap()).unwrap().to_rfc3339()
}

impl Control {
    fn to_source(&self, source: &str, body: &str) -> RequestBuilder {
        // As it comes through a proxy: by another name, and from no page of this machine.
        let request = self.request(Method::POST, &format!("/api/v1/triggers/{source}"));
        request.header("host", "tidegate.example").body(body.to_owned())
    }

    pub(crate) async fn by_key(&self, source: &str, body: &Value) -> (StatusCode, Value) {
        answer(self.to_source(source, &body.to_string()).bearer_auth(secret(source))).await
    }

    pub(crate) async fn unsigned(&self, source: &str, body: &Value) -> (StatusCode, Value) {
        answer(self.to_source(source, &body.to_string())).await
    }

    pub(crate) async fn pagerduty(&self, source: &str, body: &Value) -> (StatusCode, Value) {
        let body = body.to_string();
        let signed = signature(source, &[body.as_bytes()]);
        answer(self.to_source(source, &body).header("x-pagerduty-signature", signed)).await
    }

    pub(crate) async fn webhook(&self, source: &str, at: u64, body: &Value) -> (StatusCode, Value) {
        let (body, at) = (body.to_string(), at.to_string());
        let signed = signature(source, &[at.as_bytes(), b".", body.as_bytes()]);
        let request = self.to_source(source, &body).header("tidegate-timestamp", at);
        answer(request.header("tidegate-signature", signed)).await
    }

    /// What became of the posts of a source.
    pub(crate) async fn source(&self, name: &str) -> Value {
        let (status, source) = self.get(&format!("/api/v1/triggers/{name}")).await;
        assert_eq!(status, StatusCode::OK, "{source}");
        source
    }

    pub(crate) async fn state(&self, rollout: &str) -> String {
        self.get(&format!("/api/v1/rollouts/{rollout}")).await.1["state"].as_str().unwrap().to_owned()
    }

    /// How often the ledger says that a rollout was closed.
    pub(crate) async fn closings(&self, rollout: &str) -> usize {
        let (_, history) = self.get(&format!("/api/v1/rollouts/{rollout}/history?limit=1000")).await;
        history["entries"].as_array().unwrap().iter().filter(|entry| entry["kind"] == "closed").count()
    }
}

/// An alert as Alertmanager and Grafana tell of it.
pub(crate) fn notification(status: &str, fingerprint: &str, since: &str, labels: &Value) -> Value {
    json!({ "version": "4", "status": status, "alerts": [{
        "status": status, "labels": labels, "startsAt": since, "fingerprint": fingerprint,
    }]})
}

/// An event of an incident.
pub(crate) fn incident(event: &str, kind: &str, at: &str) -> Value {
    let status = if kind == "resolved" { "resolved" } else { "triggered" };
    json!({ "event": {
        "id": event, "event_type": format!("incident.{kind}"), "resource_type": "incident", "occurred_at": at,
        "data": { "id": "PGR0VU2", "type": "incident", "status": status, "title": "Search is down", "urgency": "high" },
    }})
}
