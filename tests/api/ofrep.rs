//! OFREP: every status and the shape of every body.

use crate::evaluation_door::{Door, snapshot};
use crate::raw_client::{Reply, exchange, request};
use serde_json::{Value, json};
use tidegate::config::Secret;
use tidegate::http::Gate;

const FLAGS: &str = r#"
flags:
  welcome:
    state: ENABLED
    variants: { "on": true, "off": false }
    defaultVariant: "on"
    metadata: { owner: checkout, tier: 2 }
  ratio:
    state: ENABLED
    variants: { low: 0.0, high: 1.50 }
    defaultVariant: low
  banner:
    state: ENABLED
    variants: { plain: { color: grey }, bright: { color: red } }
    defaultVariant: plain
    targeting: { if: [ { ends_with: [ { var: email }, "@company.example" ] }, bright, null ] }
  resting:
    state: DISABLED
    variants: { "on": true, "off": false }
    defaultVariant: "on"
  undecided:
    state: ENABLED
    variants: { "on": true, "off": false }
    defaultVariant: null
  broken:
    state: ENABLED
    variants: { "on": true, "off": false }
    defaultVariant: "on"
    targeting: { no_such_operator: [ 1 ] }
  astray:
    state: ENABLED
    variants: { "on": true, "off": false }
    defaultVariant: "on"
    targeting: { var: wish }
  "new year/2026 été":
    state: ENABLED
    variants: { "yes": "yes", "no": "no" }
    defaultVariant: "no"
    targeting: { if: [ { ">=": [ { var: $flagd.timestamp }, 1767225600 ] }, "yes", "no" ] }
"#;

const BULK: &str = "/ofrep/v1/evaluate/flags";

async fn evaluate(door: &Door, key: &str, body: &str) -> Reply {
    exchange(door.address, &request("POST", &format!("{BULK}/{key}"), &[], body)).await
}

/// What every answer with a body must have.
fn check_head(reply: &Reply) {
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("content-length"), reply.body.len().to_string());
}

#[tokio::test]
async fn a_flag_answers_with_value_variant_reason_and_metadata() {
    let door = Door::serving(FLAGS).await;
    for (key, context, expected) in [
        (
            "welcome",
            r#"{"context":{"targetingKey":"u1"}}"#,
            json!({"key":"welcome","reason":"STATIC","variant":"on","value":true,"metadata":{"owner":"checkout","tier":2}}),
        ),
        (
            "banner",
            r#"{"context":{"targetingKey":"u1","email":"ann@company.example"}}"#,
            json!({"key":"banner","reason":"TARGETING_MATCH","variant":"bright","value":{"color":"red"}}),
        ),
        (
            "banner",
            r#"{"context":{"targetingKey":"u1","email":"bob@else.example"}}"#,
            json!({"key":"banner","reason":"DEFAULT","variant":"plain","value":{"color":"grey"}}),
        ),
        ("resting", "{}", json!({"key":"resting","reason":"DISABLED"})),
        ("undecided", "{}", json!({"key":"undecided","reason":"DEFAULT"})),
        (
            "new%20year%2F2026%20%C3%A9t%C3%A9",
            "{}",
            json!({"key":"new year/2026 été","reason":"TARGETING_MATCH","variant":"yes","value":"yes"}),
        ),
    ] {
        let reply = evaluate(&door, key, context).await;
        assert_eq!((reply.status, reply.json()), (200, expected), "{key} {context}");
        check_head(&reply);
    }
}

