//! Posted events over the control door.

use super::control_door::{Control, KEY, ROLLOUT, answer};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// The rollout of the door's tests, closing at the third escalation.
fn counting() -> String {
    ROLLOUT
        .replace("metrics:", "metrics:\n  escalations: { provider: events, event: escalation, since: start }")
        .replace("close_when: [", "close_when: [ escalations > 2,")
}

async fn counting_now(variables: &[(&str, &str)]) -> Control {
    let control = Control::start(variables).await;
    assert_eq!(control.apply(&counting()).await.0, StatusCode::CREATED);
    assert_eq!(control.post("/api/v1/rollouts/search-v2/start", "{}").await.0, StatusCode::OK);
    control
}

async fn post(control: &Control, body: &Value) -> (StatusCode, Value) {
    control.post("/api/v1/events", body.to_string()).await
}

async fn shown(control: &Control, metric: &str) -> Value {
    let (_, rollout) = control.get("/api/v1/rollouts/search-v2").await;
    let readings = rollout["readings"].as_array().unwrap();
    readings.iter().find(|reading| reading["metric"] == json!(metric)).cloned().unwrap_or_default()
}

#[tokio::test]
async fn events_are_counted_once_each_and_close() {
    let control = counting_now(&[]).await;
    let one = json!({ "event": "escalation", "id": "ticket-1", "rollout": "search-v2" });
    let (status, counted) = post(&control, &one).await;
    let expected = json!({ "closed": [], "alreadyClosed": [], "counted": ["search-v2"] });
    assert_eq!((status, counted), (StatusCode::OK, expected));
    let (_, again) = post(&control, &one).await;
    assert_eq!((&again["counted"], &again["repeated"]), (&json!([]), &json!(["search-v2"])));
    assert_eq!(shown(&control, "escalations").await["value"], json!("1"));

    let batch = json!([
        { "event": "escalation", "id": "ticket-1", "flag": "search" },
        { "event": "escalation", "id": "ticket-2", "flag": "search", "environment": "production" },
    ]);
    let (_, both) = post(&control, &batch).await;
    assert_eq!((&both["counted"], &both["repeated"]), (&json!(["search-v2"]), &json!(["search-v2"])));
    assert_eq!(control.served("search", "user-1").await["variant"], json!("on"));

    let third = json!({ "event": "escalation", "id": "ticket-3", "count": 7, "message": "wrong totals" });
    assert_eq!(post(&control, &third).await.1["closed"], json!(["search-v2"]));
    for user in 0..40 {
        assert_eq!(control.served("search", &format!("user-{user}")).await["variant"], json!("off"));
    }
    assert_eq!(post(&control, &third).await.1["alreadyClosed"], json!(["search-v2"]));
    let (_, history) = control.get("/api/v1/rollouts/search-v2/history").await;
    let closed = history["entries"].as_array().unwrap().last().unwrap();
    let sentence = closed["sentence"].as_str().unwrap();
    assert!(sentence.contains("escalations 9") && sentence.contains("ticket-3: wrong totals"), "{sentence}");

    let (_, metrics) = control.get("/metrics").await;
    for line in [r#"{result="counted"} 2"#, r#"{result="repeated"} 2"#, r#"{result="closed"} 1"#] {
        assert!(metrics.as_str().unwrap().contains(&format!("tidegate_events_total{line}")), "{line}");
    }
}

#[tokio::test]
async fn an_event_that_nobody_counts_is_no_error_and_is_told() {
    let control = counting_now(&[]).await;
    let batch = json!([
        { "event": "escalation", "id": "1" },
        { "event": "escalations", "id": "2" },
        { "event": "outage", "id": "3", "rollout": "search-v2" },
        { "event": "escalation", "id": "4", "flag": "limit" },
    ]);
    let (status, told) = post(&control, &batch).await;
    assert_eq!((status, &told["counted"]), (StatusCode::OK, &json!(["search-v2"])));
    let expected = json!([
        { "item": 1, "event": "escalations", "why": "no rollout counts an event `escalations`", "hint": "did you mean `escalation`?" },
        { "item": 2, "event": "outage", "why": "rollout `search-v2` counts no event `outage`" },
        { "item": 3, "event": "escalation", "why": "no rollout of the flag `limit` has begun" },
    ]);
    assert_eq!(told["notCounted"], expected);
    let (_, empty) = post(&control, &json!([])).await;
    assert_eq!(empty, json!({ "closed": [], "alreadyClosed": [], "counted": [] }));
}

