//! Outcomes and alerts over the control door.

use super::control_door::{Control, ROLLOUT};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn alert(status: &str, severity: &str) -> Value {
    json!({ "version": "4", "status": status, "alerts": [{
        "status": status,
        "labels": { "alertname": "HighErrors", "severity": severity },
        "fingerprint": "c9d4b5c5b6d2e3f4",
    }]})
}

async fn exposed(control: &Control) -> usize {
    let mut candidates = 0;
    for user in 0..40 {
        candidates += usize::from(control.served("search", &format!("user-{user}")).await["variant"] == json!("on"));
    }
    candidates
}

#[tokio::test]
async fn a_firing_alert_closes_and_its_end_never_opens() {
    let control = Control::open().await;
    control.apply(ROLLOUT).await;
    control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    assert!(exposed(&control).await > 5, "half of the users");

    let warning = control.post("/api/v1/triggers/alertmanager", alert("firing", "warning").to_string()).await;
    assert_eq!(warning.0, StatusCode::OK);
    assert_eq!(warning.1["closed"], json!([]), "not what the rollout closes for");
    assert!(exposed(&control).await > 5);

    let (status, closed) = control.post("/api/v1/triggers/alertmanager", alert("firing", "critical").to_string()).await;
    assert_eq!((status, &closed["closed"]), (StatusCode::OK, &json!(["search-v2"])));
    assert_eq!(exposed(&control).await, 0, "gone when it is answered");

    for _ in 0..20 {
        let (_, again) = control.post("/api/v1/triggers/alertmanager", alert("firing", "critical").to_string()).await;
        assert_eq!((&again["closed"], &again["alreadyClosed"]), (&json!([]), &json!(["search-v2"])));
    }
    control.post("/api/v1/triggers/alertmanager", alert("resolved", "critical").to_string()).await;
    assert_eq!(exposed(&control).await, 0, "the end of an alert opens nothing");
    let (_, history) = control.get("/api/v1/history").await;
    let closings = history["entries"].as_array().unwrap().iter().filter(|entry| entry["kind"] == json!("closed"));
    assert_eq!(closings.count(), 1, "a storm of one alert is one closing");
}

#[tokio::test]
async fn outcomes_are_counted_for_the_variant_that_the_user_is_served() {
    let control = Control::open().await;
    let batch = json!([
        { "flag": "search", "targetingKey": "ann", "ok": true, "latency": 12.5 },
        { "flag": "search", "variant": "on", "ok": false, "value": 3 },
    ]);
    let (status, accepted) = control.post("/api/v1/outcomes", batch.to_string()).await;
    assert_eq!((status, accepted), (StatusCode::ACCEPTED, json!({ "accepted": 2 })));
}

#[tokio::test]
async fn one_wrong_outcome_refuses_its_batch_and_is_named() {
    let control = Control::open().await;
    for (wrong, part) in [
        (json!({ "flag": "serch", "variant": "on", "ok": true }), "item 1, `flag`: there is no flag `serch`"),
        (json!({ "flag": "serch", "targetingKey": "ann", "ok": true }), "item 1, `targetingKey`"),
        (json!({ "flag": "search", "variant": "of", "ok": true }), "item 1, `variant`: `search` has no variant `of`"),
        (json!({ "flag": "search", "variant": "on" }), "item 1, `ok`"),
    ] {
        let batch = json!([{ "flag": "search", "variant": "on", "ok": true }, wrong]);
        let (status, refused) = control.post("/api/v1/outcomes", batch.to_string()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
        assert!(refused["error"]["message"].as_str().unwrap().contains(part), "{refused}");
    }
    let (_, metrics) = control.get("/metrics").await;
    let accepted =
        metrics.as_str().unwrap().lines().find(|line| line.starts_with("tidegate_outcomes_total{result=\"accepted\"}"));
    assert!(accepted.is_none_or(|line| line.ends_with(" 0")), "{accepted:?}");
}

#[tokio::test]
async fn an_outcome_whose_variant_the_key_alone_does_not_tell_is_refused() {
    let control = Control::open().await;
    let staff = "exposure: 50%, audience: { ends_with: [ { var: email }, \"@company.example\" ] }";
    control.apply(&ROLLOUT.replacen("exposure: 50%", staff, 1)).await;
    control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    let by_key = r#"[{"flag":"search","targetingKey":"user-1","ok":true}]"#;
    let (status, body) = control.post("/api/v1/outcomes", by_key).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("looks at more") && message.contains("send the `variant`"), "{message}");
    let by_variant = r#"[{"flag":"search","variant":"on","ok":true}]"#;
    assert_eq!(control.post("/api/v1/outcomes", by_variant).await.0, StatusCode::ACCEPTED);
}
