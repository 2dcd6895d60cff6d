//! The ledger over the control door, within bounds.

use crate::bare_control::{BareControl, Special};
use crate::raw_client::{Connection, exchange, request};
use crate::scripted_store::ScriptedStore;
use serde_json::json;
use std::time::{Duration, Instant};
use tidegate::store::{Entry, LedgerRow};
use tidegate::units::{RolloutName, UnixMillis};

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

fn row(sequence: u64, plan: &str) -> LedgerRow {
    let entry = Entry {
        kind: "applied".to_owned(),
        actor: "ann".to_owned(),
        sentence: "ann applied it".to_owned(),
        detail: json!({ "plan": plan }),
    };
    let rollout = RolloutName::new("search-v2").unwrap();
    LedgerRow { sequence, at: UnixMillis::new(0), rollout, version: sequence, entry, hash: [0; 32] }
}

/// Reads everything, `limit` entries at a time; returns the bytes of each answer, and the sequences.
async fn read_on(ledger: Vec<LedgerRow>, limit: u32) -> (Vec<usize>, Vec<u64>) {
    let store = ScriptedStore { ledger, ..ScriptedStore::default() };
    let door = BareControl::open(Special { store, ..Special::default() }).await;
    let (mut sizes, mut sequences) = (Vec::new(), Vec::new());
    loop {
        let after = sequences.last().copied().unwrap_or(0);
        let reply = exchange(door.address, &ask(&format!("/api/v1/history?after={after}&limit={limit}"))).await;
        let answer = reply.json();
        let entries = answer["entries"].as_array().unwrap();
        if entries.is_empty() {
            return (sizes, sequences);
        }
        sizes.push(reply.body.len());
        sequences.extend(entries.iter().map(|entry| entry["sequence"].as_u64().unwrap()));
    }
}

#[tokio::test]
async fn large_plans_are_read_in_answers_that_fit_into_memory() {
    let plan = "p".repeat(1_000_000);
    let mut ledger: Vec<_> = (1..=40).map(|sequence| row(sequence, &plan)).collect();
    ledger.push(row(41, &"p".repeat(6_000_000)));
    ledger.push(row(42, "small"));
    let (sizes, sequences) = read_on(ledger, 1_000).await;
    assert_eq!(sequences, (1..=42).collect::<Vec<_>>(), "none is left out");
    let over: Vec<_> = sizes.iter().filter(|size| **size > (4 << 20) + 100).collect();
    assert_eq!(over.len(), 1, "but for the one entry that is larger by itself: {sizes:?}");
}

#[tokio::test]
async fn small_entries_come_as_many_at_a_time_as_are_asked_for() {
    let ledger: Vec<_> = (1..=100).map(|sequence| row(sequence, "small")).collect();
    let (sizes, sequences) = read_on(ledger, 33).await;
    assert_eq!((sizes.len(), sequences), (4, (1..=100).collect::<Vec<_>>()));
}
