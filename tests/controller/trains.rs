//! Trains: one after the other on good evidence, all closed with one, and nothing opened that was stopped.

use crate::refusing::Mood;
use crate::scene::{Place, Scene, answered, eventually, name, plan, stays};
use crate::script::Says;
use std::time::Duration;
use tidegate::controller::{ApplyError, CommandError, Outcome, TrainVerb, Verb};
use tidegate::rollout::train::TrainState;
use tidegate::rollout::{Cause, State};

const FLAGS: [&str; 3] = ["search", "other", "third"];

/// Two minutes, which are 0.2 s here, between each.
const TRAIN: &str =
    "kind: Train\nname: train\nwatch: 2m\nrollouts: [ search, { rollout: other, needs: [ search ] }, third ]\n";

/// A rollout of a flag by the flag's name: one wave for a minute, and then watched.
fn member(flag: &str, watch: &str) -> String {
    format!(
        r#"kind: Rollout
name: {flag}
flag: {flag}
candidate: "on"
stable: "off"
metrics: {{ error_rate: {{ provider: outcomes, measure: error_ratio }} }}
always:
  close_when: [ error_rate > 50%, 'alert(severity = "critical")' ]
  hold_when: [ error_rate > 5% ]
waves: [ {{ name: all, exposure: 100%, bake: 1m, every: 1m }} ]
after: {{ watch: {watch}, every: 1m }}
"#
    )
}

async fn with_members(scene: &Scene, watch: &str) {
    for flag in FLAGS {
        scene.apply(&member(flag, watch)).await.unwrap();
    }
}

async fn applied(place: Place) -> Scene {
    let scene = Scene::new(place).await;
    with_members(&scene, "30d").await;
    scene.apply_train(TRAIN).await.unwrap();
    scene
}

/// A train of which everything is open.
async fn arrived(place: Place) -> Scene {
    let scene = applied(place).await;
    scene.tell_train(TrainVerb::Start, &[]).await.unwrap();
    eventually("the train to arrive", async || matches!(state(&scene), TrainState::Completed { .. })).await;
    scene
}

fn state(scene: &Scene) -> TrainState {
    scene.controller.train("train").unwrap().state
}

fn open(scene: &Scene) -> [bool; 3] {
    FLAGS.map(|flag| scene.is_open(flag))
}

async fn stored(scene: &Scene) -> TrainState {
    scene.store.train(&name("train")).await.unwrap().unwrap().state
}

fn refused<T: std::fmt::Debug>(result: Result<T, CommandError>) -> String {
    match result {
        Err(CommandError::Refused(why)) => why,
        other => panic!("{other:?} is no refusal"),
    }
}

#[tokio::test]
async fn each_begins_after_the_one_before_was_watched() {
    for place in Place::both() {
        let scene = arrived(place).await;
        assert_eq!(open(&scene), [true; 3]);
        let rows: Vec<String> = scene.ledger("train").await.into_iter().map(|row| row.entry.sentence).collect();
        let [first, second, third, fourth, fifth, sixth] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!([first.as_str(), second], ["applied by ada", "started by ada: search, other, third"]);
        assert_eq!(third, "search begins");
        assert!(fourth.starts_with("other begins after ") && fourth.ends_with(" of watching search"), "{fourth}");
        assert!(fifth.starts_with("third begins after ") && fifth.ends_with(" of watching other"), "{fifth}");
        assert_eq!(sixth, "completed: all its rollouts are open");
        // Each was under observation for as long as the train says, by its own checks.
        let at = |kind: &str, rows: &[tidegate::store::LedgerRow]| {
            rows.iter().find(|row| row.entry.kind == kind).map(|row| row.at.get()).unwrap()
        };
        for (before, next) in [("search", "other"), ("other", "third")] {
            let watched = at("started", &scene.ledger(next).await) - at("watch-began", &scene.ledger(before).await);
            assert!(watched >= 120_000, "{before} was watched for {watched} ms");
        }
        assert_eq!(scene.ledger("other").await[1].entry.actor, "train train");
    }
}

