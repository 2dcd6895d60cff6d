//! Processes that come up, end, freeze and wake.

use super::{Tools, World};
use crate::book::{SLOTS, open};
use crate::process::Process;

impl World<'_> {
    pub(super) fn boot(&mut self, slot: usize) {
        let id = self.next_process;
        self.next_process += 1;
        let Tools { metrics, catalog } = self.tools;
        let place = &self.slots[slot];
        let process = Process::boot(id, slot, place, &self.book, metrics, catalog, self.world);
        self.note(|| {
            format!("process {id} in slot {slot} {}", if process.is_some() { "is up" } else { "does not come up" })
        });
        // What waited for a disk or the store took its time: nothing is to be asked of a process in its future.
        let up = process.as_ref().map_or(self.world, |process| process.up.max(self.world));
        self.slots[slot].process = process;
        self.pass(up - self.world);
        self.after_boot(slot);
    }

    pub(super) fn kill(&mut self, slot: usize) {
        let Some(process) = self.slots[slot].process.take() else { return };
        let id = process.seat.process;
        process.kill();
        self.note(|| format!("process {id} in slot {slot} is ended"));
        let world = self.world;
        let mut book = open(&self.book);
        book.settle_or_forget(id, world);
        book.asked.retain(|_, asked| asked.process != id);
        book.reached.restarts += 1;
    }

    pub(super) fn restart(&mut self) {
        let slot = self.holder;
        self.kill(slot);
        let span = self.dice.of(&[0, 0, 1, 1_000, self.unit, 10 * self.unit]);
        self.pass(span);
        self.boot(slot);
    }

    /// The holder freezes, and another one takes over.
    pub(super) fn lose_lease(&mut self) {
        if let Some(process) = &mut self.slots[self.holder].process {
            process.frozen = self.dice.percent(80);
        }
        self.holder = (self.holder + 1) % SLOTS;
        let (holder, world) = (self.holder, self.world);
        self.note(|| format!("slot {holder} has the lease now"));
        {
            let mut book = open(&self.book);
            book.clocks_differ();
            book.reached.zombies += 1;
        }
        match &mut self.slots[holder].process {
            Some(process) if process.frozen => process.thaw(world),
            Some(_) => {}
            None => self.boot(holder),
        }
    }

    /// A former holder wakes up and goes on with what it was doing; or it is ended at last.
    pub(super) fn wake_zombie(&mut self) {
        let slot = usize::try_from(self.dice.below(SLOTS as u64)).unwrap();
        if slot == self.holder {
            return;
        }
        if self.dice.percent(40) {
            return self.kill(slot);
        }
        let world = self.world;
        if let Some(process) = self.slots[slot].process.as_mut().filter(|process| process.frozen) {
            process.thaw(world);
            self.note(|| format!("slot {slot} wakes up"));
        }
    }

    /// Lets the world go on for that long.
    pub(super) fn pass(&mut self, span: u64) {
        let until = self.world + span;
        let awake =
            self.slots.iter().filter(|slot| slot.process.as_ref().is_some_and(|process| !process.frozen)).count();
        let several = open(&self.book).slice;
        while self.world < until && !self.broken() {
            let slice = if awake > 1 { several } else { span };
            self.world = (self.world + slice).min(until);
            for slot in &mut self.slots {
                if let Some(process) = &mut slot.process {
                    process.drive(self.world);
                }
            }
        }
        open(&self.book).settle(self.world);
        if span == 0 {
            for process in self.slots.iter_mut().filter_map(|slot| slot.process.as_mut()) {
                process.drive(self.world);
            }
        }
    }
}
