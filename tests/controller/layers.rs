//! Rollouts that must not share users: what one has of a layer, no other gets.

use crate::refusing::Mood;
use crate::scene::{Place, Scene, eventually, name, plan_with, quiet_plan, while_in};
use std::time::Duration;
use tidegate::controller::{ApplyError, CommandError, Verb};
use tidegate::rollout::State;
use tidegate::store::Change;

const DAY: Duration = Duration::from_secs(86_400);

/// The plan, kept to a slice of the layer `checkout`.
fn within(from: &str, to: &str, plan: &str) -> String {
    let layer = format!("layer: {{ name: checkout, from: {from}, to: {to} }}\nmetrics:");
    plan.replacen("metrics:", &layer, 1)
}

/// For the flag `search`, in its first wave for as long as the test lasts.
fn on_search(name: &str, from: &str, to: &str) -> String {
    within(from, to, &plan_with(name, "search", "30d"))
}

/// The same for the flag `other`.
fn on_other(name: &str, from: &str, to: &str) -> String {
    within(from, to, &plan_with(name, "other", "30d"))
}

async fn refused(scene: &Scene, rollout: &str, verb: Verb) -> String {
    match scene.tell(rollout, verb).await {
        Err(CommandError::Refused(why)) => why,
        other => panic!("{rollout} was not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_slice_that_another_rollout_serves_is_refused_until_that_one_is_rolled_back() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&on_search("a", "0%", "50%")).await;
    scene.apply(&on_other("b", "25%", "75%")).await.unwrap();
    let why = refused(&scene, "b", Verb::Start).await;
    let expected = "25% to 75% of the layer checkout overlaps 0% to 50%, where the rollout a serves its candidate: \
                    roll that one back first, or take another slice";
    assert_eq!(why, expected);
    assert!(!scene.is_open("other") && scene.kinds("b").await == ["applied"]);
    scene.tell("a", Verb::Pause).await.unwrap();
    refused(&scene, "b", Verb::Start).await;

    // What is taken survives a restart.
    let scene = scene.again(DAY).await;
    refused(&scene, "b", Verb::Start).await;
    assert_eq!(scene.view("a").problems, [""; 0]);

    scene.tell("a", Verb::Rollback).await.unwrap();
    scene.tell("b", Verb::Start).await.unwrap();
    let why = refused(&scene, "a", Verb::Retry).await;
    assert!(why.contains("where the rollout b serves its candidate"), "{why}");
    assert!(scene.is_open("other") && !scene.is_open("search"));
}

#[tokio::test]
async fn slices_that_do_not_overlap_are_served_to_different_users() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&on_search("a", "0%", "50%")).await;
    scene.start(&on_other("b", "50%", "100%")).await;
    for rollout in ["a", "a", "b", "b"] {
        scene.tell(rollout, Verb::Promote).await.unwrap();
    }
    let (searching, others) = (scene.served("search"), scene.served("other"));
    assert!(searching.len() > 900 && others.len() > 900, "{} and {}", searching.len(), others.len());
    assert!(searching.is_disjoint(&others));
}

/// The candidate of a rollout that is completed is still served.
#[tokio::test]
async fn a_completed_rollout_keeps_its_slice_until_its_candidate_is_gone() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&within("0%", "50%", &plan_with("a", "search", "1m"))).await;
    eventually("the end", async || matches!(scene.view("a").state, State::Completed { .. })).await;
    assert!((45..=55).contains(&scene.percent("search")), "all of the slice, and nobody else");
    scene.apply(&on_other("b", "0%", "10%")).await.unwrap();
    refused(&scene, "b", Verb::Start).await;
    let scene = scene.again(DAY).await;
    refused(&scene, "b", Verb::Start).await;
    // The next rollout of the same flag takes the candidate's place, so it may have the same users.
    scene.start(&on_search("c", "0%", "20%")).await;
    let why = refused(&scene, "b", Verb::Start).await;
    assert!(why.contains("where the rollout c serves"), "{why}");
    scene.tell("c", Verb::Rollback).await.unwrap();
    scene.tell("b", Verb::Start).await.unwrap();
}

#[tokio::test]
async fn all_rollouts_of_a_layer_are_bucketed_by_the_same_attribute() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&on_search("a", "0%", "50%")).await;
    let by_company = |plan: String| plan.replacen("layer:", "bucket_by: company\nlayer:", 1);
    scene.apply(&by_company(on_other("b", "50%", "100%"))).await.unwrap();
    let why = refused(&scene, "b", Verb::Start).await;
    let expected = "the layer checkout is divided by targetingKey in the rollout a, and not by company: \
                    all rollouts of a layer need the same `bucket_by`";
    assert_eq!(why, expected);
}

