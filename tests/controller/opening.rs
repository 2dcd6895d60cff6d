//! An opening waits for the store: what is not written down is not served.

use crate::refusing::Mood;
use crate::scene::{Place, Scene, eventually, plan, slow_plan, stays, while_in};
use std::time::Duration;
use tidegate::controller::{CommandError, Verb};
use tidegate::rollout::State;

#[tokio::test]
async fn a_start_that_the_store_refuses_serves_nobody_and_says_why() {
    for place in Place::both() {
        let scene = Scene::new(place).await;
        scene.apply(&slow_plan("a")).await.unwrap();
        let refused = while_in(&scene.mood, Mood::Refusing, scene.tell("a", Verb::Start)).await;
        let Err(CommandError::Unavailable(why)) = refused else { panic!("{refused:?}") };
        assert!(why.contains("nothing was opened") && why.contains("told to fail by the test"), "{why}");
        assert!(matches!(scene.view("a").state, State::Pending { .. }));
        stays("serving nobody", || !scene.is_open("search")).await;
        assert_eq!(scene.kinds("a").await, ["applied"]);
        scene.tell("a", Verb::Start).await.unwrap();
        assert!((8..=12).contains(&scene.percent("search")));
        assert_eq!(scene.kinds("a").await, ["applied", "started"]);
    }
}

#[tokio::test]
async fn the_next_wave_waits_until_the_store_is_back() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&plan("a")).await;
    let tenth = scene.served("search");
    scene.mood.set(Mood::Refusing);
    eventually("the problem to be shown", async || !scene.view("a").problems.is_empty()).await;
    // Far longer than the wave's bake.
    stays("the first wave", || scene.served("search") == tenth).await;
    assert_eq!(scene.kinds("a").await, ["applied", "started"]);
    scene.mood.set(Mood::Willing);
    scene.ledger_is("a", &["applied", "started", "wave-opened", "wave-opened", "completed"]).await;
    eventually("everybody to be served", async || scene.percent("search") == 100).await;
    assert_eq!(scene.view("a").problems, [] as [String; 0]);
}

/// A wave that is ready and cannot be stored must not ask the metrics in a tight loop: their server is
/// somebody else's, and may be in trouble for the same reason.
#[tokio::test]
async fn a_wave_that_cannot_be_stored_does_not_ask_the_metrics_without_a_pause() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&plan("a")).await;
    scene.mood.set(Mood::Refusing);
    eventually("the problem to be shown", async || !scene.view("a").problems.is_empty()).await;
    let before = scene.readings.asked();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let asked = scene.readings.asked() - before;
    // One a check interval, which is a tenth of a second here, and some to spare.
    assert!((1..=12).contains(&asked), "asked {asked} times in five check intervals");
}
