//! A closing is served first, written down after, and never lost in between.

use crate::refusing::Mood;
use crate::scene::{Place, Scene, answered, critical, eventually, name, plan, quiet_plan, slow_plan, stays};
use crate::script::Says;
use std::time::Duration;
use tidegate::controller::{CommandError, Controller, Verb, View};
use tidegate::rollout::{Cause, State};
use tidegate::store::journal::Journal;
use tokio::task::JoinHandle;

/// What closes, as a task of its own: it is answered late.
#[derive(Debug, Clone, Copy)]
enum By {
    Alert,
    Person,
}

impl By {
    fn send(self, controller: &Controller) -> JoinHandle<Result<Option<View>, CommandError>> {
        let controller = controller.clone();
        tokio::spawn(async move {
            match self {
                Self::Alert => {
                    let answer = controller.alert(&[critical("f")], &[]).await?;
                    assert_eq!((answer.closed, answer.concerned), (vec![name("a")], vec![]));
                    Ok(None)
                }
                Self::Person => {
                    let why = Some("it is slow".to_owned());
                    controller.command(&name("a"), Verb::Rollback, "ada".to_owned(), why).await.map(Some)
                }
            }
        })
    }
}

#[tokio::test]
async fn the_candidate_is_gone_while_the_store_still_refuses_or_hangs() {
    for (by, mood) in [
        (By::Alert, Mood::Hanging),
        (By::Person, Mood::Hanging),
        (By::Alert, Mood::Refusing),
        (By::Person, Mood::Refusing),
    ] {
        let scene = Scene::new(Place::folder()).await;
        scene.start(&slow_plan("a")).await;
        assert!(scene.is_open("search"));
        scene.mood.set(mood);
        let sent = by.send(&scene.controller);
        eventually("the candidate to be gone", async || !scene.is_open("search")).await;
        assert!(matches!(scene.stored("a").await, State::Running(_)), "{mood:?}: nothing is stored yet");

        // The answer comes once the local record has it, with the store still away.
        answered(sent).await.unwrap().unwrap();
        let journal = Journal::open(&scene.data().join(tidegate::store::journal::FILE_NAME)).unwrap();
        assert_eq!(journal.pending().len(), 1, "{by:?} {mood:?}: answered, so it is on the disk");
        assert!(!scene.is_open("search"));
        assert!(scene.view("a").problems.iter().any(|problem| problem.contains("not stored yet")));

        scene.mood.set(Mood::Willing);
        scene.ledger_is("a", &["applied", "started", "closed"]).await;
        let journal = scene.journal.clone().unwrap();
        eventually("the local record to be cleared", async || journal.pending().is_empty()).await;
        eventually("the problem to be gone", async || scene.view("a").problems.is_empty()).await;
        let closed = scene.ledger("a").await.pop().unwrap().entry;
        match by {
            By::Alert => assert!(closed.sentence.contains("alert SearchDown fires"), "{}", closed.sentence),
            By::Person => assert!(closed.sentence.contains("rolled back by ada: it is slow"), "{}", closed.sentence),
        }
        assert!(matches!(scene.stored("a").await, State::RolledBack { .. }));
        assert_eq!(scene.observed("tidegate_rollback_seconds"), 1, "one closing is measured once");
        stays("the closing", || !scene.is_open("search")).await;
        assert_eq!(scene.kinds("a").await.len(), 3, "written once");
    }
}

#[tokio::test]
async fn without_a_local_record_the_sender_waits_for_the_store() {
    for (by, mood) in [(By::Alert, Mood::Refusing), (By::Person, Mood::Hanging)] {
        let scene = Scene::new(Place::Memory).await;
        scene.start(&slow_plan("a")).await;
        scene.mood.set(mood);
        let sent = by.send(&scene.controller);
        eventually("the candidate to be gone", async || !scene.is_open("search")).await;
        stays("the waiting for the store", || !sent.is_finished()).await;
        // Who comes later waits as well.
        let second = By::Person.send(&scene.controller);
        stays("the second one's waiting", || !second.is_finished()).await;
        scene.mood.set(Mood::Willing);
        answered(sent).await.unwrap().unwrap();
        answered(second).await.unwrap().unwrap();
        scene.ledger_is("a", &["applied", "started", "closed"]).await;
        assert!(matches!(scene.stored("a").await, State::RolledBack { .. }));
    }
}

/// The ways on which a wave can be opening when a trigger comes.
#[derive(Debug, Clone, Copy)]
enum Opening {
    Start,
    Promotion,
    Check,
}

