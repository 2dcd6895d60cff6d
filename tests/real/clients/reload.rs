//! A saved flag file is what the next call gets.

use super::driver::{Driver, Sdk};
use super::server::{PATIENCE, Server, settings};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_saved_file_reaches_every_application() {
    let server = Server::start().await;
    let mut drivers: Vec<_> = Sdk::SERVERS.map(|sdk| Driver::start(sdk, &settings(&server, None))).into();
    for driver in &mut drivers {
        assert_eq!(driver.call(&greeting())["value"], "Welcome");
    }
    server.edit("plain: Welcome", "plain: Hello");
    for driver in &mut drivers {
        until(driver, &json!("Hello")).await;
    }

    // What cannot be read changes nothing.
    server.edit("state: ENABLED", "state: [");
    tokio::time::sleep(Duration::from_secs(1)).await;
    for driver in &mut drivers {
        assert_eq!(driver.call(&greeting())["value"], "Hello", "the last good file is served");
    }
    server.edit("state: [", "state: ENABLED");
    server.edit("plain: Hello", "plain: Hello again");
    for driver in &mut drivers {
        until(driver, &json!("Hello again")).await;
    }
}

fn greeting() -> Value {
    json!({ "flag": "greeting", "type": "string", "default": "none", "context": null })
}

async fn until(driver: &mut Driver, value: &Value) {
    let begun = Instant::now();
    loop {
        let answer = driver.call(&greeting());
        if answer["value"] == *value {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{answer}, expected {value}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
