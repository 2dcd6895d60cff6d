//! The control door's connections: whoever only holds them keeps no trigger out.

use crate::bare_control::{BareControl, Special};
use crate::control_door::KEY;
use crate::raw_client::{Connection, exchange, request};
use std::time::{Duration, Instant};
use tidegate::http::api::Limits;

const AUTHORISED: &str = "x-api-key: correct-horse-battery-staple";

fn trigger() -> Vec<u8> {
    let headers = [AUTHORISED, "content-type: application/json"];
    request("POST", "/api/v1/triggers/alertmanager", &headers, r#"{"alerts":[]}"#)
}

fn few(connections: usize) -> Special {
    Special { limits: Limits { connections, ..Limits::USUAL }, key: Some(KEY), ..Special::default() }
}

async fn crowd(door: &BareControl, sent: &[u8]) -> Vec<Connection> {
    let mut crowd = Vec::new();
    for _ in 0..8 {
        let mut connection = Connection::open(door.address).await;
        connection.send(sent).await;
        crowd.push(connection);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    crowd
}

#[tokio::test]
async fn who_holds_every_place_without_a_key_keeps_no_trigger_out() {
    let answered = request("GET", "/livez", &[], "");
    let half_sent = b"POST /api/v1/outcomes HTTP/1.1\r\nhost: door\r\ncontent-length: 1000\r\n\r\n[";
    for held_by in [b"".as_slice(), b"POST /api/v1/outc", &answered, half_sent] {
        let door = BareControl::open(few(8)).await;
        let crowd = crowd(&door, held_by).await;
        for _ in 0..20 {
            let began = Instant::now();
            assert_eq!(exchange(door.address, &trigger()).await.status, 200);
            assert!(began.elapsed() < Duration::from_secs(2), "a trigger waits for {} bytes", held_by.len());
        }
        drop(crowd);
    }
}

#[tokio::test]
async fn the_one_that_waited_longest_gives_way_and_the_one_at_work_does_not() {
    let door = BareControl::open(few(2)).await;
    let mut polling = Connection::open(door.address).await;
    polling.send(&request("GET", "/api/v1/history?wait=1s", &[AUTHORISED], "")).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut idle = Connection::open(door.address).await;
    idle.send(&trigger()).await;
    assert_eq!(idle.reply().await.map(|reply| reply.status), Some(200));
    assert_eq!(exchange(door.address, &trigger()).await.status, 200);
    assert!(idle.reply().await.is_none(), "the idle one was closed");
    assert_eq!(polling.reply().await.map(|reply| reply.status), Some(200), "the poll was answered");
}

#[tokio::test]
async fn when_all_are_at_work_the_next_is_told_so() {
    let door = BareControl::open(few(2)).await;
    let mut polls = Vec::new();
    for _ in 0..2 {
        let mut poll = Connection::open(door.address).await;
        poll.send(&request("GET", "/api/v1/history?wait=30s", &[AUTHORISED], "")).await;
        polls.push(poll);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let refused = exchange(door.address, &trigger()).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
    assert!(refused.json()["error"]["message"].is_string(), "in the shape of all errors");
}

#[tokio::test]
async fn who_does_not_finish_a_head_is_cut_off_and_who_polls_is_not() {
    let mut special = few(8);
    special.limits.head_time = Duration::from_millis(300);
    special.limits.body_time = Duration::from_millis(300);
    let door = BareControl::open(special).await;
    for sent in [b"".as_slice(), b"GET /livez HT"] {
        let mut connection = Connection::open(door.address).await;
        connection.send(sent).await;
        let began = Instant::now();
        assert!(connection.reply().await.is_none());
        assert!(began.elapsed() < Duration::from_secs(3));
    }
    let poll = request("GET", "/api/v1/history?wait=2s", &[AUTHORISED], "");
    assert_eq!(exchange(door.address, &poll).await.status, 200, "an answer may take longer than a request");
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answers_is_cut_off() {
    let mut special = few(8);
    special.limits.body_time = Duration::from_millis(300);
    let door = BareControl::open(special).await;
    let mut connection = Connection::open(door.address).await;
    let asked = request("GET", "/api/v1/schemas/rollout.json", &[AUTHORISED], "").repeat(64);
    let sending = async {
        loop {
            connection.send(&asked).await;
            if connection.is_closed() {
                break;
            }
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(10), sending).await.is_ok(), "it is waited for without end");
}

#[tokio::test]
async fn heads_are_as_long_as_at_the_other_door() {
    let door = BareControl::open(few(8)).await;
    for (length, status) in [(15 << 10, 200), (17 << 10, 431)] {
        let filler = format!("x-filler: {}", "x".repeat(length));
        let asked = request("GET", "/livez", &[&filler], "");
        assert_eq!(exchange(door.address, &asked).await.status, status, "{length} bytes");
    }
}
