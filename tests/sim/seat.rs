//! The world as one process has it: its store, its metrics and its disk, each failing by dice.

use crate::book::{Book, DiskMood, Shared, StoreMood, open};
use crate::shape::{ALL_FLAGS, Shape};
use crate::truth::{Answering, answering, counted, no_data, not_a_number, split};
use async_trait::async_trait;
use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidegate::analysis::{Compared, NoData, Reading};
use tidegate::live::Live;
use tidegate::measure::Readings;
use tidegate::rollout::train::TrainState;
use tidegate::rollout::{Arm, Metric, Over, Plan, Split, State, Versus};
use tidegate::store::journal::{ClosingRecord, Closings, NarrowingRecord};
use tidegate::store::{Change, CommitError, LedgerCheck, LedgerRow, OutboxRow, Record, Store, StoreError};
use tidegate::units::{RolloutName, UnixMillis};
use tokio::time::{Instant, sleep};

/// Where a process sits.
#[derive(Debug)]
pub struct Seat {
    pub process: u32,
    pub slot: usize,
    pub book: Shared,
    pub live: Arc<Live>,
    born: Instant,
    born_world: u64,
}

impl Seat {
    /// For the process whose runtime this is called in.
    pub fn new(process: u32, slot: usize, book: Shared, live: Arc<Live>, world: u64) -> Self {
        Self { process, slot, book, live, born: Instant::now(), born_world: world }
    }

    /// The world's time in milliseconds, as far as this process was driven.
    pub fn world(&self) -> u64 {
        self.born_world + u64::try_from(self.born.elapsed().as_millis()).unwrap()
    }

    /// The moment of this process at which the world will be there.
    pub fn moment(&self, world: u64) -> Instant {
        self.born + Duration::from_millis(world.saturating_sub(self.born_world))
    }
}

/// The store's end in one process.
#[derive(Debug)]
pub struct Session(pub Arc<Seat>);

/// What becomes of a commit.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Done,
    Refused,
    Lost,
    AnswerLost,
    HangsBefore,
    HangsAfter,
    /// Carried out so many milliseconds later, whoever waits.
    Late(u64),
}

fn away(doing: &'static str) -> StoreError {
    StoreError::unavailable(doing, "the simulator says so")
}

impl Session {
    fn fate(&self) -> (u64, Fate) {
        let mut book = open(&self.0.book);
        let mood = book.store_moods[self.0.slot];
        let dice = &mut book.dice;
        let soon = dice.of(&[0, 0, 1, 5, 20, 100]);
        match mood {
            StoreMood::Fine => (soon, Fate::Done),
            StoreMood::Away => (soon, Fate::Refused),
            StoreMood::Hanging => (0, Fate::HangsBefore),
            StoreMood::Forgetful => (soon, Fate::AnswerLost),
            StoreMood::Rough => {
                let slow = dice.of(&[0, 1, 30, 200, 260, 900, 1_400]);
                let late = dice.of(&[300, 1_600, 3_000, 30_000]);
                let fates = [
                    (60, Fate::Done),
                    (8, Fate::Refused),
                    (8, Fate::Lost),
                    (8, Fate::AnswerLost),
                    (5, Fate::HangsBefore),
                    (5, Fate::HangsAfter),
                    (6, Fate::Late(late)),
                ];
                (slow, dice.weighted(&fates))
            }
        }
    }

    /// What is true of every commit, whatever becomes of it.
    fn arrives(&self, change: &Change) -> u64 {
        let world = self.0.world();
        let mut book = open(&self.0.book);
        book.look(self.0.process, &self.0.live, &ALL_FLAGS);
        book.judge_journey(change);
        if let State::RolledBack { attempt, .. } = &change.state
            && change.entries.iter().any(|entry| entry.kind == "closed")
            && let Some(shape) = book.stored_shape(&change.rollout)
            && let Some(sight) = book.served.last(self.0.process, &shape.flag)
            && sight.rollout == change.rollout
            && sight.attempt == *attempt
            && !sight.closed
        {
            let what = format!("{} is on its way to the store and still served: {sight:?}", change.rollout);
            book.broken("closed-before-it-is-stored", what);
        }
        world
    }
}

#[async_trait]
impl Store for Session {
    async fn rollouts(&self) -> Result<Vec<Record>, StoreError> {
        self.read("read the rollouts", |book| book.database.records.values().cloned().collect()).await
    }

