//! Typed calls of every SDK, case by case.

use super::case::cases;
use super::driver::{Driver, Sdk};
use super::server::{Server, settings};
use super::web::{always_asks, page};
use serde_json::json;

#[tokio::test]
async fn python_gets_what_the_cases_say() {
    check(Sdk::Python).await;
}

#[tokio::test]
async fn node_gets_what_the_cases_say() {
    check(Sdk::Node).await;
}

#[tokio::test]
async fn rust_gets_what_the_cases_say() {
    check(Sdk::Rust).await;
}

async fn check(sdk: Sdk) {
    let server = Server::start().await;
    let mut driver = Driver::start(sdk, &settings(&server, None));
    let cases: Vec<_> = cases().into_iter().filter(|case| case.is_for(sdk)).collect();
    let wrong: Vec<_> = cases.iter().filter_map(|case| case.check(sdk, &driver.call(&case.call()))).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// The web's SDK asks for all flags when the context changes, and answers calls from what it has.
#[tokio::test]
async fn the_web_gets_what_the_cases_say() {
    let server = Server::start().await;
    let mut driver = page(&server, &always_asks());
    let mut wrong = Vec::new();
    for case in cases().iter().filter(|case| case.is_for(Sdk::Web)) {
        driver.call(&json!({ "do": "context", "context": case.context() }));
        let mut call = case.call();
        call["do"] = "get".into();
        wrong.extend(case.check(Sdk::Web, &driver.call(&call)));
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}
