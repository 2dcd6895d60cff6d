//! What must not happen happens: a fault in the program, a stored plan that nobody can read.

use crate::refusing::Mood;
use crate::scene::{Place, Scene, critical, eventually, name, quiet_plan, slow_plan};
use std::time::Duration;
use tidegate::controller::Verb;
use tidegate::rollout::State;
use tidegate::store::Change;

#[tokio::test]
async fn a_rollout_whose_task_broke_down_is_taken_up_again_and_still_closes() {
    for place in Place::both() {
        let scene = Scene::new(place).await;
        scene.start(&quiet_plan("a")).await;
        let tenth = scene.served("search");
        scene.mood.set(Mood::Faulty);
        scene.tell("a", Verb::Pause).await.unwrap_err();
        scene.mood.set(Mood::Willing);
        assert_eq!(scene.served("search"), tenth, "nobody loses the candidate by it");
        eventually("a task that answers", async || scene.tell("a", Verb::Pause).await.is_ok()).await;
        assert!(matches!(scene.view("a").state, State::Paused { .. }));
        let answer = scene.controller.alert(&[critical("f")], &[]).await.unwrap();
        assert_eq!(answer.closed, [name("a")]);
        assert!(!scene.is_open("search"));
    }
}

#[tokio::test]
async fn what_was_closed_when_the_task_broke_down_stays_closed() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&quiet_plan("a")).await;
    scene.mood.set(Mood::Faulty);
    scene.controller.alert(&[critical("f")], &[]).await.unwrap_err();
    assert!(!scene.is_open("search"), "closed before anything was written");
    scene.mood.set(Mood::Willing);
    // The sender was told that it failed, and sends it again.
    eventually("the closing", async || scene.controller.alert(&[critical("f")], &[]).await.is_ok()).await;
    assert!(!scene.is_open("search"));
    scene.ledger_is("a", &["applied", "started", "closed"]).await;
}

#[tokio::test]
async fn a_closed_rollout_whose_plan_cannot_be_read_any_more_stays_closed() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&slow_plan("a")).await;
    scene.tell("a", Verb::Rollback).await.unwrap();
    let record = scene.store.rollout(&name("a")).await.unwrap().unwrap();
    let mut plan = record.plan.clone();
    plan.text.push_str("a_field_of_another_version: 1\n");
    let change = Change {
        rollout: record.name.clone(),
        expected: Some(record.version),
        plan,
        state: record.state.clone(),
        entries: Vec::new(),
        messages: Vec::new(),
        at: record.updated,
    };
    scene.store.commit(&change).await.unwrap();
    let scene = scene.again(Duration::from_secs(60)).await;
    assert_eq!(scene.unreadable, ["a"], "it cannot be driven");
    let live = scene.live.load();
    let overlay = live.snapshot().flag("search").unwrap().overlay().cloned().expect("it is still laid over");
    assert_eq!(overlay.gate, tidegate::flag::Gate::Closed);
}