    async fn rollout(&self, name: &RolloutName) -> Result<Option<Record>, StoreError> {
        // The real store reads in the writer's place, so that what is still on its way there comes first.
        let after = open(&self.0.book).late_until(self.0.process);
        if let Some(until) = after {
            sleep(Duration::from_millis(until.saturating_sub(self.0.world()))).await;
        }
        self.read("read a rollout", |book| book.database.records.get(name).cloned()).await
    }

    async fn commit(&self, change: &Change) -> Result<u64, CommitError> {
        let arrived = self.arrives(change);
        let (latency, fate) = self.fate();
        if latency > 0 {
            sleep(Duration::from_millis(latency)).await;
        }
        let process = self.0.process;
        let commit = || open(&self.0.book).commit(process, change, arrived, self.0.world());
        match fate {
            Fate::Done => commit(),
            Fate::Refused | Fate::Lost => Err(away("commit a change").into()),
            Fate::AnswerLost => {
                open(&self.0.book).reached.lost_answers += 1;
                commit()?;
                Err(away("answer").into())
            }
            Fate::HangsBefore => pending().await,
            Fate::HangsAfter => {
                drop(commit());
                pending().await
            }
            Fate::Late(after) => {
                let due = self.0.world() + after;
                open(&self.0.book).late.push_back((due, process, arrived, change.clone()));
                pending().await
            }
        }
    }

    async fn trains(&self) -> Result<Vec<Record<TrainState>>, StoreError> {
        self.read("read the trains", |book| book.database.trains.values().cloned().collect()).await
    }

    async fn train(&self, name: &RolloutName) -> Result<Option<Record<TrainState>>, StoreError> {
        self.read("read a train", |book| book.database.trains.get(name).cloned()).await
    }

    async fn commit_train(&self, change: &Change<TrainState>) -> Result<u64, CommitError> {
        let (latency, fate) = self.fate();
        if latency > 0 {
            sleep(Duration::from_millis(latency)).await;
        }
        let commit = || open(&self.0.book).database.commit_train(change);
        match fate {
            Fate::Done => commit(),
            Fate::Refused | Fate::Lost => Err(away("commit a change").into()),
            Fate::AnswerLost => {
                commit()?;
                Err(away("answer").into())
            }
            Fate::HangsBefore | Fate::Late(_) => pending().await,
            Fate::HangsAfter => {
                drop(commit());
                pending().await
            }
        }
    }

    async fn history(
        &self,
        rollout: Option<&RolloutName>,
        after: u64,
        limit: u32,
    ) -> Result<Vec<LedgerRow>, StoreError> {
        let asked = |row: &&LedgerRow| row.sequence > after && rollout.is_none_or(|name| row.rollout == *name);
        let limit = usize::try_from(limit).unwrap();
        self.read("read the ledger", |book| book.database.ledger.iter().filter(asked).take(limit).cloned().collect())
            .await
    }

    async fn verify(&self) -> Result<LedgerCheck, StoreError> {
        self.read("verify the ledger", |book| LedgerCheck::Sound { rows: book.database.ledger.len() as u64 }).await
    }

    async fn undelivered(&self, _: u32) -> Result<Vec<OutboxRow>, StoreError> {
        self.read("read messages", |book| book.database.outbox.clone()).await
    }

    async fn mark_delivered(&self, _: &[u64], _: UnixMillis) -> Result<(), StoreError> {
        Ok(())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read("begin a change", |_| ()).await
    }
}

impl Session {
    async fn read<T>(&self, doing: &'static str, read: impl FnOnce(&Book) -> T) -> Result<T, StoreError> {
        let (refused, hangs) = {
            let mut book = open(&self.0.book);
            let world = self.0.world();
            book.settle(world);
            match book.store_moods[self.0.slot] {
                StoreMood::Fine | StoreMood::Forgetful => (false, false),
                StoreMood::Away => (true, false),
                StoreMood::Hanging => (false, true),
                StoreMood::Rough => (book.dice.percent(15), book.dice.percent(5)),
            }
        };
        if hangs {
            pending::<()>().await;
        }
        match refused {
            true => Err(away(doing)),
            false => Ok(read(&open(&self.0.book))),
        }
    }
}

impl Book {
    /// One commit at the database, with what it says about the promises.
    pub fn commit(&mut self, process: u32, change: &Change, arrived: u64, world: u64) -> Result<u64, CommitError> {
        self.settle(world);
        self.commit_now(process, change, arrived)
    }

