//! Making a lane's changes durable. An opening waits for it; a closing has been served before.

use super::evidence::Grounds;
use super::handle::read_plan;
use super::inbox::{Trigger, Triggered};
use super::lane::{Lane, answer};
use super::shared::serves_candidate;
use super::train::Permit;
use super::view::CommandError;
use crate::clock::after;
use crate::flag::Overlay;
use crate::planted::{self, Bug};
use crate::rollout::{self, Decision, Effect, Event, Exposures, State, decide, standing_waits};
use crate::store::journal::ClosingRecord;
use crate::store::{Change, CommitError, Entry, Message, Record};
use crate::units::format_duration;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

/// A commit that takes longer is treated as failed: whether it took place is found out by reading. The
/// two together are less than three of the shortest check intervals, so that with a store that hangs
/// the time between two checks still counts as watched, and a `for` runs out.
pub(super) const COMMIT_TIMEOUT: Duration = Duration::from_millis(1_500);
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(1);
/// A closing that the store has not taken by then goes into the local record: until it is in one of
/// them, a crash would forget what is served.
const CLOSING_TIMEOUT: Duration = Duration::from_millis(250);
/// The first and the longest pause between two attempts to store a closing.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Whether a change is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Saved {
    /// It is.
    Yes,
    /// The record was another than thought; it is read again.
    Conflict,
    /// It is not, or nobody knows.
    No(String),
}

/// What the store has of a rollout whose closing met a conflict there.
enum Found {
    /// The attempt is closed.
    Closed,
    /// A later attempt.
    BegunAnew(Box<Record>),
    /// The attempt, not closed; or nobody knows.
    StillOpen,
}

/// Rows of changes that took effect although they could not be stored: they are written with the next one.
#[derive(Debug, Default)]
pub(super) struct Owed {
    entries: Vec<Entry>,
    messages: Vec<Message>,
}

impl Owed {
    pub(super) fn add(&mut self, entries: Vec<Entry>, messages: Vec<Message>) {
        self.entries.extend(entries);
        self.messages.extend(messages);
    }

    /// These and then others.
    fn before(&self, entries: Vec<Entry>, messages: Vec<Message>) -> (Vec<Entry>, Vec<Message>) {
        ([self.entries.clone(), entries].concat(), [self.messages.clone(), messages].concat())
    }
}

/// A closing that is served, and stored as soon as the store takes it.
#[derive(Debug)]
pub(super) struct Unsaved {
    entries: Vec<Entry>,
    messages: Vec<Message>,
    accepted: Instant,
    pub(super) retry_at: Instant,
    pause: Duration,
    /// Whether the local record has it, so that whoever triggered it can be answered.
    pub(super) journaled: bool,
    pub(super) replies: Vec<oneshot::Sender<Result<Triggered, CommandError>>>,
}

impl Lane {
    /// Stores what a decision says, at the version this lane knows.
    pub(super) async fn save(&mut self, decision: &mut Decision, grounds: Grounds<'_>) -> Saved {
        if self.unsaved.is_some() && !planted::is(Bug::CommandsOvertakeTheClosing) {
            return Saved::No("an earlier closing is not stored yet".to_owned());
        }
        let (entries, messages) = self.rows(decision, grounds);
        // Lent for the commit and not copied: every check of every rollout stores its state.
        let next = std::mem::replace(&mut decision.next, State::Pending { attempts: 0 });
        let saved;
        (saved, decision.next) = self.commit_and_note(next, entries, messages).await;
        saved
    }

    /// Stores what is in memory.
    pub(super) async fn save_memory(&mut self) -> Saved {
        self.commit_and_note((*self.state).clone(), Vec::new(), Vec::new()).await.0
    }

    /// Commits, and sees to it that the record is read again when it is not known what became of that.
    /// Gives the state back.
    pub(super) async fn commit_and_note(
        &mut self,
        state: State,
        entries: Vec<Entry>,
        messages: Vec<Message>,
    ) -> (Saved, State) {
        let (saved, state) = self.commit(state, entries, messages, COMMIT_TIMEOUT).await;
        self.behind = saved != Saved::Yes;
        match &saved {
            Saved::Yes => self.store_problem = None,
            Saved::Conflict => self.reload_at = Some(Instant::now()),
            Saved::No(why) => {
                self.store_problem = Some(format!("the store does not take changes: {why}"));
                self.reload_at = Some(after(FIRST_PAUSE));
            }
        }
        (saved, state)
    }

