//! A step back is served whatever the store does, and what opens after it is served too.

use crate::refusing::Mood;
use crate::scene::{Place, Scene, eventually, name, quiet_plan, stays};
use crate::script::Says;
use std::time::Duration;
use tidegate::controller::Verb;
use tidegate::rollout::State;
use tidegate::store::Change;
use tidegate::store::journal::NarrowingRecord;

/// Steps back from its second wave where one in five fails. No check is made unless somebody promotes it.
fn stepping_back(rollout: &str) -> String {
    quiet_plan(rollout).replace("name: half,", "name: half, step_back_when: [ error_rate > 20% ],")
}

async fn in_the_second_wave(place: Place) -> Scene {
    let scene = Scene::new(place).await;
    scene.start(&stepping_back("a")).await;
    scene.tell("a", Verb::Promote).await.unwrap();
    assert!((48..=52).contains(&scene.percent("search")));
    scene
}

fn wave(state: &State) -> usize {
    match state {
        State::Running(stage) => stage.wave,
        state => panic!("not in a wave: {state:?}"),
    }
}

/// Another process wrote at the same moment, so that the step back is not stored with it. It counts all the same in the
/// record that is gone on from; what opens next must not be taken for something older.
#[tokio::test]
async fn what_opens_after_a_step_back_that_was_not_stored_is_served() {
    let scene = in_the_second_wave(Place::folder()).await;
    let record = scene.store.rollout(&name("a")).await.unwrap().unwrap();
    let elsewhere = Change {
        rollout: name("a"),
        expected: Some(record.version),
        plan: record.plan,
        state: record.state,
        entries: Vec::new(),
        messages: Vec::new(),
        at: record.updated,
    };
    scene.store.commit(&elsewhere).await.unwrap();
    scene.readings.say("search", Says::Value(0.3));
    drop(scene.tell("a", Verb::Promote).await);
    eventually("fewer to be served", async || (8..=12).contains(&scene.percent("search"))).await;
    eventually("the record to be gone on from", async || scene.view("a").version > record.version).await;
    let back = |state: &State| matches!(state, State::Running(stage) if (stage.wave, stage.returned) == (0, true));
    eventually("the step back to count in it", async || back(&scene.view("a").state)).await;
    stays("the step back", || (8..=12).contains(&scene.percent("search"))).await;

    scene.readings.say("search", Says::Value(0.01));
    scene.tell("a", Verb::Promote).await.unwrap();
    eventually("the second wave to be served", async || (48..=52).contains(&scene.percent("search"))).await;
    scene.ledger_is("a", &["applied", "started", "wave-opened", "stepped-back", "wave-opened"]).await;
    let scene = scene.again(Duration::from_secs(60)).await;
    assert!((48..=52).contains(&scene.percent("search")), "{}", scene.percent("search"));
}

/// Whoever was relieved of a candidate that harms them is not given it again because the process ended.
#[tokio::test]
async fn a_step_back_that_was_not_stored_is_served_again_after_a_crash() {
    let scene = in_the_second_wave(Place::folder()).await;
    scene.readings.say("search", Says::Value(0.3));
    scene.mood.set(Mood::Refusing);
    drop(scene.tell("a", Verb::Promote).await);
    eventually("fewer to be served", async || (8..=12).contains(&scene.percent("search"))).await;
    let recorded = || scene.journal.as_ref().unwrap().narrowings().len();
    eventually("the step back to be on the disk", async || recorded() == 1).await;
    assert_eq!(wave(&scene.stored("a").await), 1, "the store knows nothing of it");

    let scene = scene.again(Duration::from_secs(60)).await;
    assert!((8..=12).contains(&scene.percent("search")), "{}", scene.percent("search"));
    assert!(matches!(&scene.view("a").state, State::Running(stage) if (stage.wave, stage.returned) == (0, true)));
    scene.tell("a", Verb::Pause).await.unwrap();
    scene.ledger_is("a", &["applied", "started", "wave-opened", "stepped-back", "paused"]).await;
    assert_eq!(scene.journal.as_ref().unwrap().narrowings(), [], "the store has it now");

    // What a person opens after that is served, also after another restart.
    scene.tell("a", Verb::Resume).await.unwrap();
    scene.tell("a", Verb::Promote).await.unwrap();
    let scene = scene.again(Duration::from_secs(60)).await;
    assert!((48..=52).contains(&scene.percent("search")));
}

/// A record that was left behind takes nothing back from an exposure that came after it.
#[tokio::test]
async fn a_step_back_that_the_store_knows_of_is_forgotten() {
    let scene = in_the_second_wave(Place::folder()).await;
    let journal = scene.journal.clone().unwrap();
    let old = |attempt: u32, step: u32| NarrowingRecord {
        rollout: name("a"),
        attempt,
        step,
        wave: 0,
        at: scene.clock.now(),
        seen: "error_rate 30% > 20%".to_owned(),
    };
    for record in [old(1, 1), old(2, 7)] {
        journal.append_narrowing(&record).unwrap();
    }
    let scene = scene.again(Duration::from_secs(60)).await;
    assert!((48..=52).contains(&scene.percent("search")));
    assert_eq!(scene.journal.as_ref().unwrap().narrowings(), []);
}