#[tokio::test]
async fn a_member_that_is_held_holds_the_train() {
    let scene = applied(Place::Memory).await;
    scene.readings.say("search", Says::Value(0.1));
    scene.tell_train(TrainVerb::Start, &[]).await.unwrap();
    eventually("the first to be open", async || scene.is_open("search")).await;
    // Its bake ends, and the next does not begin.
    stays("the first alone", || open(&scene) == [true, false, false]).await;
    scene.readings.say("search", Says::Value(0.01));
    eventually("the second to begin", async || scene.is_open("other")).await;
    scene.readings.say("other", Says::Nothing);
    stays("the two", || !scene.is_open("third")).await;
}

#[tokio::test]
async fn when_one_closes_all_close() {
    for place in Place::both() {
        let scene = arrived(place).await;
        scene.readings.say("other", Says::Value(0.9));
        eventually("all to be closed", async || open(&scene) == [false; 3]).await;
        for flag in ["search", "third"] {
            eventually("the closing to be stored", async || {
                matches!(scene.stored(flag).await, State::RolledBack { cause: Cause::Train { .. }, .. })
            })
            .await;
            let last = scene.ledger(flag).await.pop().unwrap().entry;
            assert!(last.sentence.contains("train train: other closed: error_rate > 50%"), "{}", last.sentence);
        }
        eventually("the train to be stored", async || matches!(stored(&scene).await, TrainState::Stopped { .. })).await;
        let last = scene.ledger("train").await.pop().unwrap().entry;
        assert!(last.sentence.ends_with("; closed: third, other, search"), "{}", last.sentence);

        // The stable ones are opened again, one by one; what failed stays closed.
        scene.readings.say("other", Says::Value(0.01));
        scene.tell_train(TrainVerb::Reenable, &[]).await.unwrap();
        eventually("the first to be open", async || scene.is_open("search")).await;
        assert!(!scene.is_open("third"), "they come one by one");
        eventually("the third to be open", async || scene.is_open("third")).await;
        eventually("the end", async || matches!(state(&scene), TrainState::Completed { .. })).await;
        assert!(!scene.is_open("other"));
        let last = scene.ledger("train").await.pop().unwrap().entry;
        assert_eq!(last.sentence, "completed without other");
    }
}

/// An alert closes its flag although its task waits for the store; the others do not wait for that either.
#[tokio::test]
async fn all_close_at_once_while_the_store_hangs_and_stay_closed() {
    let scene = arrived(Place::folder()).await;
    scene.mood.set(Mood::Hanging);
    let (controller, alert) = (scene.controller.clone(), crate::scene::critical("f"));
    let told = tokio::spawn(async move { controller.alert(&[alert], &[]).await });
    eventually("all to be closed", async || open(&scene) == [false; 3]).await;
    assert!(answered(told).await.unwrap().unwrap().closed.contains(&name("search")), "the local record has it");
    scene.mood.set(Mood::Willing);
    eventually("the train to be stored", async || matches!(stored(&scene).await, TrainState::Stopped { .. })).await;
    scene.ledger_is("third", &["applied", "started", "watch-began", "closed"]).await;
}

#[tokio::test]
async fn a_person_closes_all_with_the_store_away_and_is_answered_when_that_is_durable() {
    let scene = arrived(Place::folder()).await;
    scene.mood.set(Mood::Refusing);
    answered(scene.tell_train(TrainVerb::Rollback, &[])).await.unwrap();
    assert_eq!(open(&scene), [false; 3]);
    // Nothing but the local record knows: the process ends here.
    let scene = scene.again(Duration::from_secs(3_600)).await;
    assert_eq!(open(&scene), [false; 3]);
    eventually("the train to be stored", async || matches!(stored(&scene).await, TrainState::Stopped { .. })).await;
    let TrainState::Stopped { culprits, because, .. } = stored(&scene).await else { panic!("not as it was made") };
    assert!(culprits.is_empty() && because == "rolled back by ada", "{culprits:?} {because}");
}