    async fn commit(
        &mut self,
        state: State,
        entries: Vec<Entry>,
        messages: Vec<Message>,
        patience: Duration,
    ) -> (Saved, State) {
        let (entries, messages) = self.owed.before(entries, messages);
        let change = Change {
            rollout: self.plan.name.clone(),
            expected: Some(self.version),
            plan: (*self.source).clone(),
            state,
            entries,
            messages,
            at: self.now(),
        };
        let store = Arc::clone(&self.shared.world.store);
        let saved = match self.meanwhile_closing(timeout(patience, store.commit(&change))).await {
            Ok(Ok(version)) => {
                self.owed = Owed::default();
                self.version = version;
                self.stepped_back = None;
                self.clear_narrowing().await;
                Saved::Yes
            }
            Ok(Err(CommitError::Conflict { .. })) if planted::is(Bug::ConflictCountsAsDone) => Saved::Yes,
            Ok(Err(CommitError::Conflict { .. })) => Saved::Conflict,
            Ok(Err(CommitError::Unavailable(error))) => Saved::No(error.to_string()),
            Err(_elapsed) => Saved::No(format!("no answer within {}", format_duration(patience))),
        };
        (saved, change.state)
    }

    /// Takes a closing that is served already: memory first, then the store.
    pub(super) async fn take_closing(&mut self, decision: Decision, grounds: Grounds<'_>, trigger: Option<Trigger>) {
        self.remember_closing(decision, grounds, trigger);
        self.schedule();
        self.announce();
        if planted::is(Bug::AnswersTooSoon) {
            let view = self.view();
            for reply in self.unsaved.iter_mut().flat_map(|unsaved| unsaved.replies.drain(..)) {
                answer(reply, Ok(Triggered::Closed(Box::new(view.clone()))));
            }
        }
        self.save_closing().await;
    }

    fn remember_closing(&mut self, decision: Decision, grounds: Grounds<'_>, trigger: Option<Trigger>) {
        let (entries, messages) = self.rows(&decision, grounds);
        let accepted = trigger.as_ref().map_or_else(Instant::now, |trigger| trigger.accepted);
        self.take_up(decision);
        self.unsaved = Some(Unsaved {
            entries,
            messages,
            accepted,
            retry_at: Instant::now(),
            pause: FIRST_PAUSE,
            journaled: false,
            replies: trigger.into_iter().map(|trigger| trigger.reply).collect(),
        });
    }

    /// One attempt to store the closing. Fails into the local record, and into another attempt.
    pub(super) async fn save_closing(&mut self) {
        let Some(unsaved) = &self.unsaved else { return };
        let (mut entries, mut messages) = (unsaved.entries.clone(), unsaved.messages.clone());
        if planted::is(Bug::ClosingHasTwoRows) && unsaved.pause > FIRST_PAUSE {
            entries.extend(unsaved.entries.clone());
            messages.extend(unsaved.messages.clone());
        }
        let not_recorded = self.shared.world.journal.is_some() && !unsaved.journaled;
        let patience = if not_recorded { CLOSING_TIMEOUT } else { COMMIT_TIMEOUT };
        let (saved, _) = self.commit((*self.state).clone(), entries, messages, patience).await;
        let found = match &saved {
            Saved::Yes => Found::Closed,
            Saved::Conflict if planted::is(Bug::ClosingStopsAtAConflict) => Found::Closed,
            Saved::Conflict => self.closing_in_the_store().await,
            Saved::No(_) => Found::StillOpen,
        };
        match found {
            Found::Closed => return self.closing_stored().await,
            Found::BegunAnew(record) => return self.closing_overtaken(*record).await,
            Found::StillOpen => {}
        }
        if saved != Saved::Conflict {
            tracing::error!(rollout = %self.plan.name, "the closing is served but not stored yet; trying again");
        }
        self.journal_closing().await;
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.retry_at = after(unsaved.pause);
            if planted::is(Bug::ClosingIsTriedOnce) {
                unsaved.retry_at = after(Duration::MAX);
            }
            unsaved.pause = unsaved.pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
        self.store_problem = Some("its closing is served but not stored yet: the store does not answer".to_owned());
        self.announce();
    }

