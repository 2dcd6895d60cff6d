//! Posted events: each is counted once and never lost after it was acknowledged, whatever the store does.

use crate::refusing::Mood;
use crate::scene::{Place, Scene, answered, eventually, name, quiet_plan, stays, while_in};
use futures_util::future::join_all;
use std::time::Duration;
use tidegate::controller::{Addressee, CommandError, PostAnswer, Posting, Verb};
use tidegate::rollout::{PostedEvent, State};
use tokio::task::JoinHandle;

/// Closes when more than `bound` escalations were reported in the attempt.
fn counting(rollout: &str, bound: u32) -> String {
    quiet_plan(rollout)
        .replace("metrics:", "metrics:\n  escalations: { provider: events, event: escalation, since: start }")
        .replace("error_rate > 50%", &format!("error_rate > 50%, escalations > {bound}"))
}

fn escalation(id: &str) -> Posting {
    let event = PostedEvent { name: "escalation".to_owned(), id: id.to_owned(), count: 1 };
    Posting { event, to: Addressee::All, environment: None, message: None }
}

async fn post(scene: &Scene, id: &str) -> Result<PostAnswer, CommandError> {
    answered(scene.controller.post(&[escalation(id)])).await
}

fn post_later(scene: &Scene, id: &str) -> JoinHandle<Result<PostAnswer, CommandError>> {
    let (controller, posting) = (scene.controller.clone(), escalation(id));
    tokio::spawn(async move { controller.post(&[posting]).await })
}

/// Sends it again until it is acknowledged, as a sender does.
async fn post_until_taken(scene: &Scene, posting: &[Posting]) -> PostAnswer {
    let mut answer = None;
    eventually("the event to be taken", async || {
        answer = answered(scene.controller.post(posting)).await.ok();
        answer.is_some()
    })
    .await;
    answer.unwrap()
}

fn total(state: &State) -> u64 {
    match state {
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => {
            stage.memory.events.get("escalation").map_or(0, |posted| posted.total)
        }
        state => panic!("nothing is counted in {state:?}"),
    }
}

#[tokio::test]
async fn the_third_of_three_closes_and_what_comes_after_it_is_told_so() {
    for place in Place::both() {
        let scene = Scene::new(place).await;
        scene.start(&counting("a", 2)).await;
        let counted = PostAnswer { counted: [name("a")].into(), ..PostAnswer::default() };
        let repeated = PostAnswer { repeated: [name("a")].into(), ..PostAnswer::default() };
        assert_eq!(post(&scene, "1").await.unwrap(), counted);
        assert_eq!(post(&scene, "1").await.unwrap(), repeated);
        assert_eq!(post(&scene, "2").await.unwrap(), counted);
        assert_eq!(total(&scene.stored("a").await), 2, "acknowledged is stored");
        let shown = scene.view("a").readings;
        assert!(
            shown.iter().any(|reading| reading.metric.as_str() == "escalations" && reading.shown == "2"),
            "{shown:?}"
        );
        assert!(scene.is_open("search"));

        let third = Posting { message: Some("wrong totals".to_owned()), ..escalation("3") };
        let closed = answered(scene.controller.post(&[third])).await.unwrap();
        assert_eq!(closed, PostAnswer { closed: [name("a")].into(), ..PostAnswer::default() });
        assert!(!scene.is_open("search"));
        scene.ledger_is("a", &["applied", "started", "closed"]).await;
        let sentence = scene.ledger("a").await.pop().unwrap().entry.sentence;
        assert!(sentence.contains("escalations > 2") && sentence.contains("reported as 3: wrong totals"), "{sentence}");
        for id in ["3", "4"] {
            let after = post(&scene, id).await.unwrap();
            assert_eq!(after, PostAnswer { already_closed: [name("a")].into(), ..PostAnswer::default() });
        }
        assert_eq!(scene.observed("tidegate_rollback_seconds"), 1);
    }
}

#[tokio::test]
async fn who_does_not_count_it_is_not_told_and_the_sender_is() {
    let scene = Scene::new(Place::Memory).await;
    scene.apply(&counting("a", 2)).await.unwrap();
    let why = |answer: PostAnswer| (answer.counted.len(), answer.not_counted.first().map(|none| none.why.clone()));
    let pending = why(post(&scene, "1").await.unwrap());
    assert_eq!(pending, (0, Some("no rollout that counts `escalation` is under way".to_owned())));

    scene.tell("a", Verb::Start).await.unwrap();
    let version = scene.view("a").version;
    let mut other = escalation("1");
    other.event.name = "escalations".to_owned();
    let answer = answered(scene.controller.post(&[other])).await.unwrap();
    assert_eq!(answer.not_counted[0].hint.as_deref(), Some("did you mean `escalation`?"), "{answer:?}");
    let flag = |key: &str| Addressee::Flag(tidegate::units::FlagKey::new(key).unwrap());
    let of_other = Posting { to: flag("other"), ..escalation("1") };
    let answer = why(answered(scene.controller.post(&[of_other])).await.unwrap());
    assert_eq!(answer, (0, Some("no rollout of the flag `other` has begun".to_owned())));
    assert_eq!(scene.view("a").version, version, "nothing was written");

    let of_search = Posting { to: flag("search"), ..escalation("1") };
    assert_eq!(answered(scene.controller.post(&[of_search])).await.unwrap().counted, [name("a")].into());
}