/// The process ends between the closing of one and that of the others.
#[tokio::test]
async fn what_must_close_with_another_is_closed_before_anything_is_served_again() {
    let scene = arrived(Place::folder()).await;
    let before = scene.stored("third").await;
    let train = scene.store.train(&name("train")).await.unwrap().unwrap();
    scene.tell("other", Verb::Rollback).await.unwrap();
    eventually("all to be closed", async || matches!(scene.stored("third").await, State::RolledBack { .. })).await;
    eventually("the train to be stored", async || matches!(stored(&scene).await, TrainState::Stopped { .. })).await;
    let place = scene.end().await;
    // As if it had ended right after the first.
    let Place::Folder(folder) = &place else { panic!("not as it was made") };
    let store = tidegate::store::sqlite::open(folder.path()).await.unwrap();
    crate::scene::put_back(&store, "third", before).await;
    crate::scene::put_train_back(&store, train.state).await;
    store.close().await;
    drop(store);
    let scene = Scene::new(place).await;
    assert_eq!(open(&scene), [false; 3], "served closed as soon as anything is");
    eventually("it to be stored", async || matches!(scene.stored("third").await, State::RolledBack { .. })).await;
    let TrainState::Stopped { culprits, .. } = state(&scene) else { panic!("{:?}", state(&scene)) };
    assert_eq!(culprits.into_iter().collect::<Vec<_>>(), [name("other")]);
}

/// A part is closed and all else stays.
#[tokio::test]
async fn a_part_is_rolled_back_and_opened_again() {
    let scene = arrived(Place::Memory).await;
    assert_eq!(refused(scene.tell_train(TrainVerb::Rollback, &["nobody"]).await), "train has no rollout nobody");
    assert!(refused(scene.tell_train(TrainVerb::Pause, &["other"]).await).contains("for the whole train"));
    scene.tell_train(TrainVerb::Rollback, &["other"]).await.unwrap();
    assert_eq!(open(&scene), [true, false, true]);
    stays("the others", || open(&scene) == [true, false, true]).await;
    scene.tell_train(TrainVerb::Reenable, &["other"]).await.unwrap();
    eventually("it to be open again", async || open(&scene) == [true; 3]).await;
}

/// It is being stored that a member begins when its train is closed: it is never served.
#[tokio::test]
async fn what_begins_while_its_train_is_closed_is_never_served() {
    for place in Place::both() {
        let scene = applied(place).await;
        scene.tell_train(TrainVerb::Start, &[]).await.unwrap();
        eventually("the second to be told", async || {
            matches!(state(&scene), TrainState::Running(run) if run.ride(&name("other")).is_some_and(
                |ride| matches!(ride, tidegate::rollout::train::Ride::Begun(_))
            ))
        })
        .await;
        scene.mood.set(Mood::Hanging);
        let controller = scene.controller.clone();
        let told = tokio::spawn(async move {
            let all = std::collections::BTreeSet::new();
            controller.command_train(&name("train"), TrainVerb::Rollback, "ada".to_owned(), None, all).await
        });
        eventually("the first to be closed", async || !scene.is_open("search")).await;
        scene.mood.set(Mood::Willing);
        answered(told).await.unwrap().unwrap();
        stays("everything closed", || open(&scene) == [false; 3]).await;
        eventually("the second to be over", async || {
            matches!(scene.stored("other").await, State::RolledBack { .. } | State::Pending { .. })
        })
        .await;
    }
}

