//! Posts that arrive twice, late, or before those that were sent first.

use super::control_door::{Control, ROLLOUT};
use super::sent::{VARIABLES, incident, just_now, moment, notification, now};
use reqwest::StatusCode;
use serde_json::{Value, json};

const SOURCES: &str = "triggers:
  grafana: { kind: grafana, key_env: KEY_GRAFANA }
  other: { kind: grafana, key_env: KEY_OTHER }
  pagerduty: { kind: pagerduty, secret_env: KEY_PAGERDUTY, labels: { severity: critical } }
  checks: { kind: webhook, secret_env: KEY_CHECKS }
";

async fn running() -> Control {
    let control = Control::start_with(SOURCES, &VARIABLES).await;
    control.apply(ROLLOUT).await;
    begin(&control, "start").await;
    control
}

async fn begin(control: &Control, verb: &str) {
    let (status, begun) = control.post(&format!("/api/v1/rollouts/search-v2/{verb}"), "{}").await;
    assert_eq!(status, StatusCode::OK, "{begun}");
}

#[tokio::test]
async fn an_event_that_is_delivered_twice_closes_once_and_not_again_after_its_end() {
    let control = running().await;
    let triggered = incident("e1", "triggered", &moment(-60));
    assert_eq!(control.pagerduty("pagerduty", &triggered).await.1["closed"], json!(["search-v2"]));
    let (status, again) = control.pagerduty("pagerduty", &triggered).await;
    assert_eq!((status, &again["repeated"], &again["closed"]), (StatusCode::OK, &json!(1), &json!([])));
    let acknowledged = incident("e2", "acknowledged", &moment(-50));
    assert_eq!(control.pagerduty("pagerduty", &acknowledged).await.1["alreadyClosed"], json!(["search-v2"]));
    control.pagerduty("pagerduty", &incident("e3", "resolved", &moment(-40))).await;
    assert_eq!(control.state("search-v2").await, "rolled_back", "an end opens nothing");

    begin(&control, "retry").await;
    let late = incident("e4", "escalated", &moment(-45));
    assert_eq!(control.pagerduty("pagerduty", &late).await.1["stale"], json!(["Search is down"]), "it was on its way");
    control.pagerduty("pagerduty", &triggered).await;
    assert_eq!((control.state("search-v2").await.as_str(), control.closings("search-v2").await), ("running", 1));
    let reopened = incident("e5", "reopened", &moment(-30));
    assert_eq!(control.pagerduty("pagerduty", &reopened).await.1["closed"], json!(["search-v2"]));
}

#[tokio::test]
async fn an_end_that_arrives_before_its_beginning_ends_it() {
    let control = running().await;
    control.pagerduty("pagerduty", &incident("e2", "resolved", &moment(-10))).await;
    let (_, late) = control.pagerduty("pagerduty", &incident("e1", "triggered", &moment(-20))).await;
    assert_eq!((&late["closed"], &late["stale"]), (&json!([]), &json!(["Search is down"])), "{late}");
    let labels = json!({ "alertname": "A", "severity": "critical" });
    let since = moment(-100);
    control.by_key("grafana", &notification("resolved", "f", &since, &labels)).await;
    let (_, late) = control.by_key("grafana", &notification("firing", "f", &since, &labels)).await;
    assert_eq!((&late["closed"], &late["stale"]), (&json!([]), &json!(["A"])), "{late}");
    assert_eq!(control.state("search-v2").await, "running");
    let (_, anew) = control.by_key("grafana", &notification("firing", "f", &moment(-1), &labels)).await;
    assert_eq!(anew["closed"], json!(["search-v2"]), "it fires anew");
}

#[tokio::test]
async fn no_source_ends_the_alerts_of_another() {
    let control = running().await;
    let labels = json!({ "alertname": "A", "severity": "critical" });
    let since = moment(-100);
    control.by_key("grafana", &notification("firing", "f", &since, &labels)).await;
    control.by_key("other", &notification("resolved", "f", &since, &labels)).await;
    control.by_key("other", &notification("resolved", "grafana/f", &since, &labels)).await;
    let ended = notification("resolved", "f", &since, &labels).to_string();
    control.post("/api/v1/triggers/alertmanager", ended).await;
    let (status, refused) = control.post("/api/v1/rollouts/search-v2/retry", "{}").await;
    assert_eq!(status, StatusCode::CONFLICT, "it fires still: {refused}");
    control.by_key("grafana", &notification("resolved", "f", &since, &labels)).await;
    begin(&control, "retry").await;
}

