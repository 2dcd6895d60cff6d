//! Pages of other origins: named ones may ask, others are kept out by the browser.

use crate::evaluation_door::Door;
use crate::event_client::Listener;
use crate::raw_client::{exchange, request};
use tidegate::config::{Origins, Secret};
use tidegate::http::Gate;

const FLAGS: &str = r#"
flags:
  welcome: { state: ENABLED, variants: { "on": true, "off": false }, defaultVariant: "on" }
"#;
const BULK: &str = "/ofrep/v1/evaluate/flags";
const SHOP: &str = "origin: https://shop.example";

async fn door_for(origins: &[&str]) -> Door {
    let key = Secret::new("s3cret-0123456789").unwrap();
    Door::with(FLAGS, |settings| {
        settings.origins = Origins::parse(origins.iter().copied()).unwrap();
        settings.gate = Gate::new(Some(&key));
    })
    .await
}

#[tokio::test]
async fn a_browser_may_ask_for_a_page_of_a_named_origin() {
    let door = door_for(&["https://shop.example"]).await;
    let asks =
        [SHOP, "access-control-request-method: POST", "access-control-request-headers: authorization,content-type"];
    for path in [BULK, "/ofrep/v1/evaluate/flags/welcome", "/ofrep/v1/events"] {
        let reply = exchange(door.address, &request("OPTIONS", path, &asks, "")).await;
        assert_eq!(reply.status, 204, "asked without a key, as browsers do: {path}");
        assert_eq!(reply.header("access-control-allow-origin"), "https://shop.example");
        assert_eq!(reply.header("access-control-allow-headers"), "authorization,content-type");
        assert!(reply.header("access-control-allow-methods").contains("POST"));
    }
    for (key, status) in [("x-api-key: s3cret-0123456789", 200), ("x-api-key: wrong", 401)] {
        let reply = exchange(door.address, &request("POST", BULK, &[SHOP, key], "{}")).await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (status, "https://shop.example"));
        assert!(
            reply.header("access-control-expose-headers").contains("ETag"),
            "or the page finds no tag to send back"
        );
        assert_eq!(reply.header("vary"), "Origin");
    }
    let stream = Listener::at(door.address, "/ofrep/v1/events", &[SHOP, "x-api-key: s3cret-0123456789"]).await;
    assert_eq!(stream.head.header("access-control-allow-origin"), "https://shop.example");
}

#[tokio::test]
async fn a_page_of_another_origin_is_not_let_in() {
    for (origins, origin) in
        [(&[][..], "https://shop.example"), (&["https://shop.example"][..], "https://evil.example")]
    {
        let door = door_for(origins).await;
        let origin = format!("origin: {origin}");
        let asks = [origin.as_str(), "access-control-request-method: POST"];
        let preflight = exchange(door.address, &request("OPTIONS", BULK, &asks, "")).await;
        assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (403, ""));
        assert!(preflight.json()["errorDetails"].as_str().unwrap().contains("cors_origins"));
        let key = "x-api-key: s3cret-0123456789";
        let reply = exchange(door.address, &request("POST", BULK, &[&origin, key], "{}")).await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, ""));
    }
}