#[tokio::test]
async fn with_every_answer_lost_each_member_begins_once() {
    let scene = applied(Place::folder()).await;
    scene.mood.set(Mood::Forgetful);
    drop(scene.tell_train(TrainVerb::Start, &[]).await);
    eventually("the train to arrive", async || matches!(state(&scene), TrainState::Completed { .. })).await;
    for flag in FLAGS {
        let started = scene.kinds(flag).await.into_iter().filter(|kind| kind == "started").count();
        assert_eq!((flag, started), (flag, 1));
    }
    let kinds = scene.kinds("train").await;
    let expected = ["applied", "train-started", "member-begins", "member-begins", "member-begins", "train-completed"];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn a_pause_keeps_the_next_from_beginning_and_what_is_in_its_waves_from_going_on() {
    let scene = applied(Place::Memory).await;
    scene.tell_train(TrainVerb::Start, &[]).await.unwrap();
    eventually("the first to begin", async || scene.is_open("search")).await;
    scene.tell_train(TrainVerb::Pause, &[]).await.unwrap();
    stays("the first alone", || open(&scene) == [true, false, false]).await;
    eventually("the first to stand still, too", async || {
        matches!(scene.view("search").state, State::Paused { .. } | State::Watching(_))
    })
    .await;
    scene.tell_train(TrainVerb::Resume, &[]).await.unwrap();
    eventually("all to be open", async || open(&scene) == [true; 3]).await;
}

#[tokio::test]
async fn only_its_train_begins_a_member() {
    let scene = applied(Place::Memory).await;
    let why = refused(scene.tell("other", Verb::Start).await);
    assert_eq!(why, "other rides in the train train, which begins it: `train start train`");
    scene.tell_train(TrainVerb::Start, &[]).await.unwrap();
    eventually("the first to begin", async || scene.is_open("search")).await;
    scene.tell("search", Verb::Rollback).await.unwrap();
    assert!(refused(scene.tell("search", Verb::Retry).await).contains("`train retry train`"));
    eventually("the train to stop", async || matches!(state(&scene), TrainState::Stopped { .. })).await;
    assert!(refused(scene.tell_train(TrainVerb::Start, &[]).await).contains("use `reenable` or `retry`"));
    let (nothing, all) = (name("nothing"), std::collections::BTreeSet::new());
    let missing = scene.controller.command_train(&nothing, TrainVerb::Start, "ada".to_owned(), None, all);
    assert_eq!(refused(missing.await), "there is no train `nothing`");
}

/// After an outage the next begins on a check of now, not on what was seen before.
#[tokio::test]
async fn after_a_restart_the_next_begins_only_after_a_fresh_check() {
    let scene = applied(Place::folder()).await;
    scene.tell_train(TrainVerb::Start, &[]).await.unwrap();
    eventually("the first to be watched", async || matches!(scene.stored("search").await, State::Watching(_))).await;
    let asked_before = scene.readings.asked();
    assert!(asked_before > 0);
    let place = scene.end().await;
    let clock = tidegate::clock::Clock::compressed(crate::scene::ORIGIN_CLOCK.plus(Duration::from_secs(86_400)), 600);
    let scene = Scene::with_clock(place, clock).await;
    scene.readings.say("search", Says::Value(0.1));
    stays("the first alone", || open(&scene) == [true, false, false]).await;
    scene.readings.say("search", Says::Value(0.01));
    eventually("the second to begin", async || scene.is_open("other")).await;
}

#[tokio::test]
async fn a_task_that_breaks_down_is_taken_up_again() {
    let scene = arrived(Place::Memory).await;
    let controller = scene.controller.clone();
    let third = [name("third")].into();
    scene.mood.set(Mood::Faulty);
    let told = tokio::spawn(async move {
        controller.command_train(&name("train"), TrainVerb::Rollback, "ada".to_owned(), None, third).await
    });
    eventually("it to be closed", async || !scene.is_open("third")).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    scene.mood.set(Mood::Willing);
    answered(told).await.unwrap().unwrap();
    assert!(matches!(scene.stored("third").await, State::RolledBack { .. }), "it is answered when it is durable");
    eventually("the train to be stopped", async || matches!(stored(&scene).await, TrainState::Stopped { .. })).await;
    eventually("it to be opened again", async || scene.tell_train(TrainVerb::Reenable, &["third"]).await.is_ok()).await;
    eventually("it to be open again", async || scene.is_open("third")).await;
}

#[tokio::test]
async fn a_train_must_agree_with_its_rollouts() {
    let scene = Scene::new(Place::Memory).await;
    let told = async |plan: &str| match scene.apply_train(plan).await {
        Err(ApplyError::Refused(why)) => why,
        other => panic!("{other:?} is no refusal"),
    };
    assert_eq!(told(TRAIN).await, "there is no rollout search: apply it before its train");
    with_members(&scene, "1m").await;
    assert_eq!(told(TRAIN).await, "the train watches search for 2m, and its own `after.watch` ends after 1m");
    with_members(&scene, "2m").await;
    scene.apply(&plan("unwatched")).await.unwrap();
    let unwatched = "kind: Train\nname: t\nrollouts: [ unwatched, other ]\n";
    assert!(told(unwatched).await.starts_with("nobody would watch unwatched once it is open"));
    assert!(told(&TRAIN.replace("name: train", "name: other")).await.starts_with("there is a rollout other already"));
    let elsewhere = TRAIN.replace("name: train", "name: train\nenvironment: staging");
    assert_eq!(told(&elsewhere).await, "search belongs to the environment default, and the train to staging");
    let same = TRAIN.replace("name: train", "name: train\ncohorts: same");
    assert!(told(&same).await.starts_with("search and other do not have the same cohorts: their salts are"));
    let disjoint = TRAIN.replace("name: train", "name: train\ncohorts: disjoint");
    assert!(told(&disjoint).await.starts_with("search and other can have users in common"));
    scene.apply(&member("twin", "2m").replace("flag: twin", "flag: search")).await.unwrap();
    let twins = "kind: Train\nname: t\nwatch: 2m\nrollouts: [ search, twin ]\n";
    assert_eq!(told(twins).await, "search and twin drive the same flag search");

    assert_eq!(scene.apply_train(TRAIN).await.unwrap().outcome, Outcome::Created);
    assert_eq!(scene.apply_train(TRAIN).await.unwrap().outcome, Outcome::Unchanged);
    let second = "kind: Train\nname: t\nwatch: 2m\nrollouts: [ third, other ]\n";
    assert_eq!(told(second).await, "third rides in the train train already");
    let refused_rollout = scene.apply(&plan("train")).await;
    assert!(matches!(&refused_rollout, Err(ApplyError::Refused(why)) if why.contains("train")), "{refused_rollout:?}");

    // Its own plan can change, and not under way.
    let longer = TRAIN.replace("watch: 2m", "watch: 90s");
    let changed = scene.apply_train(&longer).await.unwrap();
    assert_eq!((changed.outcome, changed.view.train.members[0].watch), (Outcome::Updated, Duration::from_secs(90)));
    assert!(changed.difference.is_some_and(|difference| difference.contains("+watch: 90s")));
    scene.tell_train(TrainVerb::Start, &[]).await.unwrap();
    assert!(told(TRAIN).await.ends_with("its plan cannot change under way"));
    assert!(matches!(scene.apply_train(&longer).await, Ok(same) if same.outcome == Outcome::Unchanged));
}

/// Another member closes while one begins that need not close with it: that one is neither served nor left half open.
#[tokio::test]
async fn what_begins_while_its_train_stops_for_another_is_over_too() {
    let scene = Scene::new(Place::folder()).await;
    with_members(&scene, "30d").await;
    // It measures before it begins, and that takes a while.
    let measures = member("other", "30d").replace("hold_when: [", "hold_when: [ error_rate > baseline + 500%,");
    scene.apply(&measures.replace("metrics:", "baseline: 5m\nmetrics:")).await.unwrap();
    scene.readings.hold_next_of("other");
    let train = TRAIN.replace("watch: 2m", "watch: 2m\nrollback: dependents");
    scene.apply_train(&train.replace("{ rollout: other, needs: [ search ] }", "other")).await.unwrap();
    scene.tell_train(TrainVerb::Start, &[]).await.unwrap();
    eventually("the second to measure", async || scene.readings.held() == 1).await;
    scene.mood.set(Mood::Hanging);
    scene.readings.release();
    let (controller, alert) = (scene.controller.clone(), crate::scene::critical("f"));
    let told = tokio::spawn(async move { controller.alert(&[alert], &[]).await });
    eventually("the first to be closed", async || !scene.is_open("search")).await;
    scene.mood.set(Mood::Willing);
    answered(told).await.unwrap().unwrap();
    eventually("the train to be stored", async || matches!(stored(&scene).await, TrainState::Stopped { .. })).await;
    stays("everything closed", || open(&scene) == [false; 3]).await;
    let over = matches!(scene.stored("other").await, State::RolledBack { .. } | State::Pending { .. });
    assert!(over, "{:?}", scene.stored("other").await);
    let scene = scene.again(Duration::from_secs(60)).await;
    stays("everything closed", || open(&scene) == [false; 3]).await;
}

#[tokio::test]
async fn everybody_who_rolls_back_is_answered() {
    let scene = arrived(Place::folder()).await;
    scene.mood.set(Mood::Hanging);
    let tell = || {
        let controller = scene.controller.clone();
        let all = std::collections::BTreeSet::new();
        tokio::spawn(async move {
            controller.command_train(&name("train"), TrainVerb::Rollback, "ada".to_owned(), None, all).await
        })
    };
    let told = [tell(), tell(), tell()];
    eventually("all to be closed", async || open(&scene) == [false; 3]).await;
    scene.mood.set(Mood::Willing);
    for one in told {
        answered(one).await.unwrap().unwrap();
    }
    assert_eq!(scene.kinds("train").await.iter().filter(|kind| *kind == "train-stopped").count(), 1);
}

/// A plan that names a time would open out of turn.
#[tokio::test]
async fn a_member_with_a_start_of_its_own_waits_for_its_train() {
    let scene = applied(Place::Memory).await;
    let at = scene.clock.now().plus(Duration::from_secs(60)).get() / 1_000;
    let moment = chrono::DateTime::from_timestamp(at, 0).unwrap().to_rfc3339();
    scene.apply(&member("third", "30d").replace("waves:", &format!("start: {moment}\nwaves:"))).await.unwrap();
    stays("nothing begun", || open(&scene) == [false; 3]).await;
    assert!(scene.view("third").reason.contains("rides in the train train"), "{}", scene.view("third").reason);
    assert!(refused(scene.tell_train(TrainVerb::Start, &[]).await).contains("has a `start` of its own"));
}

/// A pause is heard although the store did not take it at first, and what cannot begin is not told without a break.
#[tokio::test]
async fn a_train_that_waits_takes_no_turns() {
    let scene = applied(Place::Memory).await;
    scene.define("flags:\n  other: { state: ENABLED, variants: { \"on\": true }, defaultVariant: \"on\" }\n");
    scene.tell_train(TrainVerb::Start, &[]).await.unwrap();
    eventually("the first to be refused", async || {
        scene.controller.train("train").unwrap().reason.contains("has not begun")
    })
    .await;
    scene.tell_train(TrainVerb::Pause, &[]).await.unwrap();
    let before = *scene.controller.changes().borrow();
    tokio::time::sleep(Duration::from_millis(400)).await;
    let turns = *scene.controller.changes().borrow() - before;
    assert!(turns < 50, "{turns} turns in 400 ms, with nothing to do");
}
