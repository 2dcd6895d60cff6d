//! The ledger over the control door, within bounds.

use crate::bare_control::{BareControl, Special};
use crate::raw_client::{Connection, exchange, request};
use std::time::{Duration, Instant};

fn ask(path: &str) -> Vec<u8> {
    request("GET", path, &[], "")
}

#[tokio::test]
async fn those_who_wait_leave_places_for_those_who_act() {
    let door = BareControl::open(Special::default()).await;
    let mut polls = Vec::new();
    for _ in 0..256 {
        let mut poll = Connection::open(door.address).await;
        poll.send(&ask("/api/v1/history?wait=30s")).await;
        polls.push(poll);
    }
    let until = Instant::now() + Duration::from_secs(10);
    let refused = loop {
        let reply = exchange(door.address, &ask("/api/v1/history?wait=100ms")).await;
        if reply.status != 200 {
            break reply;
        }
        assert!(Instant::now() < until, "nobody is refused");
    };
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
    assert!(refused.json()["error"]["message"].as_str().unwrap().contains("256"));
    assert_eq!(exchange(door.address, &ask("/api/v1/history")).await.status, 200, "who does not wait is answered");
    drop(polls);
    while exchange(door.address, &ask("/api/v1/history?wait=100ms")).await.status != 200 {
        assert!(Instant::now() < until, "the places of those who went stay taken");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
