//! Posts that arrive twice, late, or before those that were sent first.

use super::control_door::{Control, ROLLOUT};
use super::sent::{VARIABLES, incident, moment, notification, now};
use reqwest::StatusCode;
use serde_json::json;

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
