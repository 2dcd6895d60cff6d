//! Closings that come at a bad moment: after another process was faster, while a flag changes hands, beside a
//! disk that hangs. Each of these was found by the simulator.

use crate::refusing::Mood;
use crate::scene::{Place, Scene, answered, eventually, name, plan, quiet_plan, while_in};
use async_trait::async_trait;
use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidegate::controller::{CommandError, Controller, Verb, View};
use tidegate::rollout::State;
use tidegate::store::journal::{ClosingRecord, Closings, NarrowingRecord};
use tidegate::units::RolloutName;
use tokio::time::sleep;

async fn tell(controller: &Controller, verb: Verb) -> Result<View, CommandError> {
    answered(controller.command(&name("a"), verb, "eve".to_owned(), None)).await
}

/// A process that was frozen while another one closed has nothing to add to that.
#[tokio::test]
async fn what_another_process_closed_is_not_closed_again() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&quiet_plan("a")).await;
    let (other, _) = scene.beside(None).await;
    tell(&other, Verb::Rollback).await.unwrap();
    assert!(scene.is_open("search"), "this one does not know of it yet");
    scene.tell("a", Verb::Rollback).await.unwrap();
    assert!(!scene.is_open("search"));
    scene.ledger_is("a", &["applied", "started", "closed"]).await;
    let State::RolledBack { cause, .. } = scene.view("a").state else { panic!("it is not closed") };
    assert_eq!(cause.to_string(), "rolled back by eve");
}

/// And one that closes an attempt which is long over must not take the next one back with it.
#[tokio::test]
async fn a_closing_of_an_attempt_that_is_over_leaves_the_next_one_alone() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&quiet_plan("a")).await;
    let (other, _) = scene.beside(None).await;
    tell(&other, Verb::Rollback).await.unwrap();
    tell(&other, Verb::Retry).await.unwrap();
    let told = scene.tell("a", Verb::Rollback).await;
    let Err(CommandError::Unavailable(why)) = told else { panic!("it closed something: {told:?}") };
    assert!(why.contains("a new attempt has begun"), "{why}");
    assert_eq!(scene.stored("a").await.attempt(), 2);
    assert!(scene.is_open("search"), "it goes on with what is stored");
    // Sent again, it is weighed against the attempt that is under way.
    scene.tell("a", Verb::Rollback).await.unwrap();
    assert!(!scene.is_open("search"));
    scene.ledger_is("a", &["applied", "started", "closed", "started", "closed"]).await;
}

/// Until the start was stored, the flag was that of the rollout before: there was nothing to close yet.
#[tokio::test]
async fn a_rollback_during_a_start_closes_a_flag_that_changes_hands() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&plan("a")).await;
    eventually("the first to complete", async || matches!(scene.view("a").state, State::Completed { .. })).await;
    scene.apply(&quiet_plan("b")).await.unwrap();
    scene.mood.set(Mood::Hanging);
    let start = scene.tell_later("b", Verb::Start);
    eventually("the start to hang", async || scene.mood.hanging() > 0).await;
    let back = scene.tell_later("b", Verb::Rollback);
    sleep(Duration::from_millis(20)).await;
    scene.mood.set(Mood::Willing);
    answered(start).await.unwrap().unwrap();
    answered(back).await.unwrap().unwrap();
    assert!(matches!(scene.stored("b").await, State::RolledBack { .. }));
    assert!(!scene.is_open("search"), "what is stored as closed is served to nobody");
}

/// A crash before the closing is durable would find two rollouts under way for the flag.
#[tokio::test]
async fn a_flag_is_not_free_before_the_closing_is_durable() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&quiet_plan("a")).await;
    scene.apply(&quiet_plan("b")).await.unwrap();
    scene.mood.set(Mood::Refusing);
    let back = scene.tell_later("a", Verb::Rollback);
    eventually("the closing to be served", async || !scene.is_open("search")).await;
    let told = scene.tell("b", Verb::Start).await;
    let Err(CommandError::Refused(why)) = told else { panic!("it is not refused: {told:?}") };
    assert!(why.contains("driven by the rollout a"), "{why}");
    scene.mood.set(Mood::Willing);
    answered(back).await.unwrap().unwrap();
    scene.tell("b", Verb::Start).await.unwrap();
}

/// A disk that takes what it is given and then never answers again.
#[derive(Debug, Default)]
struct HangingDisk(Mutex<Vec<ClosingRecord>>);

#[async_trait]
impl Closings for HangingDisk {
    async fn remember(self: Arc<Self>, record: ClosingRecord) -> io::Result<()> {
        self.0.lock().unwrap().push(record);
        Ok(())
    }

    async fn forget(self: Arc<Self>, _: RolloutName, _: u32) -> io::Result<()> {
        pending().await
    }

    fn pending(&self) -> Vec<ClosingRecord> {
        self.0.lock().unwrap().clone()
    }

    async fn remember_narrowing(self: Arc<Self>, _: NarrowingRecord) -> io::Result<()> {
        pending().await
    }

    async fn forget_narrowing(self: Arc<Self>, _: RolloutName, _: u32, _: u32) -> io::Result<()> {
        pending().await
    }

    fn narrowings(&self) -> Vec<NarrowingRecord> {
        Vec::new()
    }
}

#[tokio::test]
async fn a_disk_that_hangs_does_not_keep_the_rollout() {
    let scene = Scene::new(Place::Memory).await;
    scene.start(&quiet_plan("a")).await;
    let disk = Arc::new(HangingDisk::default());
    let (other, _) = scene.beside(Some(Arc::clone(&disk) as _)).await;
    while_in(&scene.mood, Mood::Refusing, tell(&other, Verb::Rollback)).await.unwrap();
    assert_eq!(disk.pending().len(), 1, "the store refused it, so it is on the disk");
    scene.ledger_is("a", &["applied", "started", "closed"]).await;
    tell(&other, Verb::Retry).await.unwrap();
}
