//! Sources of alerts at the control door: who is let in, what they may close, and what is told and recorded.

use super::control_door::{Control, KEY, ROLLOUT, answer};
use super::sent::{VARIABLES, moment, notification, now, secret, signature};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const SOURCES: &str = "triggers:
  grafana: { kind: grafana, key_env: KEY_GRAFANA }
  narrow: { kind: alertmanager, key_env: KEY_NARROW, may_close: { flags: [checkout-*] } }
  elsewhere: { kind: alertmanager, key_env: KEY_ELSEWHERE, may_close: { environments: [production] } }
  team: { kind: alertmanager, key_env: KEY_TEAM, may_close: { labels: { team: payments } } }
  tried: { kind: alertmanager, key_env: KEY_TRIED, dry_run: true }
  picky: { kind: alertmanager, key_env: KEY_PICKY, match: 'alert(team = \"search\")', labels: { severity: critical } }
  slow: { kind: alertmanager, key_env: KEY_SLOW, per_second: 1 }
  pagerduty: { kind: pagerduty, secret_env: KEY_PAGERDUTY, labels: { severity: critical } }
  datadog: { kind: datadog, key_env: KEY_DATADOG }
  checks: { kind: webhook, secret_env: KEY_CHECKS }
";

fn critical(fingerprint: &str) -> Value {
    let labels = json!({ "alertname": "HighErrors", "severity": "critical" });
    notification("firing", fingerprint, &moment(0), &labels)
}

fn named(label: &str, name: &str) -> Value {
    let labels = json!({ "alertname": "A", "severity": "critical", label: name });
    notification("firing", name, &moment(0), &labels)
}

async fn running() -> Control {
    let control = Control::start_with(SOURCES, &VARIABLES).await;
    control.apply(ROLLOUT).await;
    let (status, started) = control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    assert_eq!(status, StatusCode::OK, "{started}");
    control
}

