//! How the world around the processes is: the store, the metrics, the disks and the clocks.

use super::World;
use crate::book::{DiskMood, SLOTS, StoreMood, open};
use crate::lean::{JUMPS, Phase};
use crate::truth::MetricsMood;
use tidegate::rollout::State;

impl World<'_> {
    pub(super) fn definitions(&mut self) {
        self.note(|| "the definitions are read again".to_owned());
        for process in self.slots.iter().filter_map(|slot| slot.process.as_ref()) {
            process.publisher.definitions(&self.tools.catalog);
        }
    }

    pub(super) fn store_mood(&mut self) {
        use StoreMood::{Away, Fine, Forgetful, Hanging, Rough};
        let mood = self.dice.weighted(&[(45, Fine), (30, Rough), (10, Away), (8, Hanging), (7, Forgetful)]);
        // The store itself is in trouble, or one process's way to it.
        let whom = self.dice.below(2 * SLOTS as u64);
        self.note(|| format!("the store is {mood:?} (for slot {whom}, or for all)"));
        let mut book = open(&self.book);
        match usize::try_from(whom).unwrap() {
            slot if slot < SLOTS => book.store_moods[slot] = mood,
            _ => book.store_moods = [mood; SLOTS],
        }
    }

    pub(super) fn metrics_mood(&mut self) {
        use MetricsMood::{Away, Fine, Rough, Slow};
        let mood = self.dice.of(&[Fine, Fine, Fine, Slow, Slow, Rough, Rough, Away]);
        self.note(|| format!("the metrics are {mood:?}"));
        open(&self.book).metrics_mood = mood;
    }

    pub(super) fn disk_mood(&mut self) {
        let mood = self.dice.of(&[DiskMood::Fine, DiskMood::Fine, DiskMood::Failing, DiskMood::Hanging]);
        let slot = usize::try_from(self.dice.below(SLOTS as u64)).unwrap();
        self.note(|| format!("the disk of slot {slot} is {mood:?}"));
        open(&self.book).disk_moods[slot] = mood;
    }

    /// Somebody sets a clock: a little, by an hour as where the time of the year changes, by a day.
    pub(super) fn clock(&mut self) {
        let unit = i64::try_from(self.unit).unwrap();
        let kind = usize::try_from(self.dice.below(8)).unwrap();
        let little = [1_000, unit, 3 * unit + 1, -1_000, -unit, -3 * unit - 1];
        let by = JUMPS.get(kind).copied().unwrap_or_else(|| self.dice.of(&little));
        let slot =
            if self.dice.percent(70) { self.holder } else { usize::try_from(self.dice.below(SLOTS as u64)).unwrap() };
        self.note(|| format!("the clock of slot {slot} is set by {by} ms"));
        self.slots[slot].set_clock(by);
        let mut book = open(&self.book);
        book.clocks_differ();
        book.reached.clock_jumps += 1;
        if kind < JUMPS.len() {
            let phases: Vec<usize> = book.database.records.values().map(|record| phase(&record.state)).collect();
            for phase in phases {
                book.reached.jumps[phase][kind] += 1;
            }
        }
    }
}

/// Which of the phases a state is, in their order.
const fn phase(state: &State) -> usize {
    let phase = match state {
        State::Pending { .. } => Phase::Pending,
        State::Running(_) => Phase::Running,
        State::Paused { .. } => Phase::Paused,
        State::Watching(_) => Phase::Watching,
        State::Completed { .. } => Phase::Completed,
        State::RolledBack { .. } => Phase::Closed,
    };
    phase as usize
}