/// A rollout of one environment is not closed by what happened in another.
#[tokio::test]
async fn an_event_of_another_environment_counts_nowhere_else() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&counting("a", 0).replace("flag: search", "flag: search\nenvironment: staging")).await;
    let of = |environment: &str| Posting { environment: Some(environment.to_owned()), ..escalation("1") };
    let answer = answered(scene.controller.post(&[of("production")])).await.unwrap();
    assert_eq!((answer.closed.len(), answer.not_counted.len()), (0, 1));
    assert!(scene.is_open("search"));
    let answer = answered(scene.controller.post(&[of("staging")])).await.unwrap();
    assert_eq!(answer.closed, [name("a")].into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_one_report_counts_once_and_writes_little() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&counting("a", 2_000)).await;
    let version = scene.view("a").version;
    let answers = join_all((0..1_000).map(|_| post_later(&scene, "1"))).await;
    let counted = answers.into_iter().filter(|answer| !answer.as_ref().unwrap().as_ref().unwrap().counted.is_empty());
    assert_eq!(counted.count(), 1);
    assert_eq!(total(&scene.stored("a").await), 1);

    join_all((0..1_000).map(|n| post_later(&scene, &format!("n{n}")))).await;
    assert_eq!(total(&scene.stored("a").await), 1_001);
    let written = scene.view("a").version - version;
    assert!(written < 300, "{written} writes for two thousand events");
}

/// Three reports close at the third also where none of them could be taken up so far.
#[tokio::test]
async fn reports_that_only_together_close_do_so_while_the_store_hangs() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&counting("a", 2)).await;
    scene.mood.set(Mood::Hanging);
    let paused = scene.tell_later("a", Verb::Pause);
    eventually("the commit to hang", async || scene.mood.hanging() == 1).await;
    let two = [post_later(&scene, "1"), post_later(&scene, "2"), post_later(&scene, "2")];
    stays("the exposure", || scene.is_open("search")).await;
    let third = post_later(&scene, "3");
    eventually("the closing to be served", async || !scene.is_open("search")).await;
    assert!(!third.is_finished(), "it is not durable yet");
    scene.mood.set(Mood::Willing);
    drop(answered(paused).await.unwrap());
    assert_eq!(answered(third).await.unwrap().unwrap().closed, [name("a")].into());
    for earlier in two {
        assert_eq!(answered(earlier).await.unwrap().unwrap().already_closed, [name("a")].into());
    }
    assert_eq!(scene.kinds("a").await.iter().filter(|kind| *kind == "closed").count(), 1);
}

/// What is known to memory alone is not acknowledged, however often it is sent.
#[tokio::test]
async fn an_event_is_acknowledged_only_when_it_is_stored() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&counting("a", 2)).await;
    scene.mood.set(Mood::Refusing);
    for _ in 0..3 {
        let refused = post(&scene, "1").await;
        assert!(matches!(&refused, Err(CommandError::Unavailable(why)) if why.contains("same `id`")), "{refused:?}");
    }
    scene.mood.set(Mood::Willing);
    post_until_taken(&scene, &[escalation("1")]).await;
    assert_eq!(total(&scene.stored("a").await), 1);
    let scene = scene.again(Duration::from_secs(60)).await;
    assert_eq!(post(&scene, "1").await.unwrap().repeated, [name("a")].into());
    assert_eq!(total(&scene.stored("a").await), 1);
}

/// A closing goes into the local record where the store is away, and that is acknowledged.
#[tokio::test]
async fn an_event_closes_for_good_while_the_store_is_away() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&counting("a", 0)).await;
    scene.mood.set(Mood::Refusing);
    assert_eq!(post(&scene, "1").await.unwrap().closed, [name("a")].into());
    assert_eq!(post(&scene, "2").await.unwrap().already_closed, [name("a")].into());
    let scene = scene.again(Duration::from_secs(60)).await;
    assert!(!scene.is_open("search"));
    scene.ledger_is("a", &["applied", "started", "closed"]).await;
}

#[tokio::test]
async fn a_new_process_goes_on_counting() {
    let scene = Scene::new(Place::folder()).await;
    scene.start(&counting("a", 2)).await;
    post(&scene, "1").await.unwrap();
    post(&scene, "2").await.unwrap();
    let scene = scene.again(Duration::from_secs(3_600)).await;
    assert_eq!(post(&scene, "2").await.unwrap().repeated, [name("a")].into());
    assert!(scene.is_open("search"));
    assert_eq!(post(&scene, "3").await.unwrap().closed, [name("a")].into());
}

/// The store took them and nobody heard of it: sent again, the largest request counts once.
#[tokio::test]
async fn events_whose_answer_was_lost_are_counted_once() {
    for place in Place::both() {
        let scene = Scene::new(place).await;
        scene.start(&counting("a", 5_000)).await;
        let many: Vec<_> = (0..1_000).map(|n| escalation(&n.to_string())).collect();
        let lost = while_in(&scene.mood, Mood::Forgetful, scene.controller.post(&many)).await;
        assert!(matches!(lost, Err(CommandError::Unavailable(_))), "{lost:?}");
        let answer = post_until_taken(&scene, &many).await;
        assert!(answer.repeated.contains(&name("a")), "{answer:?}");
        assert_eq!(total(&scene.stored("a").await), 1_000);
    }
}

/// An answer to something else was lost before: the event meets a record that is newer than thought.
#[tokio::test]
async fn an_event_that_comes_right_after_a_lost_answer_is_counted() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&counting("a", 1)).await;
    drop(while_in(&scene.mood, Mood::Forgetful, scene.tell("a", Verb::Pause)).await);
    assert_eq!(post(&scene, "1").await.unwrap().counted, [name("a")].into());
    assert_eq!(total(&scene.stored("a").await), 1);
    assert_eq!(post(&scene, "2").await.unwrap().closed, [name("a")].into());
    scene.ledger_is("a", &["applied", "started", "paused", "closed"]).await;
}
