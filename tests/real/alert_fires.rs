//! An alerting rule fires, Alertmanager posts it, the flag closes; the resolved alert reopens nothing.

use super::world::{ROLLOUT, World};
use std::time::Duration;

/// Nothing here closes but an alert.
const RULES: &str = r#"
always:
  close_when: [ 'alert(severity = "critical")' ]
waves:
  - { name: quarter,  exposure: 25%,  bake: 5m, every: 1s, advance_when: [ "error_rate < 100%" ] }
  - { name: everyone, exposure: 100%, bake: 5m, every: 1s }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_firing_alert_closes_and_its_end_does_not_reopen() {
    let mut world = World::start(RULES).await;
    world.start_rollout();
    world.until_wave(1).await;
    world.until("the new cart is used", async |world| world.prometheus_knows("on").await).await;

    world.shop.new_cart_fails(40);
    let rollout = world.until_state("rolled_back").await;
    assert!(world.tidegate.customers_with_new_cart().await.is_empty(), "closed means nobody");
    let reason = rollout["reason"].as_str().expect("a reason");
    assert!(reason.contains("CandidateFailing"), "the alert is not named: {reason}");
    // The closing is served before it is stored: its version comes with the row in the ledger.
    world
        .until("the closing is in the ledger", async |world| {
            let history = world.tidegate.history(ROLLOUT).await;
            let closed = history.iter().any(|entry| entry["kind"] == "closed");
            if closed { Ok(()) } else { Err(format!("{history:#?}")) }
        })
        .await;
    let version = world.rollout().await.expect("the rollout")["version"].clone();

    // With nobody on the failing variant the alert ends by itself, and Alertmanager posts that too.
    world.shop.new_cart_fails(0);
    world
        .until("the alert is resolved", async |world| {
            let alerts = world.ask_prometheus("alerts", &[]).await?;
            let critical = |alert: &&serde_json::Value| alert["labels"]["severity"] == "critical";
            let firing = alerts["data"]["alerts"].as_array().map_or(0, |all| all.iter().filter(critical).count());
            if firing == 0 { Ok(()) } else { Err(alerts.to_string()) }
        })
        .await;
    // Alertmanager passes the end on after its group interval of a second.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let rollout = world.rollout().await.expect("the rollout");
    assert_eq!(rollout["state"], "rolled_back", "{rollout:#}");
    assert_eq!(rollout["version"], version, "repeats and the end of the alert change nothing: {rollout:#}");
    assert!(world.tidegate.customers_with_new_cart().await.is_empty());
    let history = world.tidegate.history(ROLLOUT).await;
    let closed = history.iter().filter(|entry| entry["kind"] == "closed").count();
    assert_eq!((closed, &history.last().expect("a row")["kind"]), (1, &"closed".into()), "{history:#?}");
}
