//! A new process on the same data goes on where the old one was.

use crate::refusing::Mood;
use crate::scene::{ORIGIN_CLOCK, Place, SPEED, Scene, answered, critical, eventually, name, plan, slow_plan};
use std::time::Duration;
use tidegate::clock::Clock;
use tidegate::controller::Verb;
use tidegate::rollout::{Cause, State};

const WEEK: Duration = Duration::from_secs(7 * 86_400);

fn baked(state: &State) -> Duration {
    match state {
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => stage.baked,
        state => panic!("nothing bakes in {state:?}"),
    }
}

#[tokio::test]
async fn in_the_middle_of_a_wave() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&slow_plan("a")).await;
    scene.tell("a", Verb::Promote).await.unwrap();
    eventually("some baking", async || baked(&scene.stored("a").await) > Duration::ZERO).await;
    let (half, ledger) = (scene.served("search"), scene.ledger("a").await);
    let before = baked(&scene.view("a").state);

    // `again` looks at what is served before it waits for anything.
    let scene = scene.again(WEEK).await;
    assert_eq!(scene.served("search"), half, "the same users");
    let State::Running(stage) = scene.view("a").state else { panic!("it does not run") };
    assert_eq!((stage.wave, stage.attempt), (1, 1));
    let after = baked(&scene.view("a").state);
    assert!(after >= before && after < before + Duration::from_secs(600), "{before:?}, then {after:?}");
    eventually("baking to go on", async || baked(&scene.view("a").state) > after).await;
    assert!(baked(&scene.view("a").state) < Duration::from_secs(86_400), "the week in between is not bake");
    assert_eq!(scene.ledger("a").await, ledger, "nothing is repeated");
    assert_eq!(scene.served("search"), half);
}

#[tokio::test]
async fn a_plan_goes_on_to_its_end_over_many_restarts() {
    let mut scene = Scene::new(Place::folder()).await;
    scene.start(&plan("a")).await;
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(70)).await;
        scene = scene.again(Duration::from_secs(3_600)).await;
    }
    scene.ledger_is("a", &["applied", "started", "wave-opened", "wave-opened", "completed"]).await;
}

#[tokio::test]
async fn paused_completed_and_rolled_back_stay_so() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&slow_plan("a")).await;
    scene.tell("a", Verb::Pause).await.unwrap();
    let tenth = scene.served("search");
    let scene = scene.again(WEEK).await;
    assert!(matches!(scene.view("a").state, State::Paused { .. }));
    assert_eq!(scene.served("search"), tenth);
    scene.tell("a", Verb::Rollback).await.unwrap();

    let scene = scene.again(WEEK).await;
    let view = scene.view("a");
    assert!(matches!(view.state, State::RolledBack { .. }) && view.reason.contains("rolled back by ada"));
    assert!(!scene.is_open("search"));
    let rows = scene.ledger("a").await;

    scene.start(&plan("b")).await;
    eventually("the end", async || matches!(scene.view("b").state, State::Completed { .. })).await;
    let scene = scene.again(WEEK).await;
    assert_eq!(scene.percent("search"), 100);
    assert!(matches!(scene.view("b").state, State::Completed { .. }));
    assert_eq!(scene.ledger("a").await, rows);
}

/// The closing was promised to the sender on the strength of the local record alone.
#[tokio::test]
async fn a_closing_that_only_the_local_record_has_is_closed_and_written_with_its_cause() {
    for after in [Mood::Willing, Mood::Hanging] {
        let scene = Scene::new(Place::folder()).await;
        scene.start(&slow_plan("a")).await;
        scene.mood.set(Mood::Refusing);
        answered(scene.controller.alert(&[critical("f")], &[])).await.unwrap();
        let State::RolledBack { at, .. } = scene.view("a").state else { panic!("it is open") };
        let place = scene.end().await;

        let scene =
            Scene::prepared(place, Clock::compressed(ORIGIN_CLOCK.plus(WEEK), SPEED), |mood| mood.set(after)).await;
        assert!(!scene.is_open("search"), "closed before anything else, also while the store is away");
        scene.mood.set(Mood::Willing);
        scene.ledger_is("a", &["applied", "started", "closed"]).await;
        let State::RolledBack { at: stored, cause: Cause::Alert { fingerprint, name, .. }, .. } =
            scene.stored("a").await
        else {
            panic!("not closed by the alert")
        };
        assert_eq!((stored, fingerprint.as_str(), name.as_str()), (at, "f", "SearchDown"));
        let journal = scene.journal.clone().unwrap();
        eventually("the local record to be cleared", async || journal.pending().is_empty()).await;
        // Once more, and nothing is left to repeat.
        let scene = scene.again(WEEK).await;
        scene.ledger_is("a", &["applied", "started", "closed"]).await;
    }
}

/// The store took the closing and a person retried it, but the local record could not be cleared.
#[tokio::test]
async fn a_record_of_an_earlier_attempt_does_not_close_the_retry() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&slow_plan("a")).await;
    scene.tell("a", Verb::Rollback).await.unwrap();
    scene.tell("a", Verb::Retry).await.unwrap();
    let cause = Cause::Person { by: "ada".to_owned(), reason: None };
    let at = scene.clock.now();
    let stale = tidegate::store::journal::ClosingRecord { rollout: name("a"), attempt: 1, at, cause };
    scene.journal.clone().unwrap().append(&stale).unwrap();
    let scene = scene.again(WEEK).await;
    assert!((8..=12).contains(&scene.percent("search")));
    assert!(matches!(scene.view("a").state, State::Running(_)));
    assert_eq!(scene.journal.clone().unwrap().pending(), []);
}
