//! What the evaluation door does with too much, too slow and too little.

use crate::evaluation_door::Door;
use crate::raw_client::{Connection, exchange, request};
use serde_json::json;
use std::time::{Duration, Instant};

const FLAGS: &str = r#"
flags:
  welcome: { state: ENABLED, variants: { "on": true, "off": false }, defaultVariant: "on" }
"#;
const PATH: &str = "/ofrep/v1/evaluate/flags/welcome";

#[tokio::test]
async fn a_body_of_2_mb_is_413_declared_or_in_chunks() {
    let door = Door::serving(FLAGS).await;
    let large = format!(r#"{{"context":{{"targetingKey":"{}"}}}}"#, "x".repeat(2 << 20));
    let declared = exchange(door.address, &request("POST", PATH, &[], &large)).await;
    assert_eq!((declared.status, declared.header("connection")), (413, "close"));
    assert!(declared.json()["errorDetails"].as_str().unwrap().contains("1048576"));

    let mut chunked = format!("POST {PATH} HTTP/1.1\r\nhost: door\r\ntransfer-encoding: chunked\r\n\r\n").into_bytes();
    for piece in large.as_bytes().chunks(50_000) {
        chunked.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        chunked.extend_from_slice(piece);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(exchange(door.address, &chunked).await.status, 413);
}

#[tokio::test]
async fn a_client_that_asks_before_sending_too_much_is_told_at_once() {
    let door = Door::serving(FLAGS).await;
    let mut connection = Connection::open(door.address).await;
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: door\r\ncontent-length: 2000000\r\nexpect: 100-continue\r\n\r\n");
    connection.send(head.as_bytes()).await;
    assert_eq!(connection.reply().await.map(|reply| reply.status), Some(413));
}

#[tokio::test]
async fn a_body_just_within_the_limit_is_read_in_pieces() {
    let door = Door::serving(FLAGS).await;
    let frame = r#"{"context":{"targetingKey":""}}"#.len();
    let large = format!(r#"{{"context":{{"targetingKey":"{}"}}}}"#, "x".repeat((1 << 20) - frame));
    assert_eq!(exchange(door.address, &request("POST", PATH, &[], &large)).await.status, 200);
    let one_more = format!("{large} ");
    assert_eq!(exchange(door.address, &request("POST", PATH, &[], &one_more)).await.status, 413);
    let mut chunked = format!("POST {PATH} HTTP/1.1\r\nhost: door\r\ntransfer-encoding: chunked\r\n\r\n").into_bytes();
    chunked.extend_from_slice(b"b\r\n{\"context\":\r\n4\r\n{}} \r\n0\r\n\r\n");
    assert_eq!(exchange(door.address, &chunked).await.status, 200);
}

#[tokio::test]
async fn headers_of_17_kb_are_431() {
    let door = Door::serving(FLAGS).await;
    let header = format!("x-filler: {}", "x".repeat(17 << 10));
    assert_eq!(exchange(door.address, &request("POST", PATH, &[&header], "{}")).await.status, 431);
    let fitting = format!("x-filler: {}", "x".repeat(15 << 10));
    assert_eq!(exchange(door.address, &request("POST", PATH, &[&fitting], "{}")).await.status, 200);
}

#[tokio::test]
async fn a_context_deeper_than_32_is_400() {
    let door = Door::serving(FLAGS).await;
    let nested = |depth: usize| {
        let inner = depth - 1;
        format!(r#"{{"context":{}1{}}}"#, r#"{"a":"#.repeat(inner + 1), "}".repeat(inner + 1))
    };
    assert_eq!(exchange(door.address, &request("POST", PATH, &[], &nested(32))).await.status, 200);
    for depth in [33, 100_000] {
        let reply = exchange(door.address, &request("POST", PATH, &[], &nested(depth))).await;
        assert_eq!((reply.status, &reply.json()["errorCode"]), (400, &json!("INVALID_CONTEXT")), "depth {depth}");
    }
}

#[tokio::test]
async fn a_body_that_stops_half_way_ends_quietly() {
    let door = Door::serving(FLAGS).await;
    let mut connection = Connection::open(door.address).await;
    connection
        .send(format!("POST {PATH} HTTP/1.1\r\nhost: door\r\ncontent-length: 100\r\n\r\n{{\"cont").as_bytes())
        .await;
    connection.finish().await;
    assert!(connection.reply().await.is_none(), "there is no answer to half a question");
    assert_eq!(exchange(door.address, &request("POST", PATH, &[], "{}")).await.status, 200, "and the door goes on");
}

#[tokio::test]
async fn what_is_no_http_is_400() {
    let door = Door::serving(FLAGS).await;
    assert_eq!(exchange(door.address, b"\x16\x03\x01 nonsense\r\n\r\n").await.status, 400);
    let two_lengths = format!("POST {PATH} HTTP/1.1\r\nhost: d\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{{}}");
    assert_eq!(exchange(door.address, two_lengths.as_bytes()).await.status, 400);
}

#[tokio::test]
async fn who_does_not_finish_a_request_in_time_is_cut_off() {
    let door = Door::with(FLAGS, |settings| {
        settings.limits.head_time = Duration::from_millis(300);
        settings.limits.body_time = Duration::from_millis(300);
        settings.limits.idle_time = Duration::from_secs(3);
    })
    .await;
    let full = request("POST", PATH, &[], "{}");
    let half_head = b"POST /ofrep/v1/ev".as_slice();
    let half_body = &full[..full.len() - 1];
    // (what is sent first, what then never gets finished, when it must be over)
    for (answered_before, sent, least, most) in [
        (false, b"".as_slice(), 250, 2_000),
        (false, half_head, 250, 2_000),
        (false, half_body, 550, 2_000),
        (true, half_head, 250, 2_000),
        (true, b"".as_slice(), 2_900, 6_000),
    ] {
        let mut connection = Connection::open(door.address).await;
        if answered_before {
            connection.send(&full).await;
            assert_eq!(connection.reply().await.map(|reply| reply.status), Some(200));
        }
        let began = Instant::now();
        connection.send(sent).await;
        assert!(connection.reply().await.is_none(), "closed without an answer");
        let took = began.elapsed().as_millis();
        assert!((least..most).contains(&took), "{} bytes were cut off after {took} ms", sent.len());
    }
}

#[tokio::test]
async fn a_client_that_sends_byte_by_byte_does_not_get_more_time() {
    let door = Door::with(FLAGS, |settings| settings.limits.head_time = Duration::from_millis(300)).await;
    let mut connection = Connection::open(door.address).await;
    let began = Instant::now();
    for byte in request("POST", PATH, &[], "{}") {
        connection.send(&[byte]).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        if began.elapsed() > Duration::from_secs(1) {
            break;
        }
    }
    assert!(connection.reply().await.is_none());
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answers_is_cut_off() {
    let mut flags = String::from("flags:\n");
    for number in 0..2_000 {
        flags.push_str(&format!(
            "  f{number}: {{ state: ENABLED, variants: {{ a: \"{}\" }}, defaultVariant: a }}\n",
            "v".repeat(500)
        ));
    }
    let door = Door::with(&flags, |settings| settings.limits.body_time = Duration::from_millis(300)).await;
    let mut connection = Connection::open(door.address).await;
    for _ in 0..20 {
        connection.send(&request("POST", "/ofrep/v1/evaluate/flags", &[], "{}")).await;
    }
    // 20 answers of 1 MB are more than the system buffers; nobody reads them.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    door.shutdown.cancel();
    let stopped = tokio::time::timeout(Duration::from_secs(2), door.task).await;
    assert!(stopped.is_ok(), "the connection is gone already, so the shutdown waits for nobody");
}
