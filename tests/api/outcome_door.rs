//! Outcomes over the control door: packed, in lines, sent again, late, and by what was served then.

use super::control_door::{Control, KEY, ROLLOUT, answer};
use chrono::{DateTime, TimeDelta, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::io::Write as _;
use std::time::Duration;

const PATH: &str = "/api/v1/outcomes";
const ON: &str = r#"{"flag":"search","variant":"on","targetingKey":"ann","ok":true}"#;

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(body).unwrap();
    packed.finish().unwrap()
}

fn post(control: &Control, body: impl Into<reqwest::Body>) -> RequestBuilder {
    control.request(Method::POST, PATH).header("content-type", "application/json").body(body)
}

async fn posted(control: &Control, body: String) -> (StatusCode, Value) {
    answer(post(control, body)).await
}

async fn metric(control: &Control, result: &str) -> u64 {
    let (_, metrics) = control.get("/metrics").await;
    let begin = format!("tidegate_outcomes_total{{result=\"{result}\"}} ");
    let line = metrics.as_str().unwrap().lines().find_map(|line| line.strip_prefix(&begin));
    line.map_or(0, |count| count.parse().unwrap())
}

/// The error's message.
fn message(body: &Value) -> &str {
    body["error"]["message"].as_str().unwrap_or_default()
}

async fn running(plan: &str) -> Control {
    let control = Control::open().await;
    let (_, applied) = control.apply(plan).await;
    assert_eq!(applied["change"], json!("created"), "{applied}");
    let (status, started) = control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    assert_eq!(status, StatusCode::OK, "{started}");
    // From the first look on nothing of the wave is left out.
    seen(&control).await;
    control
}

async fn seen(control: &Control) -> Value {
    let (status, seen) = control.get("/api/v1/rollouts/search-v2/outcomes").await;
    assert_eq!(status, StatusCode::OK, "{seen}");
    seen
}

