//! Checks: whose evidence counts, and what happens when there is none.

use crate::refusing::Mood;
use crate::scene::{ORIGIN_CLOCK, Place, Scene, eventually, plan_with, slow_plan, stays};
use crate::script::Says;
use std::time::Duration;
use tidegate::clock::Clock;
use tidegate::controller::{Verb, View};
use tidegate::rollout::{Cause, State};

const WITHOUT_CANDIDATE: &str = r#"flags:
  search: { state: ENABLED, variants: { "new": true, "off": false }, defaultVariant: "off" }
"#;

const WITHOUT_FLAG: &str = r#"flags:
  elsewhere: { state: ENABLED, variants: { "on": true, "off": false }, defaultVariant: "off" }
"#;

const WHOLE: &str = r#"flags:
  search: { state: ENABLED, variants: { "on": true, "off": false }, defaultVariant: "off" }
"#;

fn waits(view: &View) -> String {
    view.waits.iter().map(|wait| format!("[{}] {wait} ", wait.kind())).collect()
}

/// What was measured while 10 % had the candidate says nothing of the wave with 50 %.
#[tokio::test]
async fn a_check_that_began_before_a_wave_does_not_count_for_it() {
    let scene = Scene::new(Place::Memory).await;
    let text = slow_plan("a").replace("name: half,", "name: half, close_when: [ error_rate > 20% ],");
    scene.start(&text).await;
    scene.readings.say("search", Says::Value(0.3));
    scene.readings.hold_next();
    eventually("a check to be under way", async || scene.readings.held() == 1).await;
    scene.readings.say("search", Says::Value(0.01));
    scene.tell("a", Verb::Promote).await.unwrap();
    scene.readings.release();
    stays("the second wave", || scene.percent("search") > 40).await;
    let readings = scene.view("a").readings;
    assert_eq!(readings[0].shown, "1%", "the wave is checked with what is measured in it");
    scene.ledger_is("a", &["applied", "started", "wave-opened"]).await;
}

/// Nor does it for an attempt that began since.
#[tokio::test]
async fn a_check_that_began_before_a_retry_does_not_close_it() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&slow_plan("a")).await;
    scene.readings.say("search", Says::Value(0.9));
    scene.readings.hold_next();
    eventually("a check to be under way", async || scene.readings.held() == 1).await;
    scene.readings.say("search", Says::Value(0.01));
    scene.tell("a", Verb::Rollback).await.unwrap();
    scene.tell("a", Verb::Retry).await.unwrap();
    scene.readings.release();
    stays("the second attempt", || scene.is_open("search")).await;
    scene.ledger_is("a", &["applied", "started", "closed", "started"]).await;
}

/// Nor does what was asked for by the plan that it had before.
#[tokio::test]
async fn a_check_that_began_before_a_new_plan_does_not_count_under_it() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&slow_plan("a")).await;
    scene.readings.say("search", Says::Value(0.9));
    scene.readings.hold_next();
    eventually("a check to be under way", async || scene.readings.held() == 1).await;
    scene.readings.say("search", Says::Value(0.01));
    scene.apply(&slow_plan("a").replace("exposure: 50%", "exposure: 40%")).await.unwrap();
    scene.readings.release();
    stays("the first wave", || scene.is_open("search")).await;
    assert_eq!(scene.view("a").readings[0].shown, "1%", "it is checked anew");
    scene.ledger_is("a", &["applied", "started", "plan-changed"]).await;
}

#[tokio::test]
async fn a_lasting_condition_runs_out_while_the_store_is_away() {
    for place in Place::both() {
        let scene = Scene::new(place).await;
        let text = slow_plan("a").replace("error_rate > 50%", "error_rate > 50% for 3m");
        scene.start(&text).await;
        scene.mood.set(Mood::Refusing);
        scene.readings.say("search", Says::Value(0.6));
        eventually("the hold to be seen", async || waits(&scene.view("a")).contains("of 3m")).await;
        eventually("the candidate to be gone", async || !scene.is_open("search")).await;
        scene.mood.set(Mood::Willing);
        eventually("the closing to be stored", async || {
            matches!(scene.stored("a").await, State::RolledBack { cause: Cause::Metric { .. }, .. })
        })
        .await;
        assert_eq!(scene.kinds("a").await.iter().filter(|kind| *kind == "closed").count(), 1);
    }
}

