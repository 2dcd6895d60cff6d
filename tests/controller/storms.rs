//! Alerts by the thousand, all at once.

use crate::refusing::Mood;
use crate::scene::{Place, Scene, alert, critical, eventually, name, quiet_plan, slow_plan, stays, warning};
use crate::script::Says;
use std::sync::Arc;
use tidegate::analysis::Alert;
use tidegate::controller::{AlertAnswer, Verb};
use tidegate::rollout::State;
use tokio::task::JoinSet;

const TASKS: usize = 8;
const EACH: usize = 125;

/// Sends alerts from several tasks at once, each alert as a request of its own; all must be answered.
async fn storm(scene: &Scene, make: impl Fn(usize) -> Alert + Send + Sync + 'static) -> Vec<AlertAnswer> {
    let make = Arc::new(make);
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (controller, make) = (scene.controller.clone(), Arc::clone(&make));
        tasks.spawn(async move {
            let sent = (0..EACH).map(|number| {
                let (controller, alert) = (controller.clone(), make(task * EACH + number));
                tokio::spawn(async move { controller.alert(&[alert], &[]).await.unwrap() })
            });
            futures_util::future::join_all(sent.collect::<Vec<_>>()).await
        });
    }
    tasks.join_all().await.into_iter().flatten().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_alerts_close_once_and_all_are_answered() {
    for place in Place::both() {
        let scene = Scene::new(place).await;
        scene.start(&slow_plan("a")).await;
        // Half of them repeat one alert, the others are all different.
        let answers = storm(&scene, |n| critical(&format!("f{}", if n % 2 == 0 { 0 } else { n }))).await;
        assert_eq!(answers.len(), TASKS * EACH);
        let closed = |answer: &AlertAnswer| answer.closed == [name("a")] || answer.already_closed == [name("a")];
        assert!(answers.iter().all(closed));
        assert!(!scene.is_open("search"));
        scene.ledger_is("a", &["applied", "started", "closed"]).await;
        let version = scene.view("a").version;

        let resolved: Vec<_> = (0..TASKS * EACH).map(|n| critical(&format!("f{n}"))).collect();
        scene.controller.alert(&[], &resolved).await.unwrap();
        stays("the closing", || !scene.is_open("search")).await;
        scene.ledger_is("a", &["applied", "started", "closed"]).await;
        assert_eq!(scene.view("a").version, version, "nothing was written for what changed nothing");
        assert_eq!(scene.observed("tidegate_rollback_seconds"), 1);
    }
}

/// The same while the store is away: all wait, none is lost, and the closing is written once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_alerts_while_the_store_hangs_are_all_answered_when_it_is_back() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&slow_plan("a")).await;
    scene.mood.set(Mood::Hanging);
    let mood = scene.mood.clone();
    let live = Arc::clone(&scene.live);
    let back = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let generation = live.load().snapshot().generation();
        mood.set(Mood::Willing);
        generation
    });
    let answers = storm(&scene, |n| critical(&format!("f{n}"))).await;
    assert_eq!(answers.len(), TASKS * EACH);
    let closed_in = back.await.unwrap();
    assert_eq!(scene.live.load().snapshot().generation(), closed_in, "it was closed before the store was back");
    assert!(!scene.is_open("search"));
    scene.ledger_is("a", &["applied", "started", "closed"]).await;
}

/// Alerts that only hold: each is remembered, and a thousand of them are not a thousand writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_alerts_that_do_not_close_hold_and_keep_no_guardrail_waiting() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&slow_plan("a")).await;
    let version = scene.view("a").version;
    let answers = storm(&scene, |n| warning(&format!("f{n}"))).await;
    assert!(answers.iter().all(|answer| answer.concerned == [name("a")]));
    eventually("the hold to be seen", async || scene.kinds("a").await.contains(&"held".to_owned())).await;
    let written = scene.view("a").version - version;
    assert!(written < 300, "{written} writes for a thousand alerts");
    let State::Running(stage) = scene.stored("a").await else { panic!("it does not run") };
    assert!(stage.firing.len() <= 256 && stage.firing.len() > 100, "{} are remembered", stage.firing.len());
    scene.readings.say("search", Says::Value(0.9));
    eventually("the guardrail to close", async || !scene.is_open("search")).await;
}