    /// After a conflict: reads the record and goes on from its version. The attempt may be closed in it
    /// already, because an earlier commit took place whose answer was lost, or because another process
    /// closed it: then that is the closing, and a second one would be a second row, with an older plan.
    async fn closing_in_the_store(&mut self) -> Found {
        let Some(record) = self.read_record().await else { return Found::StillOpen };
        self.version = record.version;
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.pause = FIRST_PAUSE;
        }
        let (stored, own) = (record.state.attempt(), self.state.attempt());
        match &record.state {
            _ if planted::is(Bug::ClosingIsWrittenTwice) => Found::StillOpen,
            _ if stored > own => Found::BegunAnew(Box::new(record)),
            State::RolledBack { .. } if stored == own => {
                self.adopt(record);
                Found::Closed
            }
            State::RolledBack { .. }
            | State::Pending { .. }
            | State::Running(_)
            | State::Paused { .. }
            | State::Watching(_)
            | State::Completed { .. } => Found::StillOpen,
        }
    }

    /// Another process knew that the attempt was over, and a person has begun a new one there. What closed
    /// the old one was never weighed against the new one, so whoever sent it is asked to send it again.
    async fn closing_overtaken(&mut self, record: Record) {
        let Some(unsaved) = self.unsaved.take() else { return };
        if unsaved.journaled {
            self.clear_journal(self.state.attempt()).await;
        }
        self.adopt(record);
        let why = "a new attempt has begun meanwhile: look again, and send it again if it still holds";
        for reply in unsaved.replies {
            answer(reply, Err(CommandError::Unavailable(why.to_owned())));
        }
    }

    async fn read_record(&mut self) -> Option<Record> {
        let (store, name) = (Arc::clone(&self.shared.world.store), self.plan.name.clone());
        let work = async move { timeout(READ_TIMEOUT, store.rollout(&name)).await };
        self.meanwhile_closing(work).await.ok()?.ok()?
    }

    async fn closing_stored(&mut self) {
        let Some(unsaved) = self.unsaved.take() else { return };
        self.shared.settle(&self.plan, &self.state);
        self.store_problem = None;
        self.shared.world.metrics.rollback_written(unsaved.accepted.elapsed());
        if unsaved.journaled {
            self.clear_journal(self.state.attempt()).await;
        }
        self.announce();
        for reply in unsaved.replies {
            answer(reply, Ok(Triggered::Closed(Box::new(self.view()))));
        }
    }

    /// A disk that hangs must not keep the lane: a record that is left behind does no harm.
    async fn clear_journal(&mut self, attempt: u32) {
        let Some(journal) = self.shared.world.journal.clone() else { return };
        let name = self.plan.name.clone();
        let work = timeout(READ_TIMEOUT, journal.forget(name, attempt));
        if !matches!(self.meanwhile_closing(work).await, Ok(Ok(()))) {
            tracing::warn!(rollout = %self.plan.name, "the local record of a stored closing could not be cleared");
        }
    }

    /// Writes the closing into the local record and answers whoever waits, once that is durable.
    async fn journal_closing(&mut self) {
        let State::RolledBack { attempt, at, cause, .. } = &*self.state else { return };
        let Some(journal) = self.shared.world.journal.clone() else { return };
        if self.unsaved.as_ref().is_none_or(|unsaved| unsaved.journaled) {
            return;
        }
        let record =
            ClosingRecord { rollout: self.plan.name.clone(), attempt: *attempt, at: *at, cause: cause.clone() };
        // A disk that hangs must not keep the store from being tried again.
        let work = timeout(READ_TIMEOUT, journal.remember(record));
        let written = self.meanwhile_closing(work).await;
        if !matches!(written, Ok(Ok(()))) {
            tracing::error!(rollout = %self.plan.name, "the local record of closings cannot be written either");
            return;
        }
        if planted::is(Bug::RecordIsClearedTooSoon) {
            self.clear_journal(self.state.attempt()).await;
        }
        self.shared.settle(&self.plan, &self.state);
        let view = self.view();
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.journaled = true;
            self.shared.world.metrics.rollback_written(unsaved.accepted.elapsed());
            for reply in unsaved.replies.drain(..) {
                answer(reply, Ok(Triggered::Closed(Box::new(view.clone()))));
            }
        }
    }

    /// Reads the record again after a change whose outcome is not known, and goes on from it.
    pub(super) async fn reload(&mut self) {
        self.reload_at = None;
        let Some(record) = self.read_record().await else {
            self.reload_at = Some(after(super::lane::RELOAD_AFTER));
            return;
        };
        if self.unsaved.is_some() {
            return;
        }
        if record.version != self.version {
            self.adopt(record);
        }
        // The flag and the slice were claimed for a beginning, of which it is known now whether it took place.
        self.shared.settle(&self.plan, &self.state);
        self.settle_permit().await;
    }

    /// Goes on from a record that another attempt to write has left.
    fn adopt(&mut self, record: Record) {
        tracing::warn!(rollout = %self.plan.name, version = record.version, "goes on from what is stored");
        if record.plan != *self.source
            && let Ok(plan) = read_plan(&record.plan)
        {
            if (&self.plan.flag, &self.plan.layer) != (&plan.flag, &plan.layer) {
                self.shared.release(&self.plan);
            }
            self.plan = plan;
            self.source = Arc::new(record.plan);
        }
        self.owed = Owed::default();
        self.version = record.version;
        if planted::is(Bug::ConflictKeepsTheState) {
            return;
        }
        self.state = Arc::new(record.state);
        self.behind = self.step_back_again();
        self.number_after_what_is_served();
        self.updated = record.updated;
        self.waits = standing_waits(&self.plan, &self.state, self.now()).into();
        self.store_problem = None;
        self.look_again();
        self.serve();
        self.schedule();
        self.announce();
    }

    /// A closing that is not stored yet gets one more chance before the program ends.
    pub(super) async fn save_before_stop(&mut self) {
        if self.unsaved.is_some() {
            self.save_closing().await;
        }
    }

    /// A rollout as it was found in the store: closed at once if the local record says so, and its
    /// clock taken up without the time that nobody watched.
    pub(super) async fn recover(&mut self, closing: Option<ClosingRecord>) {
        if let Some(closing) = closing {
            // A closing of an earlier attempt has been overtaken by a person's retry.
            let same = self.state.attempt() == closing.attempt;
            match self.closing_for(&closing.cause, closing.at).filter(|_| same) {
                Some(decision) => {
                    self.remember_closing(decision, Grounds::default(), None);
                    // It is in the local record already, so it is cleared from there once it is stored.
                    if let Some(unsaved) = &mut self.unsaved {
                        unsaved.journaled = true;
                    }
                }
                None => self.clear_journal(closing.attempt).await,
            }
        }
        self.narrow_again().await;
        if self.unsaved.is_none() {
            // One that broke down may have left what it had claimed.
            self.shared.settle(&self.plan, &self.state);
        }
        self.serve();
        if let Ok(decision) = decide(&self.plan, &self.state, &Event::Recovered, self.now()) {
            self.state = Arc::new(decision.next);
            self.waits = decision.waits.into();
        }
    }

    /// Serves what the state says, and claims what it needs: the flag if somebody watches over it, the slice of a
    /// layer as long as the candidate is served.
    fn serve(&self) {
        let Some(overlay) = rollout::overlay(&self.plan, &self.state) else { return };
        if serves_candidate(&self.state)
            && let Err(taken) = self.shared.claim_again(&self.plan, &self.state)
        {
            tracing::error!(rollout = %self.plan.name, %taken, "two live rollouts for one flag: the other one is served");
            return;
        }
        self.lay(overlay);
    }

    /// Lays an exposure over the flag. Where triggers wait that close it, it is laid closed: until now the
    /// flag may have been that of another rollout, which they could not close.
    pub(super) fn lay(&self, overlay: Overlay) {
        // Its train was stopped while it began, and closes it as soon as it sees that it has.
        if self.permit.as_ref().is_some_and(Permit::is_gone)
            && let Some(closed) = rollout::closing_overlay(&self.plan, &self.state)
        {
            self.shared.world.publisher.open(&self.plan.flag, closed);
            return;
        }
        let closing = self
            .closings
            .front()
            .filter(|_| !planted::is(Bug::OpensWhatIsBeingClosed))
            .and_then(|(_, cause)| self.closing_for(cause, self.now()));
        let overlay = match closing.map(|decision| decision.effect) {
            Some(Effect::Close(closing)) => closing.overlay().clone(),
            Some(Effect::Keep | Effect::Open(_) | Effect::Narrow(_)) | None => overlay,
        };
        let counts = self.plan.exposures == Exposures::Evaluations;
        self.shared.world.publisher.open_counted(&self.plan.flag, overlay, counts);
    }

    pub(super) fn all_problems(&self) -> Vec<String> {
        let flag = match &*self.state {
            State::Completed { .. } => Vec::new(),
            State::RolledBack { .. } => super::evidence::renamed_candidate(&self.shared.world, &self.plan),
            State::Pending { .. } | State::Running(_) | State::Paused { .. } | State::Watching(_) => {
                super::evidence::flag_problems(&self.shared.world, &self.plan)
            }
        };
        let metrics = match &*self.state {
            State::Completed { .. } | State::RolledBack { .. } => Vec::new(),
            State::Pending { .. } | State::Running(_) | State::Paused { .. } | State::Watching(_) => {
                self.shared.world.readings.problems(&self.plan)
            }
        };
        self.store_problem.iter().chain(&self.plan_problem).cloned().chain(flag).chain(metrics).collect()
    }
}

/// Whether somebody has the candidate and the rollout is watched.
pub(super) const fn is_live(state: &State) -> bool {
    match state {
        State::Running(_) | State::Paused { .. } | State::Watching(_) => true,
        State::Pending { .. } | State::Completed { .. } | State::RolledBack { .. } => false,
    }
}
