//! The event stream as the web's provider uses it: it subscribes by itself, and never polls.

use super::driver::{Driver, Sdk};
use super::server::{PATIENCE, Server};
use super::web::{get, next_change, page};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const KEY: &str = "an-evaluation-key-of-the-tests";

/// Waits until the page listens: what changes before is told as well, but then the wait would prove less.
async fn until_it_listens(server: &Server) {
    let begun = Instant::now();
    while server.listeners().await == 0 {
        assert!(begun.elapsed() < PATIENCE, "the provider did not subscribe");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn greeting(page: &mut Driver) -> Value {
    get(page, "greeting", "string", json!("none"))["value"].clone()
}

/// What was asked for since the last time, without the streams.
fn bulk_requests(page: &mut Driver) -> Vec<Value> {
    let requests = page.call(&json!({ "do": "requests" }));
    requests.as_array().expect("a list").iter().filter(|request| request["stream"].is_null()).cloned().collect()
}

#[tokio::test]
async fn a_saved_file_reaches_the_page_without_polling() {
    let server = Server::start().await;
    let mut page = page(&server, &json!({}));
    until_it_listens(&server).await;
    assert_eq!(greeting(&mut page), "Welcome");
    assert_eq!(bulk_requests(&mut page).len(), 1);

    server.edit("plain: Welcome", "plain: Hello");
    let change = next_change(&mut page);
    assert_eq!(change["flags"], json!(["greeting"]), "{change}");
    assert_eq!(greeting(&mut page), "Hello");
    let asked = bulk_requests(&mut page);
    assert_eq!(asked.len(), 1, "one change, one question: {asked:?}");
    let path = asked[0]["path"].as_str().expect("a path");
    assert!(path.contains("flagConfigEtag=") && path.contains("flagConfigLastModified="), "{path}");

    // What changes no answer is told to nobody.
    server.edit("# What the real clients", "# Whatever the real clients");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(bulk_requests(&mut page), Vec::<Value>::new());
}

#[tokio::test]
async fn an_opening_and_a_closing_reach_the_page() {
    let server = Server::start().await;
    let mut page = page(&server, &json!({}));
    until_it_listens(&server).await;
    for (verb, value) in [("start", true), ("rollback", false)] {
        server.command(&["rollout", verb, "banner", "--reason", "the tests want it"]);
        let done = Instant::now();
        assert_eq!(next_change(&mut page)["flags"], json!(["banner"]));
        assert_eq!(get(&mut page, "banner", "boolean", json!(!value))["value"], value, "after {verb}");
        assert!(done.elapsed() < Duration::from_secs(5), "{verb} took {:?}", done.elapsed());
    }
}

#[tokio::test]
async fn after_a_restart_the_page_comes_back_by_itself_and_asks_anew() {
    let mut server = Server::start().await;
    let mut page = page(&server, &json!({}));
    until_it_listens(&server).await;
    server.stop();
    let stale = page.call(&json!({ "do": "wait", "event": "PROVIDER_STALE", "within": PATIENCE.as_millis() }));
    assert!(stale.is_object(), "the page is told that it may be out of date");
    assert_eq!(greeting(&mut page), "Welcome", "and goes on with what it has");

    server.edit("plain: Welcome", "plain: Hello");
    server.start_again().await;
    assert_eq!(next_change(&mut page)["flags"], json!(["greeting"]));
    assert_eq!(greeting(&mut page), "Hello");
    server.edit("plain: Hello", "plain: Hello again");
    next_change(&mut page);
    assert_eq!(greeting(&mut page), "Hello again", "the new stream is as good as the old one");
}

/// An event source can send no headers: the page must get to the stream without showing its key.
#[tokio::test]
async fn a_page_with_a_key_listens_as_well() {
    let server = Server::start_with_key(Some(KEY)).await;
    let settings = json!({ "url": server.url(), "key": KEY, "context": { "targetingKey": "ann" } });
    let mut page = Driver::start(Sdk::Web, &settings);
    assert_eq!(page.call(&json!({ "do": "start" }))["status"], "READY");
    until_it_listens(&server).await;
    let requests = page.call(&json!({ "do": "requests" })).to_string();
    assert!(requests.contains("stream") && !requests.contains(KEY), "{requests}");
    server.edit("plain: Welcome", "plain: Hello");
    assert_eq!(next_change(&mut page)["flags"], json!(["greeting"]));
    assert_eq!(greeting(&mut page), "Hello");
}