#[tokio::test]
async fn one_wrong_event_refuses_its_batch_and_is_named() {
    let control = counting_now(&[]).await;
    for (wrong, status, message, hint) in [
        (json!({ "event": "escalation" }), 400, "item 1, `id` is missing", "the same when you send it again"),
        (json!({ "event": "escalation", "id": "" }), 400, "`id` is missing", "ticket"),
        (json!({ "event": "escalation", "id": 7 }), 400, "`id` must be a text", ""),
        (json!({ "event": "escalation", "id": "x".repeat(129) }), 400, "at most 128 bytes", ""),
        (json!({ "id": "2" }), 400, "`event` is missing", ""),
        (json!({ "event": "two words", "id": "2" }), 400, "`event` is not a name", "letters"),
        (json!({ "event": "escalation", "id": "2", "count": 0 }), 400, "from 1 to 1000000", ""),
        (json!({ "event": "escalation", "id": "2", "count": 1_000_001 }), 400, "from 1 to 1000000", ""),
        (json!({ "event": "escalation", "id": "2", "count": 1.5 }), 400, "whole number", ""),
        (json!({ "event": "escalation", "id": "2", "cuont": 2 }), 400, "unknown field `cuont`", "`count`"),
        (json!({ "event": "escalation", "id": "2", "at": 2 }), 400, "unknown field `at`", "`message`"),
        (json!({ "event": "escalation", "id": "2", "message": "é".repeat(201) }), 400, "200 characters", ""),
        (json!({ "event": "escalation", "id": "2", "message": "a\nb" }), 400, "one line", ""),
        (json!({ "event": "escalation", "id": "2", "environment": "" }), 400, "`environment`", ""),
        (json!({ "event": "escalation", "id": "2", "rollout": "a", "flag": "b" }), 400, "both", "leave one out"),
        (
            json!({ "event": "escalation", "id": "2", "rollout": "serch-v2" }),
            404,
            "no rollout `serch-v2`",
            "`search-v2`",
        ),
        (json!({ "event": "escalation", "id": "2", "flag": "serch" }), 404, "no flag `serch`", "`search`"),
        (json!(7), 400, "must be an object", ""),
    ] {
        let batch = json!([{ "event": "escalation", "id": "1", "rollout": "search-v2" }, wrong]);
        let (found, refused) = post(&control, &batch).await;
        assert_eq!(found.as_u16(), status, "{wrong}: {refused}");
        let told = refused["error"]["message"].as_str().unwrap();
        assert!(told.starts_with("nothing was recorded: item 1, ") && told.contains(message), "{wrong}: {refused}");
        let hinted = refused["error"]["hint"].as_str().unwrap_or_default();
        assert!(hinted.contains(hint), "{wrong}: {refused}");
    }
    for (body, part) in [("", "empty"), ("7", "an event or a list"), ("[{", "not JSON")] {
        let (status, refused) = control.post("/api/v1/events", body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(refused["error"]["message"].as_str().unwrap().contains(part), "{refused}");
    }
    assert_eq!(shown(&control, "escalations").await["value"], json!("0"), "nothing of all this was recorded");
}

#[tokio::test]
async fn as_many_as_the_bound_says_are_taken_at_once_and_no_more() {
    let control = counting_now(&[]).await;
    let events = |count: usize| -> Value {
        (0..count).map(|n| json!({ "event": "outage", "id": n.to_string(), "count": 1_000_000 })).collect()
    };
    assert_eq!(post(&control, &events(1_000)).await.0, StatusCode::OK);
    let (status, refused) = post(&control, &events(1_001)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(refused["error"]["message"].as_str().unwrap().contains("1001 events"), "{refused}");
}

#[tokio::test]
async fn whoever_has_no_key_posts_nothing() {
    let control = Control::start(&[("TIDEGATE_CONTROL_KEY", KEY)]).await;
    let event = json!({ "event": "escalation", "id": "1" }).to_string();
    let request = || control.request(Method::POST, "/api/v1/events").header("content-type", "application/json");
    assert_eq!(answer(request().body(event.clone())).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(answer(request().bearer_auth(KEY).body(event)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_rollout_shows_what_its_last_check_made_of_each_condition() {
    let control = counting_now(&[]).await;
    // An event that is news is a reason to check at once.
    post(&control, &json!({ "event": "escalation", "id": "1" })).await;
    let mut rollout = Value::Null;
    for _ in 0..500 {
        rollout = control.get("/api/v1/rollouts/search-v2").await.1;
        if rollout["findings"].is_array() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let findings = rollout["findings"].as_array().unwrap();
    let of = |condition: &str| findings.iter().find(|finding| finding["condition"] == json!(condition)).unwrap();
    let closes = json!({
        "list": "close_when", "condition": "escalations > 2", "verdict": "pass", "seen": "escalations 1 <= 2", "samples": 1,
    });
    assert_eq!(of("escalations > 2"), &closes);
    assert_eq!(of("errors < 1%")["verdict"], json!("no-data"));
    let errors = shown(&control, "errors").await;
    assert_eq!((&errors["data"], &errors["kind"]), (&json!(false), &json!("absent")), "{errors}");
    assert!(shown(&control, "escalations").await.get("kind").is_none());
}
