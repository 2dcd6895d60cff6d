//! A step back that is served and that the store does not have: it is remembered beside it, and counts in whatever record
//! is gone on from.

use super::evidence::Grounds;
use super::lane::Lane;
use super::saving::READ_TIMEOUT;
use crate::flag::Rank;
use crate::rollout::{self, State};
use crate::store::journal::NarrowingRecord;
use std::sync::Arc;
use tokio::time::timeout;

impl Lane {
    /// Writes a step back that is served into the local record: a crash must not serve more users again. Where the
    /// disk does not take it either, it is served all the same.
    pub(super) async fn note_step_back(&mut self, seen: String) {
        let (State::Running(stage) | State::Paused { stage, .. }) = &*self.state else { return };
        let (rollout, attempt, step) = (self.plan.name.clone(), stage.attempt, stage.step);
        let record = NarrowingRecord { rollout, attempt, step, wave: stage.wave, at: stage.entered, seen };
        self.stepped_back = Some(record.clone());
        let Some(journal) = self.shared.world.journal.clone() else { return };
        let work = timeout(READ_TIMEOUT, journal.remember_narrowing(record));
        match self.meanwhile_closing(work).await {
            Ok(Ok(())) => self.narrowed = Some((attempt, step)),
            Ok(Err(_)) | Err(_) => {
                tracing::error!(rollout = %self.plan.name, "the local record of steps back cannot be written either");
            }
        }
    }

    /// The store has the step back, or what came after it. A record that is left behind does no harm.
    pub(super) async fn clear_narrowing(&mut self) {
        let (Some((attempt, step)), Some(journal)) = (self.narrowed.take(), self.shared.world.journal.clone()) else {
            return;
        };
        let work = timeout(READ_TIMEOUT, journal.forget_narrowing(self.plan.name.clone(), attempt, step));
        if !matches!(self.meanwhile_closing(work).await, Ok(Ok(()))) {
            tracing::warn!(rollout = %self.plan.name, "the local record of a stored step back could not be cleared");
        }
    }

    /// Goes back once more where the local record says so and the store does not know of it.
    pub(super) async fn narrow_again(&mut self) {
        let mut own = self.shared.world.journal.as_ref().map(|journal| journal.narrowings()).unwrap_or_default();
        own.retain(|record| record.rollout == self.plan.name);
        let (recorded, mut again) = (!own.is_empty(), false);
        for record in own {
            let NarrowingRecord { attempt, step, wave, at, seen, .. } = record;
            self.narrowed = Some((attempt, step));
            let number = (attempt, step);
            if let Some(decision) = rollout::step_back_again(&self.plan, &self.state, number, (wave, &seen), at) {
                let (entries, messages) = self.rows(&decision, Grounds::default());
                self.owed.add(entries, messages);
                self.take_up(decision);
                again = true;
            }
        }
        self.behind |= again;
        if recorded && !again {
            self.clear_narrowing().await;
        }
    }

    /// A step back that is served and not stored counts in whatever record is gone on from, and its row is still owed.
    pub(super) fn step_back_again(&mut self) -> bool {
        let Some(NarrowingRecord { attempt, step, wave, at, seen, .. }) = self.stepped_back.clone() else {
            return false;
        };
        let number = (attempt, step);
        let Some(decision) = rollout::step_back_again(&self.plan, &self.state, number, (wave, &seen), at) else {
            self.stepped_back = None;
            return false;
        };
        let (entries, messages) = self.rows(&decision, Grounds::default());
        self.owed.add(entries, messages);
        self.state = Arc::new(decision.next);
        true
    }

    /// Goes on from the number of the exposure that is served. A step back that was served and not stored has one
    /// that the store does not know of, and what opens next must come after it.
    pub(super) fn number_after_what_is_served(&mut self) {
        let Some(served) = self.shared.world.publisher.rank(&self.plan.flag, &self.plan.name) else { return };
        match Arc::make_mut(&mut self.state) {
            State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage)
                if served < Rank::closed(stage.attempt) && served.attempt() == stage.attempt =>
            {
                stage.step = stage.step.max(served.step());
            }
            State::Running(_)
            | State::Paused { .. }
            | State::Watching(_)
            | State::Pending { .. }
            | State::Completed { .. }
            | State::RolledBack { .. } => {}
        }
    }
}
