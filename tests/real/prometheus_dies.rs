//! Prometheus is killed in the middle of a wave: the rollout is held for that reason and goes on when
//! it is back.

use super::world::{PATIENCE, ROLLOUT, World, in_short};
use std::time::{Duration, Instant};

const RULES: &str = r#"
always:
  close_when: [ "error_rate > 10% for 3s" ]
waves:
  - { name: tenth,    exposure: 10%,  bake: 3s, every: 1s, advance_when: [ "error_rate < 2%" ] }
  - { name: quarter,  exposure: 25%,  bake: 5s, every: 1s, advance_when: [ "error_rate < 2%" ] }
  - { name: everyone, exposure: 100%, bake: 3s, every: 1s, advance_when: [ "error_rate < 2%" ] }
"#;

/// Twice what the wave must bake: with data it would be left long before.
const AWAY: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn without_prometheus_a_wave_is_held_and_neither_left_nor_closed() {
    let mut world = World::start(RULES).await;
    world.start_rollout();
    world.until_wave(2).await;
    let customers = world.tidegate.customers_with_new_cart().await;
    world.prometheus.process.kill();

    // Not by `until`: that takes a dead Prometheus for a failure.
    let killed = Instant::now();
    let held = loop {
        let rollout = world.rollout().await.expect("the rollout");
        let waits = rollout["waits"].as_array().cloned().unwrap_or_default();
        if let Some(wait) = waits.into_iter().find(|wait| wait["kind"] == "no-data") {
            break wait["sentence"].as_str().expect("a sentence").to_owned();
        }
        assert!(killed.elapsed() < PATIENCE, "never held: {}", world.report().await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(held.contains("error_rate") && held.contains("unreachable"), "{held}");

    let away = Instant::now();
    while away.elapsed() < AWAY {
        let rollout = world.rollout().await.expect("the rollout");
        let stands = (rollout["state"].as_str(), rollout["wave"]["index"].as_u64(), rollout["exposure"].as_str());
        assert_eq!(stands, (Some("running"), Some(2), Some("25%")), "{}", in_short(&rollout));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(world.tidegate.customers_with_new_cart().await, customers);

    world.prometheus.restart();
    world.until_state("completed").await;
    let history = world.tidegate.history(ROLLOUT).await;
    let kinds: Vec<&str> = history.iter().filter_map(|entry| entry["kind"].as_str()).collect();
    let held = kinds.iter().position(|kind| *kind == "held").expect("the hold is in the ledger");
    assert!(kinds[held..].contains(&"released"), "{kinds:?}");
    assert!(!kinds.contains(&"closed"), "{kinds:?}");
}