    fn commit_now(&mut self, process: u32, change: &Change, arrived: u64) -> Result<u64, CommitError> {
        let before = self.database.records.get(&change.rollout).cloned();
        let done = self.database.commit(change);
        match &done {
            Ok(_) => {
                if let Some(lost) = self.database.lost.take() {
                    self.broken("what-is-stored-comes-back", lost);
                }
                let apart = self.reached.zombies > 0;
                self.committed(process, before.as_ref(), change, arrived, apart);
            }
            Err(CommitError::Conflict { .. }) => self.reached.conflicts += 1,
            Err(CommitError::Unavailable(_)) => {}
        }
        done
    }

    /// When the store will have carried out all that a process asked of it.
    fn late_until(&self, process: u32) -> Option<u64> {
        self.late.iter().filter(|(_, other, ..)| *other == process).map(|(due, ..)| *due).max()
    }

    /// A process ends: what it asked of the store is carried out by now, or never.
    pub fn settle_or_forget(&mut self, process: u32, world: u64) {
        let carried_out = self.dice.percent(50);
        self.late.retain_mut(|(due, other, ..)| {
            if *other == process && carried_out {
                *due = world;
            }
            *other != process || carried_out
        });
        self.settle(world);
    }

    /// Carries out what the store put off until now. Nobody hears of it.
    pub fn settle(&mut self, world: u64) {
        while let Some(at) = self.late.iter().position(|(due, ..)| *due <= world) {
            if let Some((_, process, arrived, change)) = self.late.remove(at) {
                drop(self.commit_now(process, &change, arrived));
            }
        }
    }
}

/// The metrics' end in one process.
#[derive(Debug)]
pub struct Gauges(pub Arc<Seat>);

#[async_trait]
impl Readings for Gauges {
    async fn read(&self, plan: &Plan, metric: &Metric, arm: Arm, over: Over, now: UnixMillis) -> Reading {
        let seat = &self.0;
        let asked = seat.world();
        let own = (arm, over) == (Arm::Candidate, Over::Usual);
        if own {
            open(&seat.book).asked_for(seat.process, &plan.name, now, asked);
        }
        let Some((shape, index)) = self.known(plan, metric) else { return Reading::NoData(no_data(0)) };
        let answer = self.answering().await;
        let known = &shape.metrics[index];
        let world = seat.world();
        let ended = world + patience(answer);
        let reading = match answer {
            Answering::Tells | Answering::Slow(_) => {
                let value = match arm {
                    Arm::Candidate => open(&seat.book).truths[&shape.flag].value(known, world),
                    // The stable variant is always well.
                    Arm::Control => known.values[0],
                };
                Reading::Value { value, samples: Some(1_000), at: now }
            }
            Answering::NotANumber(which) => not_a_number(which, now),
            Answering::Nothing(which) => Reading::NoData(no_data(which)),
            // The caller gives up or catches it: to him both are no data.
            Answering::Hangs | Answering::Breaks => Reading::NoData(no_data(1)),
        };
        open(&seat.book).answered_for(seat.process, &shape, (index, arm, over), (now, asked), ended, &reading);
        ends(answer, reading).await
    }

    async fn compare(&self, plan: &Plan, metric: &Metric, _: &Versus, now: UnixMillis) -> Result<Compared, NoData> {
        let Some((shape, index)) = self.known(plan, metric) else { return Err(no_data(0)) };
        let asked = self.0.world();
        let answer = self.answering().await;
        let world = self.0.world();
        open(&self.0.book).counted_for(self.0.process, &plan.name, (now, asked), world + patience(answer));
        let compared = match answer {
            Answering::Tells | Answering::Slow(_) => {
                let mut book = open(&self.0.book);
                book.reached.compared += 1;
                let known = &shape.metrics[index];
                let candidate = book.truths[&shape.flag].value(known, world);
                Ok(counted(book.share(&shape), candidate, known.values[0], now))
            }
            _ => Err(no_data(4)),
        };
        ends(answer, compared).await
    }

    async fn split(&self, plan: &Plan, _: UnixMillis, now: UnixMillis) -> Result<Split, NoData> {
        let shape = open(&self.0.book).salts.get(&*plan.salt).cloned();
        let Some(shape) = shape else { return Err(no_data(0)) };
        let asked = self.0.world();
        let answer = self.answering().await;
        let share = {
            let mut book = open(&self.0.book);
            book.counted_for(self.0.process, &plan.name, (now, asked), self.0.world() + patience(answer));
            book.share(&shape)
        };
        let told = match answer {
            Answering::Tells | Answering::Slow(_) => Ok(split(share, false)),
            _ => Err(no_data(4)),
        };
        ends(answer, told).await
    }
}

