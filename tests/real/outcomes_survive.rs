//! The server is killed while outcomes are posted, and started again: what was counted counts on, once.

use super::ports::free_address;
use super::tidegate::{Addresses, Tidegate};
use chrono::Utc;
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant};

const FLAGS: &str = r#"{ "flags": { "new-cart": {
    "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "off" } } }"#;

const PLAN: &str = "
kind: Rollout
name: new-cart
flag: new-cart
candidate: 'on'
stable: 'off'
exposures: evaluations
metrics: { errors: { provider: outcomes, measure: error_ratio, window: 1h } }
waves:
  - { name: half, exposure: 50%, bake: 1h, every: 1s, advance_when: [ errors < 50% ] }
  - { name: all, exposure: 100%, bake: 1h, every: 1s, advance_when: [ errors < 50% ] }
";

/// Longer than anything here takes on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "not so after {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn post(tidegate: &Tidegate, batch: &str, outcomes: &[Value]) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = client.post(format!("http://{}/api/v1/outcomes", tidegate.control));
    let body = json!({ "batch": batch, "outcomes": outcomes });
    request.json(&body).send().await.expect("an answer").json().await.expect("JSON")
}

async fn seen(tidegate: &Tidegate) -> Option<Value> {
    tidegate.get("/api/v1/rollouts/new-cart/outcomes").await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_counts_on_from_what_it_kept_and_nothing_twice() {
    let home = tempfile::tempdir().expect("a folder");
    let plans = home.path().join("plans");
    fs::create_dir_all(&plans).expect("a folder");
    fs::write(plans.join("flags.json"), FLAGS).expect("written");
    fs::write(plans.join("rollout.yaml"), PLAN).expect("written");
    let mut tidegate = Tidegate::start(home.path(), Addresses::choose(), &format!("http://{}", free_address()));
    until("it is ready", async || tidegate.get("/readyz").await.ok()).await;
    let before = Utc::now();
    tokio::time::sleep(Duration::from_millis(200)).await;
    tidegate.command(&["rollout", "start", "new-cart"]).expect("started");
    until("the wave is looked at", async || seen(&tidegate).await).await;
    let served = tidegate.customers_with_new_cart().await;
    let lucky = format!("customer-{}", served.first().expect("half of all"));
    let outcome = |user: u32| json!({ "flag": "new-cart", "variant": "on", "targetingKey": format!("u-{user}"), "ok": !user.is_multiple_of(4) });
    let batch: Vec<Value> = (0..100).map(outcome).collect();
    assert_eq!(post(&tidegate, "first", &batch).await, json!({ "accepted": 100 }));
    let counted = until("evaluations are counted", async || {
        let seen = seen(&tidegate).await?;
        (seen["candidate"]["exposed"]["users"].as_u64()? == served.len() as u64).then_some(seen)
    })
    .await;
    // Longer than the interval at which it is kept.
    tokio::time::sleep(Duration::from_secs(12)).await;
    // This may be lost, for it is killed at once.
    post(&tidegate, "second", &batch[..1]).await;
    tidegate.restart();
    until("it is ready again", async || tidegate.get("/readyz").await.ok()).await;
    let again = until("the rollout is there", async || seen(&tidegate).await).await;
    assert!((100..=101).contains(&again["candidate"]["outcomes"].as_u64().expect("a count")), "{again:#}");
    assert_eq!(again["candidate"]["users"], json!({ "users": 100, "failed": 25, "ofMillion": 1_000_000 }), "{again:#}");
    assert_eq!(again["since"], counted["since"]);
    assert_eq!(again["candidate"]["exposed"]["users"], counted["candidate"]["exposed"]["users"], "{again:#}");
    // A repeat of what is remembered counts nothing.
    assert_eq!(post(&tidegate, "first", &batch).await, json!({ "accepted": 100 }));
    let repeated = seen(&tidegate).await.expect("the rollout");
    assert_eq!(repeated["candidate"]["outcomes"], again["candidate"]["outcomes"]);

    // An outcome of before the wave, told after the restart: it counts for what was served then.
    let errors = async |tidegate: &Tidegate| {
        let seen = seen(tidegate).await.expect("the rollout");
        [&seen["candidate"]["errors"], &seen["stable"]["errors"]].map(|count| count.as_u64().expect("a count"))
    };
    let [candidate, stable] = errors(&tidegate).await;
    let then = |time: String| json!({ "flag": "new-cart", "targetingKey": lucky, "ok": false, "time": time });
    let old = [then(before.to_rfc3339())];
    assert_eq!(post(&tidegate, "old", &old).await, json!({ "accepted": 1 }));
    assert_eq!(errors(&tidegate).await, [candidate, stable], "before the wave there was neither");
    let now = [then(Utc::now().to_rfc3339())];
    assert_eq!(post(&tidegate, "new", &now).await, json!({ "accepted": 1 }));
    assert_eq!(errors(&tidegate).await, [candidate + 1, stable]);
    let unknown = [then((before - chrono::TimeDelta::hours(1)).to_rfc3339())];
    assert_eq!(post(&tidegate, "unknown", &unknown).await, json!({ "accepted": 0, "unattributed": 1 }));
}
