//! Flags chosen by the header `Flagd-Selector`.

use crate::evaluation_door::Door;
use crate::raw_client::{Reply, exchange, request};
use serde_json::{Value, json};

const FLAGS: &str = r#"
flags:
  basket: { state: ENABLED, variants: { "on": true }, defaultVariant: "on", metadata: { flagSetId: shop } }
  banner: { state: ENABLED, variants: { "on": true }, defaultVariant: "on", metadata: { flagSetId: site } }
  orphan: { state: ENABLED, variants: { "on": true }, defaultVariant: "on" }
"#;
const BULK: &str = "/ofrep/v1/evaluate/flags";

async fn ask(door: &Door, path: &str, selector: &str, more: &str) -> Reply {
    let headers = [format!("flagd-selector: {selector}"), more.to_owned()];
    let headers: Vec<&str> = headers.iter().map(String::as_str).filter(|header| !header.is_empty()).collect();
    exchange(door.address, &request("POST", path, &headers, "{}")).await
}

fn keys(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200);
    reply.json()["flags"].as_array().unwrap().iter().map(|flag| flag["key"].clone()).collect()
}

#[tokio::test]
async fn only_the_selected_flags_are_there() {
    let door = Door::serving(FLAGS).await;
    for (selector, expected) in [
        ("flagSetId=shop", vec!["basket"]),
        ("flagSetId=", vec!["orphan"]),
        ("flagSetId=nowhere", vec![]),
        ("source=flags.yaml", vec!["banner", "basket", "orphan"]),
        ("source=flags.yaml,flagSetId=site", vec!["banner"]),
        ("", vec!["banner", "basket", "orphan"]),
    ] {
        let reply = ask(&door, BULK, selector, "").await;
        assert_eq!(keys(&reply), expected, "{selector}");
        assert!(reply.json()["eventStreams"].is_array(), "they change too");
        for key in ["basket", "banner", "orphan"] {
            let status = if expected.contains(&key) { 200 } else { 404 };
            assert_eq!(ask(&door, &format!("{BULK}/{key}"), selector, "").await.status, status, "{key} in {selector}");
        }
    }
}

#[tokio::test]
async fn a_selector_that_cannot_be_understood_is_400_general() {
    let door = Door::serving(FLAGS).await;
    for path in [BULK.to_owned(), format!("{BULK}/basket")] {
        for selector in ["flagSet=shop", "flagSetId=a,flagSetId=b", "flagSetId=caf\u{e9}"] {
            let reply = ask(&door, &path, selector, "").await;
            assert_eq!((reply.status, &reply.json()["errorCode"]), (400, &json!("GENERAL")), "{selector}");
            assert!(reply.json()["errorDetails"].as_str().is_some_and(|details| !details.is_empty()));
        }
    }
}

/// Two lines mean the same as one with a comma, which is what a proxy may make of them.
#[tokio::test]
async fn a_selector_in_two_lines_is_read_as_a_whole() {
    let door = Door::serving(FLAGS).await;
    for (second, expected) in [("source=flags.yaml", vec!["basket"]), ("source=elsewhere.yaml", vec![])] {
        let reply = ask(&door, BULK, "flagSetId=shop", &format!("flagd-selector: {second}")).await;
        assert_eq!(keys(&reply), expected, "{second}");
    }
    let twice = ask(&door, BULK, "flagSetId=shop", "flagd-selector: flagSetId=site").await;
    assert_eq!((twice.status, &twice.json()["errorCode"]), (400, &json!("GENERAL")), "nobody knows which one is meant");
}

#[tokio::test]
async fn a_tag_is_of_the_selected_answers() {
    let door = Door::serving(FLAGS).await;
    let tag = ask(&door, BULK, "flagSetId=shop", "").await.header("etag").to_owned();
    let known = format!("if-none-match: {tag}");
    assert_eq!(ask(&door, BULK, "flagSetId=shop", &known).await.status, 304);
    assert_eq!(ask(&door, BULK, "flagSetId=site", &known).await.status, 200);
    assert_eq!(ask(&door, BULK, "", &known).await.status, 200);
    let renamed = FLAGS.replace("banner", "billboard");
    assert!(door.live.publish(crate::evaluation_door::snapshot(2, &renamed)));
    assert_eq!(ask(&door, BULK, "flagSetId=shop", &known).await.status, 304, "another set changed");
}