fn sample(metrics: &Value, series: &str) -> u64 {
    let line = metrics.as_str().unwrap().lines().find(|line| line.starts_with(series));
    line.and_then(|line| line.rsplit_once(' ')?.1.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn a_source_is_let_in_by_its_own_key_and_that_opens_nothing_else() {
    let mut variables = VARIABLES.to_vec();
    variables.push(("TIDEGATE_CONTROL_KEY", KEY));
    let control = Control::start_with(SOURCES, &variables).await;
    assert_eq!(control.by_key("grafana", &critical("1")).await.0, StatusCode::OK);
    for path in ["/api/v1/triggers", "/api/v1/triggers/grafana", "/api/v1/rollouts", "/metrics", "/api/v1/history"] {
        let asked = control.request(Method::GET, path).bearer_auth(secret("grafana"));
        assert_eq!(answer(asked).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    for path in ["/api/v1/rollouts/x/rollback", "/api/v1/events", "/api/v1/triggers/alertmanager", "/api/v1/triggers/"]
    {
        let posted = control.request(Method::POST, path).bearer_auth(secret("grafana")).json(&json!({ "alerts": [] }));
        assert_eq!(answer(posted).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(control.unsigned("grafana", &critical("1")).await.0, StatusCode::UNAUTHORIZED);
    let with_control_key = control.request(Method::POST, "/api/v1/triggers/grafana").bearer_auth(KEY);
    assert_eq!(answer(with_control_key.json(&critical("1"))).await.0, StatusCode::UNAUTHORIZED);
    let unnamed = control.request(Method::POST, "/api/v1/triggers/alertmanager").bearer_auth(KEY);
    assert_eq!(answer(unnamed.json(&critical("1"))).await.0, StatusCode::OK, "as ever, with the control key");
    let listed = answer(control.request(Method::GET, "/api/v1/triggers").bearer_auth(KEY)).await.1;
    assert!(!listed.to_string().contains("the-key-of") && !listed.to_string().contains(KEY), "{listed}");
}

#[tokio::test]
async fn without_settings_alertmanager_is_the_only_source() {
    let control = Control::open().await;
    let (_, listed) = control.get("/api/v1/triggers").await;
    let sources = listed["sources"].as_array().unwrap();
    assert_eq!((sources.len(), &sources[0]["name"]), (1, &json!("alertmanager")));
    let (status, refused) = control.post("/api/v1/triggers/alertmanagr", "{}").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(refused["error"]["hint"], json!("did you mean `alertmanager`?"));
}

#[tokio::test]
async fn each_kind_of_sender_closes_by_its_own_way_of_saying_so() {
    let datadog = json!({ "id": "7", "transition": "Triggered", "date": "1767225600000", "tags": "flag:search" });
    for kind in ["grafana", "datadog", "pagerduty", "checks"] {
        let control = running().await;
        let (status, told) = match kind {
            "grafana" => control.by_key(kind, &critical("g")).await,
            "datadog" => control.by_key(kind, &datadog).await,
            "pagerduty" => control.pagerduty(kind, &super::sent::incident("e1", "triggered", &moment(0))).await,
            _ => {
                let alert =
                    json!({ "id": "c", "status": "firing", "flag": "search", "labels": { "severity": "critical" } });
                control.webhook(kind, now(), &alert).await
            }
        };
        assert_eq!((status, &told["closed"]), (StatusCode::OK, &json!(["search-v2"])), "{kind}: {told}");
        assert_eq!(control.state("search-v2").await, "rolled_back", "{kind}");
        assert_eq!(control.closings("search-v2").await, 1, "{kind}");
        assert_eq!(control.source(kind).await["posts"], json!({ "closed": 1 }), "{kind}");
        let (_, history) = control.get("/api/v1/rollouts/search-v2/history").await;
        assert!(history.to_string().contains(&format!("reported as {kind}/")), "who sent it: {history}");
    }
}

#[tokio::test]
async fn what_is_not_shown_to_be_the_sources_closes_nothing_and_is_counted_by_reason() {
    let control = running().await;
    let event = super::sent::incident("e1", "triggered", &moment(0));
    let (status, refused) = control.unsigned("pagerduty", &event).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{refused}");
    assert!(!refused.to_string().contains("the-key-of"));
    let forged = control.request(Method::POST, "/api/v1/triggers/pagerduty").json(&event);
    let forged = forged.header("x-pagerduty-signature", signature("pagerduty", &[b"something else"]));
    assert_eq!(answer(forged).await.0, StatusCode::UNAUTHORIZED);
    let alert = json!({ "id": "c", "status": "firing", "flag": "search" });
    let (status, refused) = control.webhook("checks", now() - 400, &alert).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(refused["error"]["message"].as_str().unwrap().contains("5m"), "{refused}");
    let wrong = control.request(Method::POST, "/api/v1/triggers/grafana").bearer_auth("wrong").json(&critical("1"));
    assert_eq!(answer(wrong).await.0, StatusCode::UNAUTHORIZED);
    let (status, _) = control.by_key("grafana", &json!({ "alerts": [{ "status": "on" }] })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let large = json!({ "alerts": [], "message": "x".repeat(1 << 20) });
    assert_eq!(control.by_key("grafana", &large).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(control.state("search-v2").await, "running");

    let (_, metrics) = control.get("/metrics").await;
    for (source, result) in [
        ("pagerduty", "unsigned"),
        ("pagerduty", "wrong_signature"),
        ("checks", "not_in_time"),
        ("grafana", "wrong_key"),
        ("grafana", "malformed"),
        ("grafana", "too_large"),
    ] {
        let series = format!("tidegate_trigger_posts_total{{result=\"{result}\",source=\"{source}\"}}");
        assert_eq!(sample(&metrics, &series), 1, "{series}");
        assert_eq!(control.source(source).await["posts"][result], json!(1), "{source} {result}");
    }
    let problems = control.source("grafana").await["problems"].to_string();
    assert!(problems.contains("alerts[0].status"), "{problems}");
}

#[tokio::test]
async fn a_signed_post_is_taken_once() {
    let control = running().await;
    let alert = json!({ "id": "c", "status": "firing", "flag": "search", "labels": { "severity": "critical" } });
    let at = now();
    assert_eq!(control.webhook("checks", at, &alert).await.1["closed"], json!(["search-v2"]));
    let (status, replayed) = control.webhook("checks", at, &alert).await;
    assert_eq!(status, StatusCode::CONFLICT, "{replayed}");
    let (status, again) = control.webhook("checks", at + 1, &alert).await;
    assert_eq!((status, &again["alreadyClosed"]), (StatusCode::OK, &json!(["search-v2"])), "signed anew");
    let source = control.source("checks").await;
    assert_eq!(source["posts"]["replayed"], json!(1), "{source}");
}

#[tokio::test]
async fn a_source_closes_nothing_beyond_its_scope_and_is_told_so() {
    let control = running().await;
    for source in ["narrow", "elsewhere", "team"] {
        let (status, told) = control.by_key(source, &critical("s")).await;
        assert_eq!(status, StatusCode::OK, "{source}: {told}");
        assert_eq!((&told["closed"], &told["outOfScope"]), (&json!([]), &json!(["search-v2"])), "{source}: {told}");
        let record = control.source(source).await;
        assert_eq!(record["posts"], json!({ "out_of_scope": 1 }), "{source}");
        assert!(record["problems"].to_string().contains("it may not close search-v2"), "{record}");
    }
    assert_eq!(control.state("search-v2").await, "running");
    let (_, closed) = control.post("/api/v1/triggers/alertmanager", critical("own").to_string()).await;
    assert_eq!(closed["closed"], json!(["search-v2"]));
    let ended = notification("resolved", "own", &moment(0), &json!({ "alertname": "HighErrors" }));
    control.post("/api/v1/triggers/alertmanager", ended.to_string()).await;
    let (status, retried) = control.post("/api/v1/rollouts/search-v2/retry", "{}").await;
    assert_eq!(status, StatusCode::OK, "what may not close it does not keep it from beginning: {retried}");
}

#[tokio::test]
async fn the_metadata_of_the_flag_decide_and_not_the_labels_of_the_alert() {
    let control = running().await;
    let claims = json!({ "alertname": "A", "severity": "critical", "team": "payments" });
    let (_, told) = control.by_key("team", &notification("firing", "t", &moment(0), &claims)).await;
    assert_eq!((&told["closed"], &told["outOfScope"]), (&json!([]), &json!(["search-v2"])), "{told}");
    let flags = super::control_door::FLAGS
        .replace("    defaultVariant: 'off'\n", "    defaultVariant: 'off'\n    metadata: { team: payments }\n");
    std::fs::write(control.file("flags.yaml"), flags).unwrap();
    loop {
        let (_, told) = control.by_key("team", &notification("firing", "t", &moment(0), &claims)).await;
        if told["closed"] == json!(["search-v2"]) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn no_sender_speaks_in_the_name_of_another() {
    let control = running().await;
    let plan = ROLLOUT.replace("alert(severity = \"critical\")", "alert(trigger = \"grafana\")");
    control.post("/api/v1/rollouts/search-v2/rollback", "{}").await;
    assert_eq!(control.apply(&plan).await.0, StatusCode::OK);
    control.post("/api/v1/rollouts/search-v2/retry", "{}").await;
    let claims = notification("firing", "x", &moment(0), &json!({ "alertname": "A", "trigger": "grafana" }));
    let (_, told) = control.post("/api/v1/triggers/alertmanager", claims.to_string()).await;
    assert_eq!(told["closed"], json!([]), "{told}");
    assert_eq!(control.by_key("tried", &claims).await.1["wouldClose"], json!(null));
    assert_eq!(control.by_key("grafana", &claims).await.1["closed"], json!(["search-v2"]));
}

#[tokio::test]
async fn a_source_that_is_tried_out_says_what_it_would_close() {
    let control = running().await;
    let (status, told) = control.by_key("tried", &critical("d")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&told["dryRun"], &told["closed"], &told["wouldClose"]),
        (&json!(true), &json!([]), &json!(["search-v2"])),
        "{told}"
    );
    assert_eq!((control.state("search-v2").await.as_str(), control.closings("search-v2").await), ("running", 0));
    control.post("/api/v1/rollouts/search-v2/rollback", "{}").await;
    let (status, _) = control.post("/api/v1/rollouts/search-v2/retry", "{}").await;
    assert_eq!(status, StatusCode::OK, "nothing of it is remembered as firing");
    assert_eq!(control.source("tried").await["posts"], json!({ "dry_run": 1 }));
}

#[tokio::test]
async fn only_alerts_that_a_source_is_asked_for_are_heard() {
    let control = running().await;
    let (_, told) = control.by_key("picky", &critical("p")).await;
    assert_eq!((&told["closed"], &told["unmatched"]), (&json!([]), &json!(["HighErrors"])), "{told}");
    let labels = json!({ "alertname": "A", "team": "search", "trigger": "somebody-else" });
    let (_, told) = control.by_key("picky", &notification("firing", "q", &moment(0), &labels)).await;
    assert_eq!(told["closed"], json!(["search-v2"]), "with the label of the settings: {told}");
}

#[tokio::test]
async fn names_that_are_nothing_here_are_answered_and_recorded() {
    let control = running().await;
    let (status, told) = control.by_key("grafana", &named("rollout", "serch-v2")).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let unknown = &told["unknown"][0];
    assert_eq!((&unknown["label"], &unknown["name"]), (&json!("rollout"), &json!("serch-v2")));
    assert_eq!(unknown["hint"], json!("did you mean `search-v2`?"));
    let (_, told) = control.by_key("grafana", &named("flag", "limit")).await;
    assert_eq!(told["unknown"][0]["why"], json!("no rollout of the flag `limit` has begun"));
    for name in 0..200 {
        let (_, told) = control.by_key("grafana", &named("flag", &format!("nothing-{name}\u{202E}\n\"}}"))).await;
        let shown = told["unknown"][0]["name"].as_str().unwrap();
        assert!(!shown.contains('\n') && !shown.contains('\u{202E}'), "{shown:?}");
    }
    let source = control.source("grafana").await;
    assert!(source["problems"].as_array().unwrap().len() <= 32, "a flood of them is bounded");
    assert!(source["problems"][0]["what"].as_str().unwrap().contains("there is no flag `nothing-199"), "{source}");
    let (_, metrics) = control.get("/metrics").await;
    let series = "tidegate_trigger_alerts_total{result=\"unknown\",source=\"grafana\"}";
    assert_eq!(sample(&metrics, series), 202);
    assert_eq!(control.state("search-v2").await, "running");
}

#[tokio::test]
async fn who_sends_more_than_it_may_is_told_to_send_again_unless_it_closes_something() {
    let control = running().await;
    let mut statuses = Vec::new();
    for number in 0..8 {
        let labels = json!({ "alertname": "Warning", "severity": "warning" });
        statuses
            .push(control.by_key("slow", &notification("firing", &number.to_string(), &moment(0), &labels)).await.0);
    }
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::SERVICE_UNAVAILABLE).count(), 3, "{statuses:?}");
    let warned = json!({ "alertname": "Warning", "severity": "warning" });
    let more = notification("firing", "9", &moment(0), &warned);
    while control.by_key("slow", &more).await.0 != StatusCode::SERVICE_UNAVAILABLE {}
    let (status, told) = control.by_key("slow", &critical("1")).await;
    assert_eq!((status, &told["closed"]), (StatusCode::OK, &json!(["search-v2"])), "what closes never waits: {told}");
}

#[tokio::test]
async fn a_lack_of_data_at_the_sender_closes_nothing() {
    let control = running().await;
    let labels = json!({ "alertname": "DatasourceNoData", "rulename": "Errors", "severity": "critical" });
    let (status, told) = control.by_key("grafana", &notification("firing", "n", &moment(0), &labels)).await;
    assert_eq!((status, &told["closed"], &told["noData"]), (StatusCode::OK, &json!([]), &json!(["DatasourceNoData"])));
    let datadog = json!({ "id": "7", "transition": "No Data", "date": "1767225600000", "tags": "flag:search" });
    assert_eq!(control.by_key("datadog", &datadog).await.1["noData"], json!(["monitor 7"]));
    assert_eq!(control.state("search-v2").await, "running");
}