#[tokio::test]
async fn a_number_keeps_the_spelling_of_its_definition() {
    let door = Door::serving(FLAGS).await;
    let text = String::from_utf8(evaluate(&door, "ratio", "").await.body).unwrap();
    assert!(text.contains(r#""value":0.0"#), "{text}");
}

#[tokio::test]
async fn what_clients_really_send_for_no_context_is_accepted() {
    let door = Door::serving(FLAGS).await;
    for body in ["", " ", "{}", r#"{"context":{}}"#, r#"{"context":null}"#, r#"{"context":{"targetingKey":null}}"#] {
        let reply = evaluate(&door, "welcome", body).await;
        assert_eq!((reply.status, &reply.json()["value"]), (200, &json!(true)), "body {body:?}");
    }
}

#[tokio::test]
async fn a_context_that_cannot_be_read_is_400_invalid_context() {
    let door = Door::serving(FLAGS).await;
    for body in [
        "nonsense",
        r#"{"context":"#,
        "[]",
        r#"[{"targetingKey":"u1"}]"#,
        "42",
        r#""text""#,
        r#"{"context":[]}"#,
        r#"{"context":"u1"}"#,
        r#"{"context":7}"#,
        "{\"context\":{\"a\":\"\u{1}\"}}",
    ] {
        let single = evaluate(&door, "welcome", body).await;
        assert_eq!(single.status, 400, "{body}");
        check_head(&single);
        let answer = single.json();
        assert_eq!((&answer["key"], &answer["errorCode"]), (&json!("welcome"), &json!("INVALID_CONTEXT")), "{body}");
        assert!(answer["errorDetails"].as_str().is_some_and(|details| !details.is_empty()), "{answer}");

        let bulk = exchange(door.address, &request("POST", BULK, &[], body)).await;
        assert_eq!((bulk.status, &bulk.json()["errorCode"]), (400, &json!("INVALID_CONTEXT")), "{body}");
        assert_eq!(bulk.json().get("key"), None, "a failure of all flags names none");
    }
}

#[tokio::test]
async fn a_flag_that_fails_says_why() {
    let door = Door::serving(FLAGS).await;
    for (key, status, code) in [
        ("missing", 404, "FLAG_NOT_FOUND"),
        ("%22quoted%22", 404, "FLAG_NOT_FOUND"),
        ("broken", 400, "PARSE_ERROR"),
        ("astray", 400, "GENERAL"),
    ] {
        let reply = evaluate(&door, key, r#"{"context":{"targetingKey":"u1","wish":"no-variant"}}"#).await;
        let answer = reply.json();
        assert_eq!((reply.status, &answer["errorCode"]), (status, &json!(code)), "{key}: {answer}");
        assert_eq!(answer["key"], key.replace("%22", "\""));
        assert!(answer["errorDetails"].is_string(), "{answer}");
        assert_eq!((answer.get("value"), answer.get("variant")), (None, None));
        check_head(&reply);
    }
}

#[tokio::test]
async fn all_flags_answer_together_and_one_failure_spoils_none() {
    let door = Door::serving(FLAGS).await;
    let reply = exchange(door.address, &request("POST", BULK, &[], r#"{"context":{"targetingKey":"u1"}}"#)).await;
    assert_eq!(reply.status, 200);
    check_head(&reply);
    let answer = reply.json();
    let by_key = |key: &str| -> &Value {
        answer["flags"].as_array().unwrap().iter().find(|flag| flag["key"] == key).unwrap_or(&Value::Null)
    };
    assert_eq!(answer["flags"].as_array().map(Vec::len), Some(8), "disabled and broken ones are there too");
    assert_eq!(by_key("welcome")["value"], json!(true));
    assert_eq!(by_key("resting"), &json!({"key":"resting","reason":"DISABLED"}));
    assert_eq!(by_key("broken")["errorCode"], "PARSE_ERROR");
}

#[tokio::test]
async fn an_unchanged_answer_is_304_and_a_changed_one_is_sent() {
    let door = Door::serving(FLAGS).await;
    let ask = async |tag: &str, email: &str| {
        let body = json!({"context": {"targetingKey": "u1", "email": email}}).to_string();
        exchange(door.address, &request("POST", BULK, &[&format!("if-none-match: {tag}")], &body)).await
    };
    let first = ask("\"none\"", "ann@company.example").await;
    let tag = first.header("etag").to_owned();
    assert!(first.status == 200 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");

    let again = ask(&tag, "ann@company.example").await;
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, tag.as_str()));
    let same_answers = ask(&tag, "eve@company.example").await;
    assert_eq!(same_answers.status, 304, "another context with the same answers is no change");
    let other_context = ask(&tag, "bob@else.example").await;
    assert_eq!(other_context.status, 200, "a stored tag must not hide what another context gets");
    assert_ne!(other_context.header("etag"), tag);

    let republished = snapshot(2, FLAGS);
    assert!(door.live.publish(republished));
    assert_eq!(ask(&tag, "ann@company.example").await.status, 304, "a new generation with the same answers");
    assert!(door.live.publish(snapshot(3, &FLAGS.replace("color: red", "color: blue"))));
    assert_eq!(ask(&tag, "ann@company.example").await.status, 200, "a changed value");
}

#[tokio::test]
async fn other_methods_are_405_and_other_paths_404() {
    let door = Door::serving(FLAGS).await;
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        for path in [BULK.to_owned(), format!("{BULK}/welcome")] {
            let reply = exchange(door.address, &request(method, &path, &[], "")).await;
            assert_eq!((reply.status, reply.header("allow")), (405, "POST"), "{method} {path}");
            assert!(reply.json()["errorDetails"].is_string());
        }
    }
    for path in ["/", "/ofrep/v1/evaluate", "/ofrep/v1/evaluate/flags/", "/ofrep/v1/configuration"] {
        let reply = exchange(door.address, &request("POST", path, &[], "{}")).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.json()["errorDetails"].as_str().unwrap().contains("/ofrep/v1/evaluate/flags"));
    }
    let hinted = format!("{BULK}?flagConfigEtag=x&flagConfigLastModified=1");
    assert_eq!(exchange(door.address, &request("POST", &hinted, &[], "{}")).await.status, 200);
}

#[tokio::test]
async fn with_a_key_configured_only_who_shows_it_is_answered() {
    let key = Secret::new("s3cret-0123456789").unwrap();
    let door = Door::with(FLAGS, |settings| settings.gate = Gate::new(Some(&key))).await;
    for (header, status) in [
        ("x-nothing: 1", 401),
        ("authorization: Bearer wrong", 401),
        ("x-api-key: ", 401),
        ("authorization: Bearer s3cret-0123456789", 200),
        ("x-api-key: s3cret-0123456789", 200),
    ] {
        let reply = exchange(door.address, &request("POST", BULK, &[header], "{}")).await;
        assert_eq!(reply.status, status, "{header}");
        if status == 401 {
            assert!(reply.json()["errorDetails"].is_string());
            assert!(!String::from_utf8_lossy(&reply.body).contains("s3cret"));
        }
    }
}

#[tokio::test]
async fn what_was_answered_is_counted_over_generations() {
    let door = Door::serving(FLAGS).await;
    evaluate(&door, "welcome", "").await;
    evaluate(&door, "resting", "").await;
    assert!(door.live.publish(snapshot(2, &FLAGS.replace("ratio:", "a-new-first-flag:"))));
    assert!(!door.live.publish(snapshot(2, FLAGS)), "an overtaken publication is left out");
    evaluate(&door, "welcome", "").await;
    evaluate(&door, "missing", "").await;
    let text = door.metrics.render();
    for line in [
        r#"tidegate_evaluations_total{flag="welcome",variant="on"} 2"#,
        r#"tidegate_evaluations_total{flag="resting",variant="_none"} 1"#,
        r#"tidegate_evaluation_requests_total{kind="single",status="200"} 3"#,
        r#"tidegate_evaluation_requests_total{kind="single",status="404"} 1"#,
        "tidegate_evaluation_seconds_count 4",
        "tidegate_snapshot_generation 2",
        "tidegate_flags 8",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}
