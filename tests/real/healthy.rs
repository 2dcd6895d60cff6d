//! A sound candidate goes from a tenth to everybody by itself.

use super::shop::CUSTOMERS;
use super::world::World;

const RULES: &str = r#"
always:
  close_when: [ "error_rate > 10% for 3s" ]
  hold_when: [ "error_rate > 5%", "p95 > 400ms" ]
waves:
  - { name: tenth,    exposure: 10%,  bake: 4s, every: 1s, advance_when: [ "error_rate < 2%", "p95 < 300ms" ] }
  - { name: quarter,  exposure: 25%,  bake: 4s, every: 1s, advance_when: [ "error_rate < 2%", "p95 < 300ms" ] }
  - { name: half,     exposure: 50%,  bake: 4s, every: 1s, advance_when: [ "error_rate < 2%", "p95 < 300ms" ] }
  - { name: everyone, exposure: 100%, bake: 4s, every: 1s, advance_when: [ "error_rate < 2%", "p95 < 300ms" ] }
after: { watch: 3s, every: 1s }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_candidate_goes_through_its_waves_to_everybody() {
    let mut world = World::start(RULES).await;
    assert!(world.tidegate.customers_with_new_cart().await.is_empty(), "before its start nobody has the candidate");
    world.start_rollout();

    let mut earlier = world.tidegate.customers_with_new_cart().await;
    for (wave, percent) in [(1, 10), (2, 25), (3, 50), (4, 100)] {
        let rollout = world.until_wave(wave).await;
        assert_eq!(rollout["wave"]["index"], wave, "no wave is skipped: {rollout}");
        assert_eq!(rollout["exposure"], format!("{percent}%"));
        let now = world.tidegate.customers_with_new_cart().await;
        let (expected, spread) = (CUSTOMERS * percent / 100, if percent == 100 { 0 } else { 40 });
        let count = u64::try_from(now.len()).expect("small");
        assert!(count.abs_diff(expected) <= spread, "{count} customers at {percent}%");
        assert!(now.is_superset(&earlier), "somebody lost the new cart when wave {wave} opened");
        earlier = now;
    }

    world.until_state("completed").await;
    let history = world.tidegate.history("new-cart").await;
    let kinds: Vec<&str> = history.iter().filter_map(|entry| entry["kind"].as_str()).collect();
    let opened = kinds.iter().filter(|kind| **kind == "wave-opened").count();
    assert_eq!((kinds.first(), opened, kinds.last()), (Some(&"applied"), 3, Some(&"completed")), "{kinds:?}");
    assert!(!kinds.contains(&"closed"), "{kinds:?}");
}