#[tokio::test]
async fn an_opening_that_hangs_when_a_trigger_comes_opens_nothing() {
    for (opening, kinds) in [
        (Opening::Start, ["applied", "started", "closed"].as_slice()),
        (Opening::Promotion, &["applied", "started", "wave-opened", "closed"]),
        (Opening::Check, &["applied", "started", "wave-opened", "closed"]),
    ] {
        let scene = Scene::new(Place::folder()).await;
        // Nothing but the opening itself is stored meanwhile.
        let text = match opening {
            Opening::Start | Opening::Promotion => quiet_plan("a"),
            // An interval that a slow machine does not miss, so that the first check opens the wave.
            Opening::Check => plan("a").replace("1m", "5m"),
        };
        scene.apply(&text).await.unwrap();
        let before = match opening {
            Opening::Start => 0,
            Opening::Promotion | Opening::Check => {
                scene.tell("a", Verb::Start).await.unwrap();
                1
            }
        };
        scene.mood.set(Mood::Hanging);
        let verb = match opening {
            Opening::Start => Some(Verb::Start),
            Opening::Promotion => Some(Verb::Promote),
            Opening::Check => None,
        };
        let told = verb.map(|verb| scene.tell_later("a", verb));
        eventually("the commit to hang", async || scene.mood.hanging() >= 1).await;
        let sent = By::Alert.send(&scene.controller);
        if before == 1 {
            eventually("the candidate to be gone", async || !scene.is_open("search")).await;
        } else {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        // From here on nobody may get the candidate, not for a moment.
        let live = std::sync::Arc::clone(&scene.live);
        let generation = live.load().snapshot().generation();
        scene.mood.set(Mood::Willing);
        answered(sent).await.unwrap().unwrap();
        if let Some(told) = told {
            drop(answered(told).await.unwrap());
        }
        scene.ledger_is("a", kinds).await;
        assert!(!scene.is_open("search"), "{opening:?}");
        let published = live.load().snapshot().generation().get() - generation.get();
        assert!(published <= 1, "{opening:?}: at most the closing itself was published, not {published} snapshots");
        assert!(matches!(scene.view("a").state, State::RolledBack { .. }), "{opening:?}");
        eventually("the closing to be stored", async || {
            matches!(scene.stored("a").await, State::RolledBack { cause: Cause::Alert { .. }, .. })
        })
        .await;
    }
}

/// The second wave does not speak of the alert. But the flag was closed in the first, so closed is also
/// what must be stored: otherwise it would be open again after a restart.
#[tokio::test]
async fn a_closing_holds_although_the_wave_that_was_opening_has_other_conditions() {
    let scene = Scene::new(Place::folder()).await;
    let text = quiet_plan("a")
        .replace(r#"'alert(severity = "critical")', "#, "")
        .replace("name: tenth,", r#"name: tenth, close_when: [ 'alert(severity = "critical")' ],"#);
    scene.start(&text).await;
    scene.mood.set(Mood::Hanging);
    let promoted = scene.tell_later("a", Verb::Promote);
    eventually("the commit to hang", async || scene.mood.hanging() >= 1).await;
    let sent = By::Alert.send(&scene.controller);
    eventually("the candidate to be gone", async || !scene.is_open("search")).await;
    scene.mood.set(Mood::Willing);
    answered(sent).await.unwrap().unwrap();
    drop(answered(promoted).await.unwrap());
    scene.ledger_is("a", &["applied", "started", "wave-opened", "closed"]).await;
    assert!(matches!(scene.view("a").state, State::RolledBack { cause: Cause::Alert { .. }, .. }));
    assert!(!scene.is_open("search"));
}

/// A promotion asks the metrics first. A trigger that comes meanwhile wins: no wave is opened after it.
#[tokio::test]
async fn a_trigger_while_a_promotion_asks_its_metrics_ends_the_promotion() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&quiet_plan("a")).await;
    scene.readings.hold_next();
    let promoted = scene.tell_later("a", Verb::Promote);
    eventually("the promotion's question to be held back", async || scene.readings.held() == 1).await;
    // The provider does not answer the promotion, and the closing does not wait for that.
    answered(By::Person.send(&scene.controller)).await.unwrap().unwrap();
    assert!(!scene.is_open("search"));
    assert!(matches!(answered(promoted).await.unwrap(), Err(CommandError::Refused(_))));
    scene.readings.release();
    scene.ledger_is("a", &["applied", "started", "closed"]).await;
}

/// The guardrails' own closing goes the same way.
#[tokio::test]
async fn a_metric_closes_while_the_store_is_away() {
    for place in Place::both() {
        let scene = Scene::new(place).await;
        scene.start(&slow_plan("a")).await;
        scene.mood.set(Mood::Refusing);
        scene.readings.say("search", Says::Value(0.6));
        eventually("the candidate to be gone", async || !scene.is_open("search")).await;
        scene.mood.set(Mood::Willing);
        scene.ledger_is("a", &["applied", "started", "closed"]).await;
        let State::RolledBack { cause: Cause::Metric { condition, readings }, .. } = scene.stored("a").await else {
            panic!("not closed by a metric")
        };
        assert_eq!((condition.as_str(), readings[0].1.as_str()), ("error_rate > 50%", "60%"));
    }
}
