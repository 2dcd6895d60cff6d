//! How the web's provider keeps what it has: tags, what it asks again, what it starts with.

use super::driver::{Driver, Sdk};
use super::server::{PATIENCE, Server};
use serde_json::{Value, json};

const BULK: &str = "/ofrep/v1/evaluate/flags";

/// A page with a provider that polls, so that no stream is needed, and asks `every` so many milliseconds.
fn polling(server: &Server, every: u64) -> Driver {
    let options = json!({ "pollInterval": every, "changeDetection": "polling" });
    page(server, &options)
}

/// A provider that keeps nothing and is told nothing: it asks when its context changes.
pub(super) fn always_asks() -> Value {
    json!({ "changeDetection": "none", "cacheMode": "disabled" })
}

/// An opened page, with a provider that has started.
pub(super) fn page(server: &Server, options: &Value) -> Driver {
    let settings = json!({ "url": server.url(), "context": { "targetingKey": "ann" }, "options": options });
    let mut driver = Driver::start(Sdk::Web, &settings);
    assert_eq!(driver.call(&json!({ "do": "start" })), json!({ "status": "READY" }));
    driver
}

pub(super) fn get(driver: &mut Driver, flag: &str, r#type: &str, default: Value) -> Value {
    driver.call(&json!({ "do": "get", "flag": flag, "type": r#type, "default": default }))
}

pub(super) fn next_change(driver: &mut Driver) -> Value {
    let wait = json!({ "do": "wait", "event": "PROVIDER_CONFIGURATION_CHANGED", "within": PATIENCE.as_millis() });
    driver.call(&wait)
}

/// The bulk requests since the last time: the status, and whether the tag that was sent is the one before.
fn asked(driver: &mut Driver) -> Vec<Value> {
    let requests = driver.call(&json!({ "do": "requests" }));
    let bulk = |request: &&Value| request["path"] == BULK;
    requests.as_array().expect("a list").iter().filter(bulk).cloned().collect()
}

#[tokio::test]
async fn what_is_unchanged_is_not_sent_again_and_what_changes_is_seen() {
    let server = Server::start().await;
    let mut page = polling(&server, 100);
    assert_eq!(get(&mut page, "greeting", "string", json!("none"))["value"], "Welcome");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let requests = asked(&mut page);
    let (first, others) = requests.split_first().expect("it asked");
    assert_eq!((&first["sent"], &first["status"]), (&Value::Null, &json!(200)));
    assert!(others.len() >= 3, "it polls: {others:?}");
    for request in others {
        assert_eq!((&request["sent"], &request["status"]), (&first["tag"], &json!(304)), "{request}");
        assert_eq!(request["tag"], first["tag"], "304 names the tag as well");
    }

    server.edit("plain: Welcome", "plain: Hello");
    let change = next_change(&mut page);
    assert_eq!(change["flags"], json!(["greeting"]), "exactly what changed: {change}");
    assert_eq!(get(&mut page, "greeting", "string", json!("none"))["value"], "Hello");
    let requests = asked(&mut page);
    let changed = requests.iter().find(|request| request["status"] == 200).expect("a new answer");
    assert_eq!(changed["sent"], first["tag"]);
    assert_ne!(changed["tag"], first["tag"]);
}

/// The provider sends the tag it has also after its context changed: an answer that differs must not be
/// taken for the one before.
#[tokio::test]
async fn another_context_is_never_answered_with_the_tag_of_the_one_before() {
    let server = Server::start().await;
    let mut page = page(&server, &always_asks());
    let mut context = |locale: &str| {
        page.call(&json!({ "do": "context", "context": { "targetingKey": "ann", "locale": locale } }));
        (asked(&mut page), get(&mut page, "greeting", "string", json!("none"))["value"].clone())
    };
    let (requests, value) = context("de");
    assert_eq!(value, "Grüß Gott");
    assert!(requests.last().is_some_and(|last| last["status"] == 200), "{requests:?}");
    let (requests, value) = context("de-AT");
    assert_eq!(value, "Grüß Gott");
    assert!(requests.iter().all(|one| one["status"] == 304), "the same results, the same tag: {requests:?}");
    let (requests, value) = context("en");
    assert_eq!(value, "Welcome");
    assert!(requests.iter().all(|one| one["status"] == 200 && one["sent"].is_string()), "{requests:?}");
}

#[tokio::test]
async fn a_page_that_is_opened_again_begins_with_what_was_kept() {
    let server = Server::start().await;
    let mut page = page(&server, &json!({ "changeDetection": "none" }));
    asked(&mut page);
    page.call(&json!({ "do": "close" }));
    assert_eq!(page.call(&json!({ "do": "start" }))["status"], "READY");
    let cached = get(&mut page, "greeting", "string", json!("none"));
    assert_eq!((&cached["value"], &cached["reason"]), (&json!("Welcome"), &json!("CACHED")));
    page.call(&json!({ "do": "close" }));

    server.edit("plain: Welcome", "plain: Hello");
    let settled = async |page: &mut Driver| {
        page.call(&json!({ "do": "start" }));
        next_change(page)
    };
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(settled(&mut page).await["flags"], json!(["greeting"]));
    assert_eq!(get(&mut page, "greeting", "string", json!("none"))["value"], "Hello");
}
