//! Who gets in at the control door, and what bad requests are told.

use super::control_door::{Control, KEY, answer};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Every error has the one shape, whoever found it.
fn message(answer: &Value) -> &str {
    answer["error"]["message"].as_str().unwrap_or_else(|| panic!("no error message in {answer}"))
}

#[tokio::test]
async fn with_a_key_nothing_but_the_bare_probes_answers_without_it() {
    let control = Control::start(&[("TIDEGATE_CONTROL_KEY", KEY)]).await;
    for path in [
        "/api/v1/flags",
        "/api/v1/nowhere",
        "/metrics",
        "/readyz?verbose",
        "/api/v1/schemas/rollout.json",
        "/api/v1/trains",
    ] {
        let response = control.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let (wrong, _) = answer(control.request(Method::GET, path).bearer_auth("wrong")).await;
        assert_eq!(wrong, StatusCode::UNAUTHORIZED, "{path}");
    }
    for path in ["/livez", "/readyz"] {
        assert_eq!(control.get(path).await.0, StatusCode::OK, "{path}");
    }
    let bearer = control.request(Method::GET, "/api/v1/flags").bearer_auth(KEY);
    assert_eq!(answer(bearer).await.0, StatusCode::OK);
    let header = control.request(Method::GET, "/metrics").header("x-api-key", KEY).header("host", "tidegate.example");
    assert_eq!(answer(header).await.0, StatusCode::OK, "with a key, any name of the server will do");
}

#[tokio::test]
async fn without_a_key_pages_of_a_browser_on_this_machine_are_kept_out() {
    let control = Control::open().await;
    let rebound = control.request(Method::GET, "/api/v1/flags").header("host", "evil.example:8080");
    assert_eq!(answer(rebound).await.0, StatusCode::FORBIDDEN);
    let page = control.request(Method::POST, "/api/v1/rollouts/search-v2/rollback");
    let page = page.header("origin", "https://evil.example").header("content-type", "application/json");
    assert_eq!(answer(page).await.0, StatusCode::FORBIDDEN);
    let form = control.request(Method::POST, "/api/v1/outcomes").header("content-type", "text/plain").body("[]");
    assert_eq!(answer(form).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(control.post("/api/v1/outcomes", "[]").await.0, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn bad_requests_are_told_what_is_wrong_in_one_shape() {
    let control = Control::open().await;
    for (path, status, part) in [
        ("/nowhere", 404, "nothing at /nowhere"),
        ("/api/v1/outcomes", 405, "does not take this method"),
        ("/api/v1/rollouts/serch-v2", 404, "no rollout `serch-v2`"),
        ("/api/v1/flags/%FF", 400, "path"),
        ("/api/v1/history?limit=0", 400, "`limit`"),
        ("/api/v1/history?wait=soon", 400, "`wait`"),
        ("/api/v1/history?aftr=1", 400, "aftr"),
    ] {
        let (found, body) = control.get(path).await;
        assert_eq!(found.as_u16(), status, "{path}: {body}");
        assert!(message(&body).contains(part), "{path}: {body}");
    }
    for (path, body, status, part) in [
        ("/api/v1/outcomes", "nonsense", 400, "not JSON"),
        ("/api/v1/outcomes", "[{\"flag\":\"search\"", 400, "not JSON"),
        ("/api/v1/outcomes", "7", 400, "list"),
        ("/api/v1/outcomes", "", 400, "empty"),
        ("/api/v1/triggers/alertmanager", "[]", 400, "object"),
        ("/api/v1/triggers/alertmanager", "{\"alerts\":[{}]}", 400, "alerts[0].status"),
        ("/api/v1/rollouts/x/start", "[1]", 400, "does not fit"),
        ("/api/v1/rollouts/x/start", "{\"by\":\"\"}", 400, "`by`"),
        ("/api/v1/rollouts/x/start", "{\"reson\":\"a\"}", 400, "reson"),
        ("/api/v1/rollouts/x/strat", "{}", 404, "strat"),
        ("/api/v1/rollouts", "{}", 422, "not valid"),
        ("/api/v1/flags/search/evaluate", "{\"context\":7}", 400, "context"),
        ("/api/v1/flags/serch/evaluate", "{}", 404, "no flag `serch`"),
    ] {
        let (found, answer) = control.post(path, body).await;
        assert_eq!(found.as_u16(), status, "{path} {body}: {answer}");
        assert!(message(&answer).contains(part), "{path} {body}: {answer}");
    }
}

#[tokio::test]
async fn a_body_over_a_megabyte_is_refused_and_read_far_enough_to_hear_it() {
    let control = Control::open().await;
    let padded = |length: usize| format!("{{}}{}", " ".repeat(length - 2));
    let evaluate = "/api/v1/flags/search/evaluate";
    assert_eq!(control.post(evaluate, padded(1 << 20)).await.0, StatusCode::OK);
    let (status, body) = control.post(evaluate, padded((1 << 20) + 1)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{body}");
    let (status, body) = control.post(evaluate, padded(2_000_000)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(message(&body).contains("1048576"));
}

#[tokio::test]
async fn a_body_that_stops_half_way_changes_nothing() {
    let control = Control::open().await;
    let mut stream = TcpStream::connect(control.control).await.unwrap();
    let head = "POST /api/v1/outcomes HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(b"[{\"flag\":\"search\",\"variant\":\"on\",\"ok\":true}]").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.unwrap();
    assert!(heard.starts_with("HTTP/1.1 400 ") && heard.contains("broke off"), "{heard}");
    let (_, metrics) = control.get("/metrics").await;
    assert!(!metrics.as_str().unwrap().contains("tidegate_outcomes_total{result=\"accepted\"} 1"));
}

#[tokio::test]
async fn the_probe_names_what_is_wrong_with_its_place() {
    let control = Control::open().await;
    let (mut status, mut body) = control.get("/readyz?verbose").await;
    // The ledger is verified beside the serving.
    while body.as_str().unwrap().contains("not verified yet") {
        (status, body) = control.get("/readyz?verbose").await;
    }
    let text = body.as_str().unwrap();
    assert_eq!(status, StatusCode::OK, "one bad flag fails alone");
    for part in [
        "ready",
        "bucketing: v3",
        "flags: 3",
        "store: ok",
        "ledger: sound",
        "problems: 1",
        "flags.yaml:14:21: flag `broken`",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let (_, list) = control.get("/api/v1/flags").await;
    let broken = &list["flags"].as_array().unwrap()[0];
    assert_eq!(broken["state"], json!("broken"));
    assert!(broken["broken"].as_str().unwrap().contains("flags.yaml:14"));
}
