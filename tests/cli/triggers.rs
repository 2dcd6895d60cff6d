//! `tidegate trigger`.

use super::command::{ROLLOUT, Running};
use serde_json::Value;

#[tokio::test]
async fn sources_are_listed_with_what_became_of_their_posts() {
    let running = Running::start(&[]).await;
    let url = format!("http://{}/api/v1/triggers/alertmanager", running.server.control);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let refused = client.post(url).header("content-type", "application/json").body("{}").send().await.unwrap();
    assert_eq!(refused.status(), 400);

    let list = running.run(&["trigger", "list"]).await;
    assert_eq!(list.code, 0, "{list:?}");
    let row = list.out.lines().nth(1).unwrap();
    for part in ["alertmanager", "control key", "listening", "malformed 1", "`alerts` is missing"] {
        assert!(row.contains(part), "{part} in {row}");
    }
    let one = running.run(&["trigger", "get", "alertmanager"]).await;
    assert!(one.out.contains("everything") && one.out.contains("every alert"), "{one:?}");
    let json = running.run(&["trigger", "get", "alertmanager", "-o", "json"]).await;
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["posts"]["malformed"], 1);

    let unknown = running.run(&["trigger", "get", "alertmanagr"]).await;
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("did you mean `alertmanager`?"), "{unknown:?}");
}

/// Whoever is told that a rollout cannot begin while an alert fires finds here which one, and what its end is called.
#[tokio::test]
async fn what_a_source_closed_and_what_fires_of_it_is_told() {
    let running = Running::start(&[]).await;
    let file = running.write("search.yaml", ROLLOUT);
    assert_eq!(running.run(&["rollout", "apply", &file]).await.code, 0);
    assert_eq!(running.run(&["rollout", "start", "search-v2"]).await.code, 0);
    let url = format!("http://{}/api/v1/triggers/alertmanager", running.server.control);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |status: &str| {
        let body = format!(
            r#"{{"alerts": [{{"status": "{status}", "labels": {{"alertname": "Down", "flag": "search"}}, "fingerprint": "1f"}}]}}"#
        );
        let post = client.post(&url).header("content-type", "application/json").body(body);
        assert_eq!(post.send().await.unwrap().status(), 200);
    };
    post("firing").await;
    let one = running.run(&["trigger", "get", "alertmanager"]).await.out;
    let line = |name: &str| one.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {one}"));
    assert!(line("last closing:").ends_with("Z, search-v2"), "{one}");
    assert!(line("fires:").contains("Down (1f), last heard of "), "{one}");
    post("resolved").await;
    let one = running.run(&["trigger", "get", "alertmanager"]).await.out;
    assert!(!one.contains("fires:") && one.contains("Z, search-v2"), "{one}");
}