/// Another environment's layer of the same name has its own slices, as does another layer.
#[tokio::test]
async fn a_layer_is_one_of_its_environment() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&on_search("a", "0%", "50%")).await;
    let staging = on_other("b", "0%", "50%").replacen("flag:", "environment: staging\nflag:", 1);
    scene.start(&staging).await;
    scene.tell("b", Verb::Rollback).await.unwrap();
    scene.start(&on_other("c", "0%", "50%").replace("checkout", "payment")).await;
}

/// At its time it waits until the slice is free, and says for what.
#[tokio::test]
async fn a_rollout_that_begins_by_itself_waits_for_its_slice() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&on_search("a", "0%", "50%")).await;
    let start = "start: 2026-05-28T20:26:41Z\nlayer:";
    scene.apply(&on_other("b", "25%", "75%").replacen("layer:", start, 1)).await.unwrap();
    eventually("the reason", async || scene.view("b").reason.contains("overlaps 0% to 50%")).await;
    assert!(!scene.is_open("other"));
    scene.tell("a", Verb::Rollback).await.unwrap();
    eventually("the beginning", async || scene.is_open("other")).await;
}

/// A beginning of which nobody knows whether it took place keeps its slice until that is known.
#[tokio::test]
async fn the_slice_of_a_start_that_failed_is_free_again() {
    let scene = Scene::new(Place::Memory).await;
    scene.apply(&on_search("a", "0%", "50%")).await.unwrap();
    scene.apply(&on_other("b", "0%", "50%")).await.unwrap();
    drop(while_in(&scene.mood, Mood::Forgetful, scene.tell("a", Verb::Start)).await);
    refused(&scene, "b", Verb::Start).await;
    eventually("the first wave", async || scene.is_open("search")).await;
    scene.tell("a", Verb::Rollback).await.unwrap();
    drop(while_in(&scene.mood, Mood::Refusing, scene.tell("a", Verb::Retry)).await);
    eventually("the other one to begin", async || scene.tell("b", Verb::Start).await.is_ok()).await;
}

/// As an older version could leave them: nobody loses the candidate for it, and it is told.
#[tokio::test]
async fn slices_that_overlap_in_the_store_are_both_served_and_told() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&within("0%", "50%", &quiet_plan("a"))).await;
    let quiet = quiet_plan("b").replace("flag: search", "flag: other");
    scene.start(&quiet).await;
    let record = scene.store.rollout(&name("b")).await.unwrap().unwrap();
    let mut plan = record.plan;
    plan.text = within("40%", "100%", &quiet);
    let change = Change {
        rollout: name("b"),
        expected: Some(record.version),
        plan,
        state: record.state,
        entries: Vec::new(),
        messages: Vec::new(),
        at: scene.clock.now(),
    };
    scene.store.commit(&change).await.unwrap();
    let scene = scene.again(DAY).await;
    assert!(scene.is_open("search") && scene.is_open("other"));
    let told = "40% to 100% of the layer checkout overlaps 0% to 50%, where the rollout a serves its candidate";
    assert_eq!(scene.view("b").problems, [told]);
    let told = "0% to 50% of the layer checkout overlaps 40% to 100%, where the rollout b serves its candidate";
    assert_eq!(scene.view("a").problems, [told]);
    scene.tell("b", Verb::Rollback).await.unwrap();
    assert_eq!(scene.view("a").problems, [""; 0]);
}

/// Whoever has the candidate would lose it by another slice.
#[tokio::test]
async fn the_slice_cannot_change_under_way() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&on_search("a", "0%", "50%")).await;
    for other in [on_search("a", "0%", "60%"), plan_with("a", "search", "30d")] {
        let Err(ApplyError::Refused(why)) = scene.apply(&other).await else { panic!("another slice was taken") };
        assert!(why.contains("`layer` cannot change under way"), "{why}");
    }
    // After a rollback it can, and what it had before is free.
    scene.tell("a", Verb::Rollback).await.unwrap();
    scene.apply(&on_search("a", "50%", "60%")).await.unwrap();
    scene.tell("a", Verb::Retry).await.unwrap();
    scene.start(&on_other("b", "0%", "50%")).await;
}
