//! The evaluation key, as applications send it.

use super::driver::{Driver, Sdk};
use super::server::{Server, settings};
use serde_json::{Value, json};

const KEY: &str = "an-evaluation-key-of-the-tests";

fn switch() -> Value {
    json!({ "flag": "switch", "type": "boolean", "default": false, "context": { "targetingKey": "ann" } })
}

#[tokio::test]
async fn with_the_key_an_application_gets_its_flags_and_without_it_its_defaults() {
    let server = Server::start_with_key(Some(KEY)).await;
    for sdk in Sdk::SERVERS {
        let right = Driver::start(sdk, &settings(&server, Some(KEY))).call(&switch());
        assert_eq!((&right["value"], &right["error"]), (&json!(true), &Value::Null), "{right}");
        for key in [None, Some("another")] {
            let wrong = Driver::start(sdk, &settings(&server, key)).call(&switch());
            assert_eq!((&wrong["value"], &wrong["error"]), (&json!(false), &json!("GENERAL")), "{wrong}");
        }
    }
}

/// The web's provider tells a wrong key from a server that is away: it gives up, as it should.
#[tokio::test]
async fn the_web_provider_starts_with_the_key_and_is_told_when_it_is_wrong() {
    let server = Server::start_with_key(Some(KEY)).await;
    let start = |key| Driver::start(Sdk::Web, &settings(&server, key)).call(&json!({ "do": "start" }));
    assert_eq!(start(Some(KEY))["status"], "READY");
    for key in [None, Some("another")] {
        assert_eq!(start(key)["status"], "FATAL", "{}", start(key));
    }
}
