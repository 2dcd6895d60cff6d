//! What must be true when all trouble has ended.

use super::{AT_ONCE, PATIENCE, World};
use crate::book::{Book, DiskMood, SLOTS, StoreMood, open};
use crate::history::live;
use crate::truth::MetricsMood;
use tidegate::rollout::State;
use tidegate::units::RolloutName;

impl World<'_> {
    /// All trouble ends, everybody wakes up, and after a while everything must agree.
    pub(super) fn settle_down(&mut self) {
        self.note(|| "all trouble ends".to_owned());
        {
            let mut book = open(&self.book);
            book.store_moods = [StoreMood::Fine; SLOTS];
            book.disk_moods = [DiskMood::Fine; SLOTS];
            book.metrics_mood = MetricsMood::Fine;
        }
        let world = self.world;
        for process in self.slots.iter_mut().filter_map(|slot| slot.process.as_mut()).filter(|process| process.frozen) {
            process.thaw(world);
        }
        if self.slots[self.holder].process.is_none() {
            self.boot(self.holder);
        }
        self.pass(PATIENCE + 3 * self.unit);
        self.look();
        self.everybody_is_answered();
        let zombies = open(&self.book).reached.zombies > 0;
        if !zombies {
            self.stored_is_served();
        }
        for slot in 0..SLOTS {
            self.kill(slot);
        }
        self.boot(self.holder);
        self.pass(AT_ONCE);
        self.look();
        self.stored_is_served();
        let mut book = open(&self.book);
        if let Some(row) = book.database.broken_row() {
            book.broken("the-ledger-is-sound", format!("row {row} is not as it was written"));
        }
    }

    pub(super) fn everybody_is_answered(&self) {
        let mut book = open(&self.book);
        if let Some((door, asked)) = book.asked.iter().next() {
            let what = format!("door {door}, asked at {}: {}", asked.world, asked.what);
            book.broken("everybody-is-answered", what);
        }
    }

    /// What the holder serves is what the store says.
    pub(super) fn stored_is_served(&self) {
        let Some(process) = &self.slots[self.holder].process else {
            return open(&self.book).broken("a-process-comes-up", "with everything well it does not");
        };
        let mut book = open(&self.book);
        let records: Vec<_> = book.database.records.values().cloned().collect();
        for record in records {
            let Some(shape) = book.shape(&record.plan.text) else { continue };
            let Some(sight) = book.served.last(process.seat.process, &shape.flag).cloned() else {
                if live(&record.state) {
                    book.broken("stored-is-served", format!("{} is live and not served", record.name));
                }
                continue;
            };
            if sight.rollout != record.name {
                if live(&record.state) && !book.live_elsewhere(&sight.rollout, &shape.flag) {
                    book.broken("stored-is-served", format!("{} is live and {sight:?}", record.name));
                }
                continue;
            }
            let (wave, completed) = match &record.state {
                State::Completed { .. } => (usize::MAX - 1, true),
                State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => (stage.wave, false),
                State::Pending { .. } | State::RolledBack { .. } => (0, false),
            };
            let (share, named) = shape.open_in(wave, completed);
            let missing = if share == 1_000_000 { !sight.users } else { named & !sight.users };
            if (live(&record.state) || completed) && missing != 0 {
                let what = format!("{missing:b} of {} do not have it: {sight:?}", record.name);
                book.broken("the-plan's-users-have-it", what);
            }
            let agrees = match &record.state {
                State::Pending { .. } => true,
                State::RolledBack { attempt, .. } => sight.closed && sight.attempt == *attempt && sight.users == 0,
                State::Completed { attempt, .. } => !sight.closed && sight.attempt == *attempt,
                State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => {
                    !sight.closed && sight.attempt == stage.attempt && sight.step == stage.step
                }
            };
            if !agrees {
                book.broken("stored-is-served", format!("stored {:?}, served {sight:?}", record.state));
            }
        }
    }
}

impl Book {
    pub(super) fn live_elsewhere(&self, rollout: &RolloutName, flag: &str) -> bool {
        let record = self.database.records.get(rollout);
        let same_flag = self.stored_shape(rollout).is_some_and(|shape| shape.flag == flag);
        same_flag && record.is_some_and(|record| live(&record.state))
    }
}
