//! A candidate that fails 12 % of its requests is closed by its own metric.

use super::world::{ROLLOUT, World};
use std::time::{Duration, Instant};

/// The shipped alerting rule sees the failures as well; by asking for another severity the plan leaves
/// the closing to its own metric.
const RULES: &str = r#"
always:
  close_when: [ "error_rate > 10% for 3s", 'alert(severity = "page")' ]
waves:
  - { name: tenth,    exposure: 10%,  bake: 4s, every: 1s, advance_when: [ "error_rate < 2%" ] }
  - { name: quarter,  exposure: 25%,  bake: 5m, every: 1s, advance_when: [ "error_rate < 2%" ] }
  - { name: everyone, exposure: 100%, bake: 5m, every: 1s, advance_when: [ "error_rate < 2%" ] }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_that_fails_12_percent_is_closed_by_its_error_rate() {
    let mut world = World::start(RULES).await;
    world.start_rollout();
    world.until_wave(2).await;
    assert!(!world.tidegate.customers_with_new_cart().await.is_empty());

    world.shop.new_cart_fails(12);
    let failing_since = Instant::now();
    let rollout = world.until_state("rolled_back").await;
    let took = failing_since.elapsed();
    assert!(took >= Duration::from_secs(3), "closed after {took:?}, though the condition must last 3s");
    assert!(world.tidegate.customers_with_new_cart().await.is_empty(), "closed means nobody");
    let reason = rollout["reason"].as_str().expect("a reason");
    assert!(reason.contains("error_rate > 10%"), "{reason}");

    // Requests that were under way may still end with the new cart; after them there are none.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let served = world.shop.new_cart_served();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.shop.new_cart_served(), served, "the shop still serves the closed variant");

    let history = world.tidegate.history(ROLLOUT).await;
    let closed: Vec<_> = history.iter().filter(|entry| entry["kind"] == "closed").collect();
    assert_eq!(closed.len(), 1, "{history:#?}");
    assert_eq!(closed[0]["actor"], "controller");
    let again = world.tidegate.command(&["rollout", "promote", ROLLOUT]);
    assert!(again.is_err(), "a closed rollout opens only by retry: {again:?}");
}
