//! `tidegate trigger`.

use super::command::Running;
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
