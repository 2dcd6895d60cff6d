//! What the probe tells when something is wrong around the server.

use crate::bare_control::{BareControl, Special};
use crate::raw_client::{exchange, request};
use crate::scripted_store::ScriptedStore;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidegate::source::Problem;

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

fn problems(count: usize) -> Vec<Problem> {
    let problem = |line| Problem {
        file: Arc::from("flags.yaml"),
        line,
        column: 1,
        subject: None,
        message: "it is wrong".to_owned(),
        excerpt: "x".to_owned(),
        hint: None,
    };
    (1..=count).map(problem).collect()
}

#[tokio::test]
async fn of_very_many_problems_the_first_are_listed_and_the_others_counted() {
    for (count, more) in [(1_000, Value::Null), (1_203, json!(203))] {
        let door = BareControl::open(Special { problems: problems(count), ..Special::default() }).await;
        let text = probe(&door).await;
        assert!(text.contains(&format!("problems: {count}\n")), "{count}");
        assert_eq!(text.matches("it is wrong").count(), 1_000, "{count}");
        assert_eq!(text.contains("  and 203 more\n"), more.is_number(), "{count}");
        let flags = exchange(door.address, &request("GET", "/api/v1/flags", &[], "")).await.json();
        assert_eq!(flags["problems"].as_array().unwrap().len(), 1_000, "{count}");
        assert_eq!(flags["moreProblems"], more, "{count}");
    }
}

#[tokio::test]
async fn a_document_full_of_problems_is_answered_in_bounds() {
    let door = BareControl::open(Special::default()).await;
    let mut document = String::from("kind: Rollout\n");
    for number in 0..5_000 {
        document.push_str(&format!("unknown{number}: 1\n"));
    }
    let asked = request("POST", "/api/v1/rollouts", &["content-type: application/yaml"], &document);
    let reply = exchange(door.address, &asked).await;
    let error = &reply.json()["error"];
    assert_eq!((reply.status, error["problems"].as_array().unwrap().len()), (422, 1_000));
    assert!(error["moreProblems"].as_u64().unwrap() >= 4_000, "{}", error["moreProblems"]);
}