impl Gauges {
    /// The plan as the simulator knows it, and the metric's place there.
    fn known(&self, plan: &Plan, metric: &Metric) -> Option<(Arc<Shape>, usize)> {
        let (name, _) = plan.metrics.iter().find(|(_, other)| std::ptr::eq(*other, metric))?;
        let shape = open(&self.0.book).salts.get(&*plan.salt).cloned()?;
        let index = shape.metric(name.as_str())?;
        Some((shape, index))
    }

    /// What the provider does with a question, when it is time for it.
    async fn answering(&self) -> Answering {
        let answer = {
            let mut book = open(&self.0.book);
            let mood = book.metrics_mood;
            answering(&mut book.dice, mood)
        };
        if let Answering::Slow(after) = answer {
            sleep(Duration::from_millis(after)).await;
        }
        answer
    }
}

/// How long the caller waits for an answer that does not come.
const fn patience(answer: Answering) -> u64 {
    match answer {
        Answering::Hangs => 15_000,
        _ => 0,
    }
}

/// An answer that comes, or does not.
async fn ends<T>(answer: Answering, told: T) -> T {
    match answer {
        Answering::Hangs => pending().await,
        // As a panic does, without a word on the terminal.
        Answering::Breaks => std::panic::resume_unwind(Box::new("the simulator says so")),
        _ => told,
    }
}

impl Book {
    /// The share of everybody that has a rollout's candidate, as it is stored.
    fn share(&self, shape: &Shape) -> u64 {
        match self.database.records.get(&shape.name).map(|record| &record.state) {
            Some(State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage)) => {
                shape.open_in(stage.wave, false).0
            }
            _ => 0,
        }
    }
}

/// The disk under one slot: what is on it outlives the processes.
#[derive(Debug, Default)]
pub struct Disk {
    pub pending: Mutex<Vec<ClosingRecord>>,
    pub narrowings: Mutex<Vec<NarrowingRecord>>,
}

/// The disk's end in one process.
#[derive(Debug)]
pub struct Journal(pub Arc<Seat>, pub Arc<Disk>);

impl Journal {
    async fn may_write(&self) -> io::Result<()> {
        let mood = open(&self.0.book).disk_moods[self.0.slot];
        match mood {
            DiskMood::Fine => Ok(()),
            DiskMood::Failing => Err(io::Error::other("the simulator says so")),
            DiskMood::Hanging => pending().await,
        }
    }
}

#[async_trait]
impl Closings for Journal {
    async fn remember(self: Arc<Self>, record: ClosingRecord) -> io::Result<()> {
        self.may_write().await?;
        let mut pending = self.1.pending.lock().unwrap();
        if !pending.iter().any(|other| other.rollout == record.rollout && other.attempt == record.attempt) {
            pending.push(record);
        }
        Ok(())
    }

    async fn forget(self: Arc<Self>, rollout: RolloutName, attempt: u32) -> io::Result<()> {
        self.may_write().await?;
        let done = |record: &ClosingRecord| record.rollout == rollout && record.attempt <= attempt;
        self.1.pending.lock().unwrap().retain(|record| !done(record));
        self.1.narrowings.lock().unwrap().retain(|record| record.rollout != rollout || record.attempt > attempt);
        Ok(())
    }

    async fn remember_narrowing(self: Arc<Self>, record: NarrowingRecord) -> io::Result<()> {
        self.may_write().await?;
        self.1.narrowings.lock().unwrap().push(record);
        Ok(())
    }

    async fn forget_narrowing(self: Arc<Self>, rollout: RolloutName, attempt: u32, step: u32) -> io::Result<()> {
        self.may_write().await?;
        let done =
            |record: &NarrowingRecord| record.rollout == rollout && (record.attempt, record.step) <= (attempt, step);
        self.1.narrowings.lock().unwrap().retain(|record| !done(record));
        Ok(())
    }

    fn narrowings(&self) -> Vec<NarrowingRecord> {
        self.1.narrowings.lock().unwrap().clone()
    }

    fn pending(&self) -> Vec<ClosingRecord> {
        self.1.pending.lock().unwrap().clone()
    }
}