/// The shortest check interval there is, and a store that hangs through all of them: each check costs
/// the lane its patience with the store, and still counts as one that watched without a gap.
#[tokio::test]
async fn a_lasting_condition_runs_out_while_the_store_hangs_between_the_shortest_checks() {
    let scene = Scene::with_clock(Place::Memory, Clock::compressed(ORIGIN_CLOCK, 1)).await;
    let text = slow_plan("a").replace("every: 1m", "every: 1s").replace("error_rate > 50%", "error_rate > 50% for 10s");
    scene.start(&text).await;
    scene.mood.set(Mood::Hanging);
    scene.readings.say("search", Says::Value(0.6));
    // From here on time passes by itself whenever everybody waits.
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    while scene.is_open("search") {
        assert!(began.elapsed() < Duration::from_secs(30), "it never runs out");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(began.elapsed() >= Duration::from_secs(9), "it lasted");
}

#[tokio::test]
async fn no_data_holds_and_a_provider_that_breaks_down_takes_nothing_with_it() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&plan_with("a", "search", "2m")).await;
    for (says, reason) in [(Says::Nothing, "told so by the test"), (Says::Breaks, "the provider broke down")] {
        scene.readings.say("search", says);
        eventually("the reason to be shown", async || waits(&scene.view("a")).contains(reason)).await;
        stays("the first wave", || (8..=12).contains(&scene.percent("search"))).await;
    }
    scene.readings.say("search", Says::Value(0.01));
    eventually("everybody to be served", async || scene.percent("search") == 100).await;
}

#[tokio::test]
async fn a_flag_that_goes_or_loses_its_candidate_holds_until_it_is_back() {
    for (broken, reason) in [(WITHOUT_CANDIDATE, "no variant `on`"), (WITHOUT_FLAG, "is not defined")] {
        let scene = Scene::new(Place::Memory).await;
        scene.start(&plan_with("a", "search", "2m")).await;
        let tenth = scene.served("search");
        scene.define(broken);
        eventually("the reason to be shown", async || {
            let view = scene.view("a");
            waits(&view).contains(reason) && view.problems.iter().any(|problem| problem.contains(reason))
        })
        .await;
        let held = waits(&scene.view("a"));
        assert!(held.contains("[flag]"), "{held}");
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(matches!(&scene.view("a").state, State::Running(stage) if stage.wave == 0), "{reason}: it stays");
        scene.define(WHOLE);
        assert_eq!(scene.served("search"), tenth, "{reason}: the same users as before");
        eventually("everybody to be served", async || scene.percent("search") == 100).await;
        assert!(scene.kinds("a").await.contains(&"held".to_owned()));
    }
}

#[tokio::test]
async fn a_flag_that_is_gone_can_be_closed_and_comes_back_closed() {
    for broken in [WITHOUT_CANDIDATE, WITHOUT_FLAG] {
        let scene = Scene::new(Place::Memory).await;
        scene.start(&slow_plan("a")).await;
        scene.define(broken);
        scene.tell("a", Verb::Rollback).await.unwrap();
        scene.define(WHOLE);
        assert!(!scene.is_open("search"));
        scene.ledger_is("a", &["applied", "started", "closed"]).await;
    }
}

#[tokio::test]
async fn a_start_on_a_flag_that_cannot_carry_it_is_refused_with_the_reason() {
    let scene = Scene::new(Place::Memory).await;
    scene.apply(&slow_plan("a")).await.unwrap();
    scene.define(WITHOUT_CANDIDATE);
    let refused = scene.tell("a", Verb::Start).await.unwrap_err().to_string();
    assert!(refused.contains("a cannot begin") && refused.contains("no variant `on`"), "{refused}");
}
