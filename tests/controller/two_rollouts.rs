//! One flag, several rollouts: one at a time.

use crate::scene::{Place, Scene, eventually, plan, plan_with, slow_plan};
use std::time::Duration;
use tidegate::controller::{CommandError, Verb};
use tidegate::rollout::State;

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn the_second_one_is_refused_until_the_first_has_ended() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&slow_plan("a")).await;
    scene.apply(&slow_plan("b")).await.unwrap();
    scene.start(&plan_with("c", "other", "30d")).await;
    let Err(CommandError::Refused(why)) = scene.tell("b", Verb::Start).await else { panic!("two on one flag") };
    assert!(why.contains("search is driven by the rollout a"), "{why}");
    assert_eq!(scene.kinds("b").await, ["applied"]);
    scene.tell("a", Verb::Pause).await.unwrap();
    assert!(scene.tell("b", Verb::Start).await.is_err(), "a paused one still drives");
    let tenth = scene.served("search");

    // The claim survives a restart, and so does what is served.
    let scene = scene.again(DAY).await;
    assert_eq!(scene.served("search"), tenth);
    assert!(scene.tell("b", Verb::Start).await.is_err());

    scene.tell("a", Verb::Rollback).await.unwrap();
    scene.tell("b", Verb::Start).await.unwrap();
    assert!(scene.is_open("search"));
    let refused = scene.tell("a", Verb::Retry).await.unwrap_err().to_string();
    assert!(refused.contains("driven by the rollout b"), "{refused}");
    let served = scene.served("search");
    let scene = scene.again(DAY).await;
    assert_eq!(scene.served("search"), served, "the one that came later is in force");
    assert!(scene.is_open("other"));
}

/// A change to the plan of the one that is over is newer than the other's last step, and means nothing.
#[tokio::test]
async fn a_changed_plan_does_not_bring_an_ended_rollout_back_into_force() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&slow_plan("a")).await;
    scene.tell("a", Verb::Rollback).await.unwrap();
    scene.start(&plan("b")).await;
    eventually("the end", async || matches!(scene.view("b").state, State::Completed { .. })).await;
    scene.apply(&slow_plan("a").replace("10%", "20%")).await.unwrap();
    assert_eq!(scene.percent("search"), 100);
    let scene = scene.again(DAY).await;
    assert_eq!(scene.percent("search"), 100);
    // Neither does its old alert or a rollback of what is over touch what is in force.
    scene.tell("a", Verb::Rollback).await.unwrap();
    assert_eq!(scene.percent("search"), 100);
}

/// A rollback that takes the candidate from nobody must not say that it did.
#[tokio::test]
async fn a_completed_one_that_was_overtaken_cannot_be_rolled_back() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&plan("a")).await;
    eventually("the end", async || matches!(scene.view("a").state, State::Completed { .. })).await;
    scene.start(&slow_plan("b")).await;
    let tenth = scene.served("search");
    let refused = scene.tell("a", Verb::Rollback).await.unwrap_err().to_string();
    assert!(refused.contains("search is driven by b now"), "{refused}");
    assert_eq!(scene.served("search"), tenth);
    assert!(matches!(scene.view("a").state, State::Completed { .. }));
    scene.tell("b", Verb::Rollback).await.unwrap();
    assert!(!scene.is_open("search"));
}