#[tokio::test]
async fn a_sender_of_its_own_orders_by_its_own_times() {
    let control = running().await;
    let alert = |status: &str, at: i64| json!({ "id": "c", "status": status, "at": moment(at), "flag": "search", "labels": { "severity": "critical" } });
    control.webhook("checks", now(), &alert("resolved", -10)).await;
    assert_eq!(control.webhook("checks", now(), &alert("firing", -20)).await.1["stale"], json!(["c"]));
    assert_eq!(control.webhook("checks", now(), &alert("firing", -5)).await.1["closed"], json!(["search-v2"]));
    assert_eq!(control.webhook("checks", now(), &alert("resolved", -8)).await.1["stale"], json!(["c"]));
    let (status, _) = control.post("/api/v1/rollouts/search-v2/retry", "{}").await;
    assert_eq!(status, StatusCode::CONFLICT, "an end of the one before ends nothing");
}

/// An end with its moment, as Alertmanager and Grafana tell of it.
fn ended(fingerprint: &str, since: &str, labels: &Value, at: &str) -> Value {
    let mut post = notification("resolved", fingerprint, since, labels);
    post["alerts"][0]["endsAt"] = json!(at);
    post
}

/// The server was away, or the sender was told to send again: meanwhile the alert ended, and that arrived first.
#[tokio::test]
async fn an_alert_that_nobody_took_while_it_fired_closes_what_was_under_way_then() {
    let control = running().await;
    let check = |status: &str, at: &str| json!({ "id": "c", "status": status, "at": at, "flag": "search", "labels": { "severity": "critical" } });
    control.webhook("checks", now(), &check("resolved", &just_now())).await;
    let firing = check("firing", &moment(-20));
    let (_, late) = control.webhook("checks", now() + 1, &firing).await;
    assert_eq!((&late["closed"], &late["stale"]), (&json!(["search-v2"]), &Value::Null), "{late}");
    let (_, again) = control.webhook("checks", now() + 2, &firing).await;
    assert_eq!(again["stale"], json!(["c"]), "it was taken: {again}");
    begin(&control, "retry").await;

    // It fires no more, so that it stood in nobody's way, and it does not close what began after its end.
    let (_, again) = control.webhook("checks", now() + 3, &check("firing", &moment(-10))).await;
    assert_eq!((&again["closed"], &again["stale"]), (&json!([]), &json!(["c"])), "{again}");
    control.pagerduty("pagerduty", &incident("e2", "resolved", &just_now())).await;
    let (_, late) = control.pagerduty("pagerduty", &incident("e1", "triggered", &moment(-20))).await;
    assert_eq!(late["closed"], json!(["search-v2"]), "{late}");
    begin(&control, "retry").await;

    let labels = json!({ "alertname": "A", "severity": "critical" });
    let since = moment(-100);
    control.by_key("grafana", &ended("f", &since, &labels, &just_now())).await;
    let (_, late) = control.by_key("grafana", &notification("firing", "f", &since, &labels)).await;
    assert_eq!(late["closed"], json!(["search-v2"]), "{late}");
    assert_eq!(control.closings("search-v2").await, 3);
    begin(&control, "retry").await;

    // This one ended before the attempt began, and is heard of again: it may fire still.
    control.by_key("grafana", &ended("g", &since, &labels, &moment(-50))).await;
    let (status, asked) = control.by_key("grafana", &notification("firing", "g", &since, &labels)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{asked}");
    assert_eq!(control.state("search-v2").await, "running");
}

/// Alertmanager ends what it has not heard of for a while, and when it hears of it again, that fires since before.
#[tokio::test]
async fn what_fires_anew_since_before_its_end_is_asked_for_again_where_it_would_close() {
    let control = running().await;
    let labels = json!({ "alertname": "A", "severity": "critical" });
    let since = moment(-100);
    let firing = notification("firing", "f", &since, &labels);
    assert_eq!(control.by_key("grafana", &firing).await.1["closed"], json!(["search-v2"]));
    control.by_key("grafana", &ended("f", &since, &labels, &just_now())).await;
    let (status, late) = control.by_key("grafana", &firing).await;
    assert_eq!((status, &late["stale"]), (StatusCode::OK, &json!(["A"])), "nothing is open: {late}");

    begin(&control, "retry").await;
    let (status, asked) = control.by_key("grafana", &firing).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{asked}");
    let message = asked["error"]["message"].as_str().unwrap();
    assert!(message.contains("`A`") && message.contains("send it again while it fires"), "{message}");
    assert_eq!(control.state("search-v2").await, "running");
    let source = control.source("grafana").await;
    assert_eq!((&source["posts"]["unavailable"], &source["lastPost"]["result"]), (&json!(1), &json!("unavailable")));
    let (_, other) = control.by_key("other", &firing).await;
    assert_eq!(other["closed"], json!(["search-v2"]), "what never ended is believed");
}