/// A storm that does not end must not keep the metrics from being looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metrics_are_checked_while_alerts_come_without_end() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&slow_plan("a")).await;
    let mut senders = JoinSet::new();
    for task in 0..TASKS {
        let controller = scene.controller.clone();
        senders.spawn(async move {
            loop {
                for number in 0..200 {
                    let alert = warning(&format!("{task}-{number}"));
                    let known = std::slice::from_ref(&alert);
                    if controller.alert(known, &[]).await.is_err() || controller.alert(&[], known).await.is_err() {
                        return;
                    }
                }
            }
        });
    }
    scene.readings.say("search", Says::Value(0.9));
    eventually("the guardrail to close", async || !scene.is_open("search")).await;
    senders.shutdown().await;
}

/// What an alert says last counts, however the two overtake each other on their way.
#[tokio::test]
async fn resolved_and_firing_are_taken_in_the_order_in_which_they_came() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&quiet_plan("a")).await;
    scene.controller.alert(&[warning("w")], &[]).await.unwrap();
    scene.mood.set(Mood::Hanging);
    let paused = scene.tell_later("a", Verb::Pause);
    eventually("the commit to hang", async || scene.mood.hanging() == 1).await;
    let controller = scene.controller.clone();
    let resolved = tokio::spawn(async move { controller.alert(&[], &[warning("w")]).await });
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let controller = scene.controller.clone();
    let fires = tokio::spawn(async move { controller.alert(&[warning("w")], &[]).await });
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    scene.mood.set(Mood::Willing);
    paused.await.unwrap().unwrap();
    resolved.await.unwrap().unwrap();
    fires.await.unwrap().unwrap();
    let State::Paused { stage, .. } = scene.stored("a").await else { panic!("it is not paused") };
    assert!(stage.firing.contains_key("w"), "it fires");
}

/// Alerts that are not its business change nothing, and an alert that names only this one closes no other.
#[tokio::test]
async fn an_alert_closes_only_what_it_names() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&slow_plan("a")).await;
    scene.start(&crate::scene::plan_with("b", "other", "30d")).await;
    let named = alert("1", &[("alertname", "Down"), ("severity", "critical"), ("rollout", "b")]);
    let answer = scene.controller.alert(&[named], &[]).await.unwrap();
    assert_eq!(answer, AlertAnswer { closed: vec![name("b")], ..AlertAnswer::default() });
    assert!(scene.is_open("search") && !scene.is_open("other"));
    let general = alert("2", &[("alertname", "Down"), ("severity", "critical")]);
    let answer = scene.controller.alert(&[general], &[]).await.unwrap();
    assert_eq!((answer.closed, answer.already_closed), (vec![name("a")], vec![name("b")]));
}

/// One notification can carry thousands of alerts. What closes must not stand behind what only holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_one_alert_that_closes_is_found_behind_ten_thousand_that_do_not() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&quiet_plan("a")).await;
    let mut alerts: Vec<_> = (0..9_999).map(|n| warning(&format!("w{n}"))).collect();
    alerts.push(critical("the one"));
    let answer = scene.controller.alert(&alerts, &[]).await.unwrap();
    assert_eq!((answer.closed, answer.concerned), (vec![name("a")], Vec::new()));
    assert!(!scene.is_open("search"));
    let State::RolledBack { cause, .. } = scene.stored("a").await else { panic!("it is not closed") };
    assert!(cause.to_string().contains("SearchDown"), "{cause}");
}

/// What fires already is a reason not to begin, also where it fired before there was anything to close.
#[tokio::test]
async fn nothing_begins_against_an_alert_that_fires() {
    let scene = Scene::new(Place::folder()).await;
    scene.apply(&quiet_plan("a")).await.unwrap();
    let answer = scene.controller.alert(&[critical("f")], &[]).await.unwrap();
    assert_eq!(answer, AlertAnswer::default(), "there is nothing to close yet");
    let refused = scene.tell("a", Verb::Start).await.unwrap_err().to_string();
    assert!(refused.contains("cannot begin: alert SearchDown fires"), "{refused}");
    assert!(!scene.is_open("search"));
    scene.controller.alert(&[], &[critical("f")]).await.unwrap();
    scene.tell("a", Verb::Start).await.unwrap();

    // The alert that closed it still fires when somebody wants to try again.
    scene.controller.alert(&[critical("g")], &[]).await.unwrap();
    let refused = scene.tell("a", Verb::Retry).await.unwrap_err().to_string();
    assert!(refused.contains("cannot begin: alert SearchDown fires"), "{refused}");
    scene.controller.alert(&[], &[critical("g")]).await.unwrap();
    scene.tell("a", Verb::Retry).await.unwrap();
    assert!(scene.is_open("search"));
}
