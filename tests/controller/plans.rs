//! A plan that changes: where that is safe it is taken, elsewhere it is refused with the reason.

use crate::refusing::Mood;
use crate::scene::{Place, Scene, answered, eventually, plan, plan_with, slow_plan};
use tidegate::controller::{ApplyError, Outcome, Verb};
use tidegate::rollout::State;
use tidegate::store::Origin;

fn refused<T: std::fmt::Debug>(result: Result<T, ApplyError>) -> String {
    match result {
        Err(ApplyError::Refused(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn before_the_start_everything_may_change() {
    let scene = Scene::new(Place::folder()).await;
    assert_eq!(scene.apply(&slow_plan("a")).await.unwrap().outcome, Outcome::Created);
    assert_eq!(scene.apply(&slow_plan("a")).await.unwrap().outcome, Outcome::Unchanged);
    let other = plan_with("a", "other", "30d").replace("10%", "20%");
    let applied = scene.apply(&other).await.unwrap();
    assert_eq!((applied.outcome, applied.view.version), (Outcome::Updated, 2));
    scene.tell("a", Verb::Start).await.unwrap();
    assert!((18..=22).contains(&scene.percent("other")) && !scene.is_open("search"));
    scene.ledger_is("a", &["applied", "plan-changed", "started"]).await;
    let scene = scene.again(std::time::Duration::ZERO).await;
    assert_eq!(scene.view("a").source.text, other);
    assert!((18..=22).contains(&scene.percent("other")));
}

/// What has begun stays as it was started: people have the candidate by it, and evidence was taken under it.
#[tokio::test]
async fn what_has_begun_cannot_change() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&plan("a")).await;
    let wider = plan("a").replace("10%", "20%");
    let why = refused(scene.apply(&wider).await);
    assert!(why.contains("wave tenth has begun"), "{why}");
    scene.tell("a", Verb::Pause).await.unwrap();
    refused(scene.apply(&wider).await);
    assert_eq!(scene.apply(&plan("a")).await.unwrap().outcome, Outcome::Unchanged);
    scene.tell("a", Verb::Resume).await.unwrap();
    eventually("the end", async || matches!(scene.view("a").state, State::Completed { .. })).await;
    let why = refused(scene.apply(&wider).await);
    assert!(why.contains("completed"), "{why}");
    assert!(!scene.kinds("a").await.contains(&"plan-changed".to_owned()));
}

#[tokio::test]
async fn what_has_not_begun_may_change_under_way_and_nothing_that_was_seen_is_lost() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&slow_plan("a")).await;
    let before = scene.view("a");
    let State::Running(was) = &before.state else { panic!("{:?}", before.state) };
    let changed = slow_plan("a").replace("exposure: 50%", "exposure: 40%");
    let applied = scene.apply(&changed).await.unwrap();
    let difference = applied.difference.unwrap();
    assert!(difference.lines().any(|line| line.starts_with('-') && line.contains("exposure: 50%")), "{difference}");
    assert!(difference.lines().any(|line| line.starts_with('+') && line.contains("exposure: 40%")), "{difference}");
    let State::Running(is) = &applied.view.state else { panic!("{:?}", applied.view.state) };
    assert_eq!((is.entered, is.attempt, is.step), (was.entered, was.attempt, was.step));
    assert_eq!(applied.view.source.revision, 2);
    let scene = scene.again(std::time::Duration::ZERO).await;
    let view = scene.view("a");
    assert_eq!((view.source.revision, view.plan.waves[1].exposure.ppm()), (2, 400_000));
    scene.ledger_is("a", &["applied", "started", "plan-changed"]).await;
    // And what had begun under the new plan is closed by it like any other.
    scene.tell("a", Verb::Rollback).await.unwrap();
    assert!(!scene.is_open("search"));
}

#[tokio::test]
async fn after_a_closing_only_a_plan_for_the_same_flag_and_variants_is_taken() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&slow_plan("a")).await;
    scene.tell("a", Verb::Rollback).await.unwrap();
    let variants = slow_plan("a").replace(r#"candidate: "on""#, r#"candidate: "new""#);
    for other in [plan_with("a", "other", "30d"), variants] {
        let why = refused(scene.apply(&other).await);
        assert!(why.contains("needs another name"), "{why}");
    }
    assert!(!scene.is_open("search"));
    let wider = slow_plan("a").replace("10%", "20%");
    assert_eq!(scene.apply(&wider).await.unwrap().outcome, Outcome::Updated);
    assert!(!scene.is_open("search"), "a new plan opens nothing by itself");
    scene.tell("a", Verb::Retry).await.unwrap();
    assert!((18..=22).contains(&scene.percent("search")));
}

#[tokio::test]
async fn a_rollout_of_a_file_and_one_of_the_api_do_not_overwrite_each_other() {
    let scene = Scene::new(Place::Memory).await;
    let file = || Origin::File("flags/a.yaml".to_owned());
    scene.apply_from(&slow_plan("a"), file()).await.unwrap();
    let why = refused(scene.apply(&slow_plan("a")).await);
    assert!(why.contains("comes from the file flags/a.yaml"), "{why}");
    scene.apply(&slow_plan("b")).await.unwrap();
    let why = refused(scene.apply_from(&slow_plan("b"), file()).await);
    assert!(why.contains("was applied through the API"), "{why}");

    // A newer plan in the file that cannot take effect is told, until it can or the file is as it was.
    scene.tell("a", Verb::Start).await.unwrap();
    refused(scene.apply_from(&slow_plan("a").replace("10%", "20%"), file()).await);
    assert!(scene.view("a").problems.iter().any(|problem| problem.contains("newer plan")));
    scene.apply_from(&slow_plan("a"), file()).await.unwrap();
    assert_eq!(scene.view("a").problems, [] as [String; 0]);
}

#[tokio::test]
async fn a_store_that_hangs_answers_who_applies_and_holds_up_nobody_else() {
    let scene = Scene::new(Place::Memory).await;
    scene.apply(&slow_plan("a")).await.unwrap();
    scene.mood.set(Mood::Hanging);
    let (new, known) = (plan_with("b", "other", "30d"), slow_plan("a"));
    let (new, known) = tokio::join!(answered(scene.apply(&new)), answered(scene.apply(&known)));
    assert!(matches!(new, Err(ApplyError::Unavailable(_))), "{new:?}");
    assert_eq!(known.unwrap().outcome, Outcome::Unchanged);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_apply_one_rollout_at_once_one_creates_it() {
    let scene = Scene::new(Place::folder()).await;
    let text = slow_plan("a");
    let all = futures_util::future::join_all((0..20).map(|_| scene.apply(&text))).await;
    let outcomes: Vec<_> = all.into_iter().map(|applied| applied.unwrap().outcome).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Created).count(), 1);
    scene.ledger_is("a", &["applied"]).await;
}
