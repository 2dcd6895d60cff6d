//! A commit that took place and whose answer was lost: it took place once, and is gone on from.

use crate::refusing::Mood;
use crate::scene::{Place, Scene, alert, eventually, name, plan, plan_with, slow_plan, while_in};
use tidegate::controller::{ApplyError, CommandError, Outcome, Verb};
use tidegate::rollout::State;

#[tokio::test]
async fn a_start_took_place_once_and_is_served() {
    for place in Place::both() {
        let scene = Scene::new(place).await;
        scene.apply(&slow_plan("a")).await.unwrap();
        let told = while_in(&scene.mood, Mood::Forgetful, scene.tell("a", Verb::Start)).await;
        assert!(matches!(told, Err(CommandError::Unavailable(_))), "{told:?}");
        eventually("the first wave to be served", async || (8..=12).contains(&scene.percent("search"))).await;
        eventually("the state to be known", async || matches!(scene.view("a").state, State::Running(_))).await;
        scene.ledger_is("a", &["applied", "started"]).await;
        // It drives its flag as if nothing had been lost.
        scene.apply(&slow_plan("b")).await.unwrap();
        let Err(CommandError::Refused(why)) = scene.tell("b", Verb::Start).await else { panic!("two on one flag") };
        assert!(why.contains("driven by the rollout a"), "{why}");
        assert!(matches!(scene.tell("a", Verb::Start).await, Err(CommandError::Refused(_))));
        scene.tell("a", Verb::Rollback).await.unwrap();
        scene.ledger_is("a", &["applied", "started", "closed"]).await;
    }
}

/// Between the lost answer and the reading of the record nobody else may take the flag.
#[tokio::test]
async fn the_flag_stays_claimed_until_it_is_known_whether_the_start_took_place() {
    let scene = Scene::new(Place::Memory).await;
    scene.apply(&slow_plan("a")).await.unwrap();
    scene.apply(&slow_plan("b")).await.unwrap();
    drop(while_in(&scene.mood, Mood::Forgetful, scene.tell("a", Verb::Start)).await);
    assert!(matches!(scene.tell("b", Verb::Start).await, Err(CommandError::Refused(_))));
    // One that did not take place lets go of it.
    scene.apply(&plan_with("c", "other", "30d")).await.unwrap();
    scene.apply(&plan_with("d", "other", "30d")).await.unwrap();
    drop(while_in(&scene.mood, Mood::Refusing, scene.tell("c", Verb::Start)).await);
    eventually("the other one to begin", async || scene.tell("d", Verb::Start).await.is_ok()).await;
}

#[tokio::test]
async fn a_wave_opened_once_and_is_served() {
    for place in Place::both() {
        let scene = Scene::new(place).await;
        scene.start(&slow_plan("a")).await;
        let told = while_in(&scene.mood, Mood::Forgetful, scene.tell("a", Verb::Promote)).await;
        assert!(matches!(told, Err(CommandError::Unavailable(_))), "{told:?}");
        eventually("the second wave to be served", async || (48..=52).contains(&scene.percent("search"))).await;
        scene.ledger_is("a", &["applied", "started", "wave-opened"]).await;
    }
}

/// With every answer lost the plan goes its way all the same, each step once.
#[tokio::test]
async fn a_whole_rollout_with_every_answer_lost_takes_each_step_once() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&plan("a")).await;
    scene.mood.set(Mood::Forgetful);
    scene.ledger_is("a", &["applied", "started", "wave-opened", "wave-opened", "completed"]).await;
    eventually("everybody to be served", async || scene.percent("search") == 100).await;
    eventually("the end to be known", async || matches!(scene.view("a").state, State::Completed { .. })).await;
}

#[tokio::test]
async fn a_closing_is_written_once() {
    for place in Place::both() {
        let scene = Scene::new(place).await;
        scene.start(&slow_plan("a")).await;
        while_in(&scene.mood, Mood::Forgetful, scene.tell("a", Verb::Rollback)).await.unwrap();
        scene.ledger_is("a", &["applied", "started", "closed"]).await;
        eventually("the closing to be known as stored", async || scene.view("a").problems.is_empty()).await;
        scene.tell("a", Verb::Retry).await.unwrap();
        scene.ledger_is("a", &["applied", "started", "closed", "started"]).await;
        assert!((8..=12).contains(&scene.percent("search")));
    }
}

/// A rollout that exists in the store and nowhere else could not be told anything until the next restart.
#[tokio::test]
async fn a_rollout_whose_creation_was_not_acknowledged_is_there_when_it_is_applied_again() {
    let scene = Scene::new(Place::folder()).await;
    let lost = while_in(&scene.mood, Mood::Forgetful, scene.apply(&slow_plan("a"))).await;
    assert!(matches!(lost, Err(ApplyError::Unavailable(_))), "{lost:?}");
    let again = scene.apply(&slow_plan("a")).await.unwrap();
    assert_eq!(again.outcome, Outcome::Created);
    scene.tell("a", Verb::Start).await.unwrap();
    scene.ledger_is("a", &["applied", "started"]).await;

    // With another plan it is a change of the one that is there.
    drop(while_in(&scene.mood, Mood::Forgetful, scene.apply(&slow_plan("b"))).await);
    let changed = scene.apply(&plan_with("b", "other", "1h")).await.unwrap();
    assert_eq!(changed.outcome, Outcome::Updated);
    assert_eq!(changed.view.plan.flag.as_str(), "other");
    scene.ledger_is("b", &["applied", "plan-changed"]).await;
}

#[tokio::test]
async fn a_changed_plan_whose_answer_was_lost_is_the_plan_in_force() {
    let scene = Scene::new(Place::folder()).await;
    scene.apply(&slow_plan("a")).await.unwrap();
    let wider = slow_plan("a").replace("10%", "20%");
    let lost = while_in(&scene.mood, Mood::Forgetful, scene.apply(&wider)).await;
    assert!(matches!(lost, Err(ApplyError::Unavailable(_))), "{lost:?}");
    eventually("the new plan to be in force", async || scene.view("a").source.text == wider).await;
    scene.tell("a", Verb::Start).await.unwrap();
    assert!((18..=22).contains(&scene.percent("search")));
    let stored = scene.store.rollout(&name("a")).await.unwrap().unwrap();
    assert_eq!(stored.plan.text, wider);
}

/// Two alerts that only together close: the first was noted while answers were lost, and must not be forgotten.
#[tokio::test]
async fn an_alert_that_came_right_after_a_lost_answer_is_remembered() {
    let scene = Scene::new(Place::Memory).await;
    let both = r#"'alert(severity = "warning") and alert(severity = "page")'"#;
    let text = slow_plan("a")
        .replace(r#"'alert(severity = "critical")'"#, both)
        .replace(r#"'alert(severity = "warning")', "#, "");
    scene.start(&text).await;
    let (first, second) = (alert("1", &[("severity", "warning")]), alert("2", &[("severity", "page")]));
    drop(while_in(&scene.mood, Mood::Forgetful, scene.tell("a", Verb::Pause)).await);
    // The record is newer than the controller knows.
    scene.controller.alert(&[first], &[]).await.unwrap();
    let answer = scene.controller.alert(&[second], &[]).await.unwrap();
    assert_eq!(answer.closed, [name("a")]);
    scene.ledger_is("a", &["applied", "started", "paused", "closed"]).await;
}
