//! `tidegate rollout watch`: its lines and its exit codes.

use super::command::{Running, ran};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};

#[tokio::test]
async fn it_tells_each_change_and_ends_with_three_at_a_rollback() {
    let running = Running::rolling().await;
    let mut child = running.command(&["rollout", "watch", "search-v2", "--timeout", "30s"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next_line().await.unwrap().unwrap();
    assert!(first.contains("running, wave 1/1 some, 50% exposed"), "{first}");
    running.run(&["rollout", "rollback", "search-v2", "--reason", "smells"]).await;
    let mut rest = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        rest.push_str(&line);
        rest.push('\n');
    }
    assert!(rest.contains("closed") && rest.contains("rolled back") && rest.contains("smells"), "{rest}");
    assert_eq!(child.wait().await.unwrap().code(), Some(3));
    let over = running.run(&["rollout", "watch", "search-v2"]).await;
    assert_eq!(over.code, 3, "also when it was over before: {over:?}");
}

#[tokio::test]
async fn it_ends_with_six_when_a_person_is_needed_and_with_five_when_time_is_up() {
    let running = Running::start(&[]).await;
    running.apply().await;
    let needs = running.run(&["rollout", "watch", "search-v2"]).await;
    assert_eq!(needs.code, 6, "nobody started it: {needs:?}");
    assert!(needs.out.contains("waits to be started"), "{needs:?}");
    let waits = running.run(&["rollout", "watch", "search-v2", "--wait-for-approval", "--timeout", "300ms"]).await;
    assert_eq!(waits.code, 5, "{waits:?}");
    assert!(waits.err.contains("did not end within 300ms"), "{waits:?}");
}

#[tokio::test]
async fn as_json_every_change_is_one_line() {
    let running = Running::rolling().await;
    let watching = running.command(&["rollout", "watch", "search-v2", "-o", "json"]).spawn().unwrap();
    // The first line may come before or after this; both end the watch.
    running.run(&["rollout", "pause", "search-v2"]).await;
    let ran = ran(watching).await;
    assert_eq!(ran.code, 6, "{ran:?}");
    let last: Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    assert_eq!((&last["state"], &last["needsPerson"]), (&json!("paused"), &json!(true)));
}
