//! Probes that Tidegate runs by itself, against peers that answer, fail, hang and come back.

use super::control_door::{Control, ROLLOUT};
use reqwest::StatusCode;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const GOOD: u8 = 0;
const FAILS: u8 = 1;
const HANGS: u8 = 2;
const REDIRECTS: u8 = 3;
const WRONG_TEXT: u8 = 4;

/// A peer that does as it is told.
async fn peer() -> (SocketAddr, Arc<AtomicU8>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, mood) = (listener.local_addr().unwrap(), Arc::new(AtomicU8::new(GOOD)));
    let moods = Arc::clone(&mood);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let moods = Arc::clone(&moods);
            tokio::spawn(async move {
                let mut asked = [0; 1_024];
                let read = stream.read(&mut asked).await.unwrap_or(0);
                let authorised = String::from_utf8_lossy(&asked[..read]).contains("authorization: Bearer the-token");
                let answer = match moods.load(Ordering::SeqCst) {
                    GOOD if authorised => "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine",
                    WRONG_TEXT => "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nsick",
                    FAILS | GOOD => "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n",
                    REDIRECTS => "HTTP/1.1 302 Found\r\nlocation: /fine\r\ncontent-length: 0\r\n\r\n",
                    _ => return tokio::time::sleep(Duration::from_secs(3_600)).await,
                };
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (address, mood)
}

async fn start(probe: &str) -> Control {
    let settings =
        format!("triggers:\n  health: {{ kind: probe, every: 1s, {probe}, labels: {{ severity: critical }} }}\n");
    let control = Control::start_with(&settings, &[("PROBE_TOKEN", "the-token")]).await;
    control.apply(ROLLOUT).await;
    control.post("/api/v1/rollouts/search-v2/start", "{}").await;
    control
}

async fn until(control: &Control, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..600 {
        let source = control.source("health").await;
        if is(&source) {
            return source;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not: {what}: {}", control.source("health").await);
}

async fn until_closed(control: &Control) {
    until(control, "fires", |source| source["probe"]["state"] == "firing" && source["posts"]["closed"] == 1).await;
    assert_eq!((control.state("search-v2").await.as_str(), control.closings("search-v2").await), ("rolled_back", 1));
}

#[tokio::test]
async fn a_peer_that_fails_in_a_row_closes_and_its_recovery_lets_begin_anew() {
    let (address, mood) = peer().await;
    let probe = format!(
        "url: 'http://{address}/health?key=hidden', token_env: PROBE_TOKEN, body: fine, failures: 2, successes: 2"
    );
    let control = start(&probe).await;
    let source = until(&control, "up", |source| source["probe"]["state"] == "up").await;
    assert!(!source.to_string().contains("hidden") && !source.to_string().contains("the-token"), "{source}");
    assert_eq!(control.state("search-v2").await, "running");
    mood.store(FAILS, Ordering::SeqCst);
    until_closed(&control).await;
    let source = control.source("health").await;
    assert!(source["probe"]["seen"].as_str().unwrap().contains("500"), "{source}");
    let (_, metrics) = control.get("/metrics").await;
    assert!(metrics.as_str().unwrap().contains("tidegate_probe_up{source=\"health\"} 0"));
    assert_eq!(control.post("/api/v1/rollouts/search-v2/retry", "{}").await.0, StatusCode::CONFLICT, "it fires");
    mood.store(GOOD, Ordering::SeqCst);
    until(&control, "ended", |source| source["probe"]["state"] == "up").await;
    for _ in 0..100 {
        if control.post("/api/v1/rollouts/search-v2/retry", "{}").await.0 == StatusCode::OK {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the end of the probe's alert did not arrive");
}

#[tokio::test]
async fn a_peer_that_hangs_is_one_that_fails() {
    let (address, mood) = peer().await;
    mood.store(HANGS, Ordering::SeqCst);
    let control = start(&format!("url: 'http://{address}/', timeout: 200ms, failures: 2")).await;
    until_closed(&control).await;
    assert!(control.source("health").await["probe"]["seen"].as_str().unwrap().contains("no answer"));
}

#[tokio::test]
async fn a_redirect_or_another_text_is_not_what_was_expected() {
    for (is, seen) in [(REDIRECTS, "302"), (WRONG_TEXT, "does not have the text")] {
        let (address, mood) = peer().await;
        mood.store(is, Ordering::SeqCst);
        let control = start(&format!("url: 'http://{address}/', body: fine, failures: 1")).await;
        until_closed(&control).await;
        let source = control.source("health").await;
        assert!(source["probe"]["seen"].as_str().unwrap().contains(seen), "{source}");
    }
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_closes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let control = start(&format!("tcp: '{address}', failures: 1, successes: 1")).await;
    until(&control, "up", |source| source["probe"]["state"] == "up").await;
    drop(listener);
    until_closed(&control).await;
    let (status, _) = control.post("/api/v1/triggers/health", "{}").await;
    assert_eq!(status, StatusCode::CONFLICT, "nobody posts to a probe");
}