#[tokio::test]
async fn lists_lines_and_packed_bodies_are_taken() {
    let control = running(ROLLOUT).await;
    let lines = format!("{ON}\n{ON}\n");
    let packed = |body: &str, kind| {
        let request = control.request(Method::POST, PATH).header("content-type", kind);
        request.header("content-encoding", "gzip").body(gzip(body.as_bytes()))
    };
    for (request, count) in [
        (post(&control, format!("[{ON}]")), 1),
        (post(&control, format!(r#"{{"outcomes":[{ON},{ON}]}}"#)), 2),
        (control.request(Method::POST, PATH).header("content-type", "application/x-ndjson").body(lines.clone()), 2),
        (control.request(Method::POST, PATH).header("content-type", "application/jsonl").body(lines.clone()), 2),
        (packed(&format!("[{ON}]"), "application/json"), 1),
        (packed(&lines, "application/x-ndjson"), 2),
        (packed(&format!("[{}]", vec![ON; 10_000].join(",")), "application/json"), 10_000),
        (post(&control, format!("[{}]", vec![ON; 10_000].join(","))), 10_000),
        (post(&control, format!("[{ON}]")).header("content-encoding", "identity"), 1),
    ] {
        let answered = answer(request).await;
        assert_eq!(answered, (StatusCode::ACCEPTED, json!({ "accepted": count })));
    }
    let seen = seen(&control).await;
    let users = json!({ "users": 1, "failed": 0, "ofMillion": 1_000_000 });
    assert_eq!((&seen["candidate"]["outcomes"], &seen["candidate"]["users"]), (&json!(20_011), &users), "{seen}");
}

#[tokio::test]
async fn what_is_packed_badly_or_bursts_is_refused() {
    let control = Control::open().await;
    let packed = gzip(format!("[{ON}]").as_bytes());
    let sent =
        |body: Vec<u8>, encoding: &'static str| answer(post(&control, body).header("content-encoding", encoding));
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 1 << 20, "small on the way: {}", bomb.len());
    let within = gzip(&[b"[".to_vec(), vec![b' '; 4 << 20], b"]".to_vec()].concat());
    assert_eq!(sent(within, "gzip").await.0, StatusCode::ACCEPTED);
    for (body, encoding, status, part) in [
        (packed.clone(), "br", 415, "`Content-Encoding` must be gzip"),
        (packed.clone(), "gzip, gzip", 415, "must be gzip"),
        (packed.clone(), "deflate", 415, "must be gzip"),
        (b"[]".to_vec(), "gzip", 400, "not gzip"),
        (Vec::new(), "gzip", 400, "not gzip"),
        (packed[..packed.len() - 9].to_vec(), "gzip", 400, "not gzip, or a part of it is missing"),
        (bomb, "gzip", 413, "larger than 8388608 bytes"),
        (gzip(&gzip(b"[]")), "gzip", 400, "not JSON"),
        (packed, "identity", 400, "packed: say so with the header `Content-Encoding: gzip`"),
    ] {
        let (found, body) = sent(body, encoding).await;
        assert_eq!(found.as_u16(), status, "{encoding}: {body}");
        assert!(message(&body).contains(part), "{encoding}: {body}");
    }
    let long = format!("[{}]", " ".repeat(9 << 20));
    assert_eq!(posted(&control, long).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(metric(&control, "accepted").await, 0);
}

#[tokio::test]
async fn a_wrong_line_is_named_and_nothing_is_counted() {
    let control = Control::open().await;
    let lines = |body: String| {
        answer(control.request(Method::POST, PATH).header("content-type", "application/x-ndjson").body(body))
    };
    for (line, part) in [
        ("{", "at line 3, column 1"),
        (r#"{"flag":"search","variant":"on","ok":true,"latency":NaN}"#, "at line 3"),
        (r#"{"flag":"search","variant":"on","ok":true,"value":1e999}"#, "line 3, `value`: must be a finite number"),
        (r#"{"flag":"serch","variant":"on","ok":true}"#, "line 3, `flag`: there is no flag `serch`"),
        (r#"{"flag":"search","variant":"of","ok":true}"#, "line 3, `variant`: `search` has no variant `of`"),
        (r#"{"flag":"search","variant":"on","ok":true,"time":"soon"}"#, "line 3, `time`: must be an RFC 3339"),
    ] {
        let (status, body) = lines(format!("{ON}\n\n{line}\n{ON}\n")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(message(&body).contains(part), "{line}: {body}");
    }
    assert_eq!(metric(&control, "accepted").await, 0);
}

#[tokio::test]
async fn a_batch_that_is_sent_again_counts_once() {
    let control = running(ROLLOUT).await;
    let batch = |name: &str, body: &str| answer(post(&control, body.to_owned()).header("idempotency-key", name));
    let body = format!("[{ON},{}]", r#"{"flag":"search","variant":"on","ok":true,"time":0}"#);
    let first = batch("b-1", &body).await;
    assert_eq!(first, (StatusCode::ACCEPTED, json!({ "accepted": 1, "late": 1 })));
    assert_eq!(batch("b-1", &body).await, first);
    assert_eq!(batch("\"b-1\"", &body).await, first, "quoted, as the draft has it");
    let packed =
        post(&control, gzip(body.as_bytes())).header("content-encoding", "gzip").header("idempotency-key", "b-1");
    let packed = packed.send().await.unwrap();
    assert_eq!(
        (packed.status(), packed.headers()["idempotent-replayed"].as_bytes()),
        (StatusCode::ACCEPTED, &b"true"[..])
    );
    let (status, refused) = batch("b-1", &format!("[{ON}]")).await;
    assert_eq!(status, StatusCode::CONFLICT, "{refused}");
    assert!(message(&refused).contains("another batch"), "{refused}");

    let member = format!(r#"{{"batch":"b-2","outcomes":[{ON}]}}"#);
    for _ in 0..3 {
        assert_eq!(posted(&control, member.clone()).await.1, json!({ "accepted": 1 }));
    }
    assert_eq!(batch("b-2", &member).await.1, json!({ "accepted": 1 }), "the header may say the same");
    for (name, body, part) in [
        ("b-3", &*member, "name different batches"),
        ("", "[]", "`Idempotency-Key` must be 1 to 200"),
        ("a b", "[]", "`Idempotency-Key` must be 1 to 200"),
    ] {
        let (status, refused) = batch(name, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
        assert!(message(&refused).contains(part), "{refused}");
    }
    // What was refused is no batch that was counted.
    let (status, _) = batch("b-4", "[7]").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(batch("b-4", &format!("[{ON}]")).await.1, json!({ "accepted": 1 }));
    assert_eq!(seen(&control).await["candidate"]["outcomes"], json!(3));
    assert_eq!((metric(&control, "accepted").await, metric(&control, "late").await), (3, 1));
    assert_eq!(metric(&control, "repeated").await, 3 * 2 + 3);
}

#[tokio::test]
async fn one_batch_sent_many_times_at_once_counts_once() {
    let control = running(ROLLOUT).await;
    let body = format!("[{}]", vec![ON; 3_000].join(","));
    let send = || answer(post(&control, body.clone()).header("idempotency-key", "storm"));
    for (status, accepted) in futures_util::future::join_all((0..16).map(|_| send())).await {
        assert_eq!((status, accepted), (StatusCode::ACCEPTED, json!({ "accepted": 3_000 })));
    }
    assert_eq!(seen(&control).await["candidate"]["outcomes"], json!(3_000));
}

#[tokio::test]
async fn too_late_and_too_early_are_counted_as_such() {
    let control = running(ROLLOUT).await;
    let at = |by: TimeDelta| {
        let time = (Utc::now() + by).to_rfc3339();
        format!(r#"{{"flag":"search","variant":"on","ok":true,"time":"{time}"}}"#)
    };
    let days = TimeDelta::days(3);
    let items = [at(TimeDelta::zero()), at(-days), at(days), at(TimeDelta::seconds(20)), at(-TimeDelta::hours(2))];
    let (status, accepted) = posted(&control, format!("[{}]", items.join(","))).await;
    assert_eq!((status, accepted), (StatusCode::ACCEPTED, json!({ "accepted": 3, "late": 1, "future": 1 })));
    assert_eq!((metric(&control, "late").await, metric(&control, "future").await), (1, 1));
    assert_eq!(seen(&control).await["candidate"]["outcomes"], json!(2), "one was before the wave");
}

/// An outcome of before the wave counts for what its user had then, and not for what they have now.
#[tokio::test]
async fn a_key_counts_for_what_it_was_served_at_the_time() {
    let control = Control::open().await;
    control.apply(ROLLOUT).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let before: DateTime<Utc> = Utc::now();
    tokio::time::sleep(Duration::from_millis(50)).await;
    control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    seen(&control).await;
    let mut lucky = None;
    for number in 0..40 {
        let user = format!("user-{number}");
        if control.served("search", &user).await["variant"] == json!("on") {
            lucky = Some(user);
            break;
        }
    }
    let lucky = lucky.expect("one of forty has it by half");
    let post = async |key: &str, time: &str| {
        let body = format!(r#"[{{"flag":"search","targetingKey":"{key}","ok":false,"time":{time}}}]"#);
        posted(&control, body).await
    };
    let now = Utc::now().timestamp_millis().to_string();
    let [then, early] = [before, before - TimeDelta::hours(1)].map(|time| format!("\"{}\"", time.to_rfc3339()));
    assert_eq!(post(&lucky, &then).await, (StatusCode::ACCEPTED, json!({ "accepted": 1 })));
    assert_eq!(seen(&control).await["candidate"]["errors"], json!(0), "then they had the stable variant");
    assert_eq!(post(&lucky, &now).await, (StatusCode::ACCEPTED, json!({ "accepted": 1 })));
    assert_eq!(seen(&control).await["candidate"]["errors"], json!(1), "now they have the candidate");
    let unknown = post(&lucky, &early).await;
    assert_eq!(unknown, (StatusCode::ACCEPTED, json!({ "accepted": 0, "unattributed": 1 })), "before the server began");
    assert_eq!(metric(&control, "unattributed").await, 1);
    // After the closing, what happened under the wave still is the candidate's.
    control.post("/api/v1/rollouts/search-v2/rollback", r#"{"reason":"x"}"#).await;
    assert_eq!(control.served("search", &lucky).await["variant"], json!("off"));
    let late = post(&lucky, &now).await;
    assert_eq!(late, (StatusCode::ACCEPTED, json!({ "accepted": 1 })));
    let (status, over) = control.get("/api/v1/rollouts/search-v2/outcomes").await;
    assert_eq!(status, StatusCode::CONFLICT, "{over}");
}

#[tokio::test]
async fn who_is_served_what_is_counted_where_the_plan_says_so() {
    let control = running(&ROLLOUT.replacen("flag:", "exposures: evaluations\nflag:", 1)).await;
    let mut on = 0;
    for number in 0..60 {
        for _ in 0..2 {
            let served = control.served("search", &format!("user-{number}")).await;
            on += u64::from(served["variant"] == json!("on"));
        }
    }
    on /= 2;
    // Everybody asks for all flags too, and one more does nothing else.
    let all = format!("http://{}/ofrep/v1/evaluate/flags", control.evaluation);
    let context = json!({ "context": { "targetingKey": "bulk" } });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer: Value = client.post(all).json(&context).send().await.unwrap().json().await.unwrap();
    let bulk_on =
        answer["flags"].as_array().unwrap().iter().any(|flag| flag["key"] == "search" && flag["variant"] == "on");
    on += u64::from(bulk_on);
    let mut counted = Value::Null;
    for _ in 0..100 {
        counted = seen(&control).await;
        let users = |of: &str| counted[of]["exposed"]["users"].as_u64().unwrap_or(0);
        if users("candidate") + users("stable") == 61 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(counted["candidate"]["exposed"]["users"], json!(on), "{counted}");
    assert_eq!(counted["stable"]["exposed"]["users"], json!(61 - on), "{counted}");
    assert_eq!(counted["candidate"]["outcomes"], json!(0), "an exposure is no outcome");
    let times = |of: &str| counted[of]["exposed"]["times"].as_u64().unwrap();
    assert_eq!(times("candidate") + times("stable"), 121);

    let plain = running(ROLLOUT).await;
    plain.served("search", "ann").await;
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(seen(&plain).await["candidate"].get("exposed"), None, "nobody asked for it");
}

#[tokio::test]
async fn outcomes_need_the_key_where_there_is_one() {
    let control = Control::start(&[("TIDEGATE_CONTROL_KEY", KEY)]).await;
    assert_eq!(posted(&control, format!("[{ON}]")).await.0, StatusCode::UNAUTHORIZED);
    let with_key = post(&control, format!("[{ON}]")).bearer_auth(KEY);
    assert_eq!(answer(with_key).await.0, StatusCode::ACCEPTED);
}
