//! The server is killed in its second wave and started again: the same wave, the same customers, and
//! only watched time counts as baked.

use super::world::{ROLLOUT, World};
use chrono::DateTime;
use serde_json::Value;
use std::time::{Duration, Instant};

const RULES: &str = r#"
always:
  close_when: [ "error_rate > 10% for 3s" ]
waves:
  - { name: tenth,    exposure: 10%,  bake: 3s,  every: 1s, advance_when: [ "error_rate < 2%" ] }
  - { name: quarter,  exposure: 25%,  bake: 12s, every: 1s, advance_when: [ "error_rate < 2%" ] }
  - { name: half,     exposure: 50%,  bake: 3s,  every: 1s, advance_when: [ "error_rate < 2%" ] }
  - { name: everyone, exposure: 100%, bake: 3s,  every: 1s, advance_when: [ "error_rate < 2%" ] }
"#;

const BAKE: Duration = Duration::from_secs(12);

/// Watched before the server is killed: most of the bake, so that a bake that began anew would show.
const WATCHED: Duration = Duration::from_secs(8);

/// How long it is away; less than the windows of the metrics, which must not run empty.
const AWAY: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_goes_on_in_its_wave_with_an_honest_clock() {
    let mut world = World::start(RULES).await;
    world.start_rollout();
    world.until_wave(2).await;
    let opened = Instant::now();
    let customers = world.tidegate.customers_with_new_cart().await;
    tokio::time::sleep(WATCHED.saturating_sub(opened.elapsed())).await;
    let before = world.rollout().await.expect("the rollout");
    assert_eq!(before["wave"]["index"], 2, "{before:#}");

    world.tidegate.process.kill();
    let killed = Instant::now();
    tokio::time::sleep(AWAY).await;
    world.tidegate.restart();
    world.until_ready().await;
    let away = killed.elapsed();

    let after = world.rollout().await.expect("the rollout");
    let stands = (after["state"].as_str(), after["wave"]["index"].as_u64(), after["exposure"].as_str());
    assert_eq!(stands, (Some("running"), Some(2), Some("25%")), "{after:#}");
    assert_eq!(world.tidegate.customers_with_new_cart().await, customers, "other customers after the restart");

    world.until_state("completed").await;
    let history = world.tidegate.history(ROLLOUT).await;
    let openings: Vec<&Value> = history.iter().filter(|entry| entry["kind"] == "wave-opened").collect();
    let sentences: Vec<&str> = openings.iter().filter_map(|entry| entry["sentence"].as_str()).collect();
    assert_eq!(openings.len(), 3, "each wave opens once: {sentences:#?}");
    for (sentence, wave) in sentences.iter().zip(["quarter", "half", "everyone"]) {
        assert!(sentence.contains(wave), "{sentences:#?}");
    }

    let second_wave = millis(openings[1]).abs_diff(millis(openings[0]));
    let second_wave = Duration::from_millis(second_wave);
    assert!(second_wave >= BAKE + AWAY, "the time away counted as baked: {second_wave:?} in all, {away:?} away");
    let anew = WATCHED + away + BAKE;
    assert!(second_wave < anew, "the bake began anew: {second_wave:?} in all, {away:?} away");
}

fn millis(entry: &Value) -> i64 {
    let at = entry["at"].as_str().expect("a time");
    DateTime::parse_from_rfc3339(at).expect("RFC 3339").timestamp_millis()
}
