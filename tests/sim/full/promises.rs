//! What must be true after every step.

use super::{PATIENCE, World};
use crate::book::{Book, open};
use crate::history::millis;
use crate::process::Process;
use crate::shape::FLAGS;
use tidegate::controller::View;
use tidegate::rollout::State;

impl World<'_> {
    /// After every step.
    pub(super) fn look(&mut self) {
        let mut book = open(&self.book);
        for slot in &self.slots {
            let Some(process) = &slot.process else { continue };
            book.look(process.seat.process, &process.seat.live, &FLAGS);
            if process.frozen {
                continue;
            }
            for view in process.controller.list() {
                look_at_checks(&mut book, process, &view, self.world);
            }
        }
        self.promises_are_kept(&mut book);
    }

    /// What was answered as closed is in the store, or on the disk of who answered, from then on.
    pub(super) fn promises_are_kept(&self, book: &mut Book) {
        let mut lost = Vec::new();
        for promise in &book.promises {
            let stored = book
                .database
                .records
                .get(&promise.rollout)
                .is_some_and(|record| closed_since(&record.state, promise.attempt));
            let disk = self.slots[promise.slot].disk.pending.lock().unwrap();
            let kept = disk.iter().any(|record| record.rollout == promise.rollout && record.attempt >= promise.attempt);
            if !stored && !kept {
                lost.push(format!("{promise:?}"));
            }
        }
        for promise in lost {
            book.broken("answered-is-durable", promise);
        }
    }

    /// A process that has just come up serves what is stored, and no closing that is on its disk is open.
    pub(super) fn after_boot(&mut self, slot: usize) {
        let Some(process) = &self.slots[slot].process else { return };
        let mut book = open(&self.book);
        for record in self.slots[slot].disk.pending.lock().unwrap().iter() {
            let Some(stored) = book.database.records.get(&record.rollout) else { continue };
            let Some(shape) = book.shape(&stored.plan.text) else { continue };
            let Some(sight) = book.served.last(process.seat.process, &shape.flag).cloned() else { continue };
            if sight.rollout == record.rollout && sight.attempt <= record.attempt && !sight.closed {
                book.broken("a-restart-remembers-the-closing", format!("{record:?} and {sight:?}"));
            }
        }
    }
}

fn closed_since(state: &State, attempt: u32) -> bool {
    match state {
        State::RolledBack { attempt: stored, .. } => *stored >= attempt,
        other => other.attempt() > attempt,
    }
}

/// A live rollout is looked at again and again, whatever else happens.
fn look_at_checks(book: &mut Book, process: &Process, view: &View, world: u64) {
    let id = process.seat.process;
    let (State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage)) = &view.state else { return };
    let key = (id, view.plan.name.clone(), stage.attempt, stage.step);
    let since = *book.live_since.entry(key).or_insert(world);
    let Some(shape) = book.shape(&view.source.text) else { return };
    let watching = matches!(view.state, State::Watching(_));
    let every = millis(shape.every(stage.wave, watching));
    let asked = book.histories.last_asked.get(&(id, view.plan.name.clone())).copied().unwrap_or(0);
    let last = asked.max(since).max(process.born).max(process.thawed);
    if world > last + 3 * every + PATIENCE {
        book.broken("checks-go-on", format!("{} was looked at {} ms ago", view.plan.name, world - last));
    }
    // Answers that close at once have closed, when they were of this stage.
    if let Some(asked) = book.closing_answers(id, &shape, since)
        && asked > since
        && asked > process.thawed
        && asked + PATIENCE < world
    {
        book.broken(
            "bad-answers-close",
            format!("{} is {:?} after bad answers at {asked}", view.plan.name, view.state),
        );
    }
}
