//! A rollout's exposure: every application tells the same users apart, and a closing reaches all.

use super::driver::{Driver, Sdk};
use super::server::{Server, settings};
use super::web::{always_asks, page};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn new_cart(user: usize) -> Value {
    json!({ "flag": "new-cart", "type": "boolean", "default": false, "context": { "targetingKey": format!("user-{user}") } })
}

fn lucky(driver: &mut Driver, sdk: Sdk, reason: &str) -> BTreeSet<usize> {
    let mut lucky = BTreeSet::new();
    for user in 0..100 {
        let answer = driver.call(&new_cart(user));
        assert_eq!(answer["error"], Value::Null, "{answer}");
        // The Rust provider says STATIC whatever it was told.
        assert_eq!(answer["reason"], if sdk == Sdk::Rust { "STATIC" } else { reason }, "{answer}");
        lucky.extend((answer["value"] == true).then_some(user));
    }
    lucky
}

#[tokio::test]
async fn all_applications_give_the_candidate_to_the_same_users_until_it_is_closed() {
    let server = Server::start().await;
    let mut drivers = Sdk::SERVERS.map(|sdk| (sdk, Driver::start(sdk, &settings(&server, None))));
    for (sdk, driver) in &mut drivers {
        assert_eq!(lucky(driver, *sdk, "STATIC"), BTreeSet::new(), "before the start");
    }

    server.command(&["rollout", "start", "new-cart"]);
    let [python, node, rust] = drivers.each_mut().map(|(sdk, driver)| lucky(driver, *sdk, "SPLIT"));
    assert!((30..=70).contains(&python.len()), "{} of 100 at 50%", python.len());
    assert_eq!((&python, &python), (&node, &rust));

    server.command(&["rollout", "rollback", "new-cart", "--reason", "the tests are done"]);
    for (sdk, driver) in &mut drivers {
        assert_eq!(lucky(driver, *sdk, "STATIC"), BTreeSet::new(), "closed is for all");
    }
}

#[tokio::test]
async fn the_web_provider_sees_the_exposure_when_it_asks_again() {
    let server = Server::start().await;
    server.command(&["rollout", "start", "new-cart"]);
    let mut node = Driver::start(Sdk::Node, &settings(&server, None));
    let mut web = page(&server, &always_asks());
    for user in 0..20 {
        let mut call = new_cart(user);
        let expected = node.call(&call);
        web.call(&json!({ "do": "context", "context": call["context"] }));
        call["do"] = "get".into();
        let found = web.call(&call);
        for member in ["value", "variant", "reason"] {
            assert_eq!(found[member], expected[member], "{member} of user {user}");
        }
        assert_eq!(found["reason"], "SPLIT");
    }
}
