//! What the probe tells when something is wrong around the server.

use crate::bare_control::{BareControl, Special};
use crate::raw_client::{exchange, request};
use crate::scripted_store::ScriptedStore;
use std::time::{Duration, Instant};

async fn probe(door: &BareControl) -> String {
    let reply = exchange(door.address, &request("GET", "/readyz?verbose", &[], "")).await;
    assert_eq!(reply.status, 200);
    String::from_utf8(reply.body).unwrap()
}

#[tokio::test]
async fn a_store_that_hangs_is_told_of_and_not_waited_for() {
    let store = ScriptedStore { hangs: true, ..ScriptedStore::default() };
    let door = BareControl::open(Special { store, ..Special::default() }).await;
    let began = Instant::now();
    let text = probe(&door).await;
    assert!(text.starts_with("ready\n") && text.contains("store: the store does not answer\n"), "{text}");
    assert!(began.elapsed() < Duration::from_secs(5));
}
