//! Triggers: what they close is closed the moment they are seen; what else they bring is taken up in
//! the order in which they came, and stored once for all that came together.

use super::evidence::Grounds;
use super::inbox::{Trigger, TriggerKind, Triggered};
use super::lane::{Lane, answer};
use super::saving::{Saved, is_live};
use super::view::CommandError;
use crate::publish::Closed;
use crate::rollout::{self, Cause, Concern, Decision, Effect, Event, Reported, State, concern, counts_event, decide};
use crate::units::{RolloutName, UnixMillis};
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The most triggers that are received before those that came are taken up.
const ROUND: usize = 256;

/// The most triggers that wait for a busy lane. What comes on top of that is to be sent again.
const MOST_WAITING: usize = 4_096;

type Reply = oneshot::Sender<Result<Triggered, CommandError>>;

/// A trigger that was taken up and closed nothing.
struct Noted {
    trigger: Trigger,
    /// It changed what the rollout remembers.
    news: bool,
}

impl Lane {
    /// Receives a trigger and those right behind it.
    pub(super) fn receive(&mut self, first: Trigger) {
        self.set_aside(first);
        for _ in 1..ROUND {
            let Ok(trigger) = self.triggers.try_recv() else { return };
            self.set_aside(*trigger);
        }
    }

    /// Closes the flag if that is what the trigger means as things stand, and keeps it for later.
    pub(super) fn set_aside(&mut self, trigger: Trigger) {
        if let Some(holder) = self.overtaken_by(&trigger.kind) {
            let flag = &self.plan.flag;
            let sentence =
                format!("{} is over, and {flag} is driven by {holder} now: roll that one back", self.plan.name);
            return answer(trigger.reply, Err(CommandError::Refused(sentence)));
        }
        // The first closing is always kept, for nothing else would write down what is served now.
        let full = self.waiting.len().saturating_add(self.closings.len()) >= MOST_WAITING;
        match self.foresee(&trigger.kind, full) {
            Some(cause) => {
                self.close_at_once(&cause, trigger.accepted);
                match !full || self.closings.is_empty() {
                    true => self.closings.push_back((trigger, cause)),
                    false => answer(trigger.reply, Err(too_many())),
                }
            }
            None if !full => self.waiting.push_back(trigger),
            // More alerts than a rollout can remember wait already, and none of them closes it.
            None if matches!(trigger.kind, TriggerKind::Firing(_)) => answer(trigger.reply, Ok(Triggered::Noted)),
            None => answer(trigger.reply, Err(too_many())),
        }
    }

    /// Why a trigger closes the flag, judged together with what waits already: three reports close at the third,
    /// however long the lane is busy. What it changes is foreseen, unless there is no room to keep it.
    fn foresee(&mut self, kind: &TriggerKind, full: bool) -> Option<Cause> {
        let now = self.now();
        if let (TriggerKind::Posted { event, .. }, false) = (kind, full) {
            let foreseen = self.foreseen.get_or_insert_with(|| Arc::clone(&self.state));
            return match rollout::post(&self.plan, Arc::make_mut(foreseen), event, now) {
                Reported::Closes(cause) => Some(cause),
                Reported::Counted | Reported::Nothing => None,
            };
        }
        let standing = self.foreseen.as_ref().unwrap_or(&self.state);
        match decide(&self.plan, standing, &event_of(kind), now) {
            Ok(Decision { effect: Effect::Close(_), next: State::RolledBack { cause, .. }, .. }) => Some(cause),
            Ok(decision) if !full => {
                self.foreseen = Some(Arc::new(decision.next));
                None
            }
            Ok(_) | Err(_) => None,
        }
    }

    fn close_at_once(&mut self, cause: &Cause, accepted: Instant) {
        let Some(Effect::Close(closing)) = self.closing_for(cause, self.now()).map(|decision| decision.effect) else {
            return;
        };
        if self.shared.world.publisher.close(&self.plan.flag, closing.overlay()) == Closed::Now {
            self.shared.world.metrics.rolled_back(accepted.elapsed());
        }
        if !matches!(cause, Cause::Train { .. }) {
            self.shared.board.closed(&self.plan.name, self.state.attempt(), cause);
        }
    }

    /// Looks once more at what waits, for the rollout stands elsewhere than when it came.
    pub(super) fn look_again(&mut self) {
        self.foreseen = None;
        for trigger in std::mem::take(&mut self.waiting) {
            self.set_aside(trigger);
        }
    }

    pub(super) fn has_triggers(&self) -> bool {
        !self.closings.is_empty() || !self.waiting.is_empty()
    }

    /// Takes up what waits, closings first.
    pub(super) async fn take_up_triggers(&mut self) {
        match self.closings.pop_front() {
            Some((trigger, cause)) => self.on_closed(trigger, &cause).await,
            None => self.on_waiting().await,
        }
    }

    /// What was closed stays closed, also where the stage that began meanwhile has other conditions:
    /// what is served and what is stored must not part.
    async fn on_closed(&mut self, trigger: Trigger, cause: &Cause) {
        match self.closing_for(cause, self.now()) {
            Some(decision) => {
                let reported = reported(&trigger.kind);
                let grounds = Grounds { reported: reported.as_deref(), ..Grounds::default() };
                self.take_closing(decision, grounds, Some(trigger)).await;
            }
            None => self.answer_closed(trigger),
        }
    }

    /// The decision to close for a cause that was decided on before. `None` when it is closed.
    pub(super) fn closing_for(&self, cause: &Cause, at: UnixMillis) -> Option<Decision> {
        let event = Event::Rollback { by: String::new(), reason: None };
        let mut decision = decide(&self.plan, &self.state, &event, at).ok()?;
        decision.replace_cause(cause);
        matches!(decision.effect, Effect::Close(_)).then_some(decision)
    }

    /// Takes up triggers that do not close: one after the other in memory, then all of them in the store.
    async fn on_waiting(&mut self) {
        self.foreseen = None;
        let before = Arc::clone(&self.state);
        let (mut noted, mut check_now) = (Vec::new(), false);
        while let Some(trigger) = self.waiting.pop_front() {
            let concerned = self.concerned(&trigger.kind);
            if let (TriggerKind::Posted { event, .. }, true) = (&trigger.kind, is_live(&self.state)) {
                let now = self.now();
                let news = match rollout::post(&self.plan, Arc::make_mut(&mut self.state), event, now) {
                    Reported::Nothing => false,
                    Reported::Counted => true,
                    Reported::Closes(cause) => {
                        self.close_at_once(&cause, trigger.accepted);
                        self.closings.push_back((trigger, cause));
                        break;
                    }
                };
                check_now |= news;
                noted.push(Noted { trigger, news });
                continue;
            }
            match self.decide(&event_of(&trigger.kind)) {
                Err(refused) => answer(trigger.reply, Err(refused)),
                // Together with one before it, it does close.
                Ok(Decision { effect: Effect::Close(_), .. }) => {
                    self.set_aside(trigger);
                    break;
                }
                Ok(_) if concerned && matches!(*self.state, State::RolledBack { .. }) => self.answer_closed(trigger),
                Ok(decision) => {
                    check_now |= decision.check_now;
                    let news = decision.next != *self.state;
                    if news {
                        self.take_up(decision);
                    }
                    noted.push(Noted { trigger, news });
                }
            }
        }
        if !self.closings.is_empty() {
            // The closing comes first, to the store too: with what closed it known there and the flag open, a crash
            // would have its sender told that it was counted before. What was noted is answered as closed.
            for noted in noted.into_iter().rev() {
                self.waiting.push_front(noted.trigger);
            }
            return;
        }
        let saved = self.save_noted(&before, &noted).await;
        if saved == Saved::Conflict {
            let version = self.version;
            self.reload().await;
            if self.reload_at.is_none() && self.version != version {
                // The record is another one: what was noted is noted in that.
                for noted in noted.into_iter().rev() {
                    self.waiting.push_front(noted.trigger);
                }
                return self.look_again();
            }
        }
        if check_now {
            self.check_at = Some(Instant::now());
        }
        self.announce();
        for noted in noted {
            self.answer_noted(noted, &saved);
        }
    }

    /// Stores what triggers changed. A report that is known already may be known to memory alone, from a time
    /// when the store was away: then it is stored now.
    async fn save_noted(&mut self, before: &State, noted: &[Noted]) -> Saved {
        let posted = |noted: &Noted| matches!(noted.trigger.kind, TriggerKind::Posted { .. });
        let behind = self.behind && noted.iter().any(posted);
        let needed = (*self.state != *before || behind) && self.unsaved.is_none();
        if needed { self.save_memory().await } else { Saved::Yes }
    }

    /// An alert is sent again for as long as it fires. A report is not: its sender is told that it was counted
    /// only once that is durable.
    fn answer_noted(&self, noted: Noted, saved: &Saved) {
        let Noted { trigger, news } = noted;
        let concerned = self.concerned(&trigger.kind) && is_live(&self.state);
        let posted = matches!(trigger.kind, TriggerKind::Posted { .. });
        let outcome = match saved {
            _ if !concerned => Ok(Triggered::NotConcerned),
            Saved::Yes if posted && !news => Ok(Triggered::Repeated),
            Saved::No(why) if posted => Err(not_stored(&self.plan.name, why)),
            Saved::Conflict if posted => Err(not_stored(&self.plan.name, "its record was changed at the same moment")),
            Saved::Yes | Saved::No(_) | Saved::Conflict => Ok(Triggered::Noted),
        };
        answer(trigger.reply, outcome);
    }

    /// The rollout that has taken the flag over since this one completed: closing this one would take
    /// the candidate from nobody.
    fn overtaken_by(&self, kind: &TriggerKind) -> Option<RolloutName> {
        match (kind, &*self.state) {
            (TriggerKind::Rollback { .. } | TriggerKind::Recalled { .. }, State::Completed { .. }) => {
                self.shared.world.publisher.holder(&self.plan.flag).filter(|holder| *holder != self.plan.name)
            }
            (
                TriggerKind::Rollback { .. }
                | TriggerKind::Recalled { .. }
                | TriggerKind::Firing(_)
                | TriggerKind::Resolved { .. }
                | TriggerKind::Posted { .. },
                _,
            ) => None,
        }
    }

    fn concerned(&self, kind: &TriggerKind) -> bool {
        match kind {
            TriggerKind::Firing(alert) => concern(&self.plan, alert) != Concern::No,
            TriggerKind::Rollback { .. } | TriggerKind::Recalled { .. } => true,
            TriggerKind::Resolved { .. } => false,
            TriggerKind::Posted { event, .. } => counts_event(&self.plan, &event.name),
        }
    }

    /// Answers a trigger for what is closed already: at once when that is durable, together with the
    /// first one otherwise.
    fn answer_closed(&mut self, trigger: Trigger) {
        let view = Box::new(self.view());
        match &mut self.unsaved {
            Some(unsaved) if !unsaved.journaled => unsaved.answer_later(trigger.reply),
            Some(_) | None => answer(trigger.reply, Ok(Triggered::AlreadyClosed(view))),
        }
    }
}

impl super::saving::Unsaved {
    /// Whoever went away meanwhile needs no answer, so that senders who try again and again do not pile up.
    fn answer_later(&mut self, reply: Reply) {
        if self.replies.len() >= MOST_WAITING {
            self.replies.retain(|reply| !reply.is_closed());
        }
        match self.replies.len() < MOST_WAITING {
            true => self.replies.push(reply),
            false => answer(reply, Err(too_many())),
        }
    }
}

fn too_many() -> CommandError {
    CommandError::Unavailable("too many triggers wait for the store: send it again".to_owned())
}

fn not_stored(rollout: &RolloutName, why: &str) -> CommandError {
    CommandError::Unavailable(format!("{rollout} could not store the event: {why}; send it again with the same `id`"))
}

/// The label of alerts from sources that are named in the settings.
pub(super) const NAMED_BY: &str = "trigger";

/// As much of a sender's identity of an alert as the ledger's sentence has, in characters.
const LONGEST_REPORTED: usize = 128;

/// What the sender of an event called it, and said of it; of an alert its source and identity there.
fn reported(kind: &TriggerKind) -> Option<String> {
    match kind {
        TriggerKind::Firing(alert) if alert.labels.contains_key(NAMED_BY) => {
            Some(alert.fingerprint.chars().take(LONGEST_REPORTED).collect())
        }
        TriggerKind::Posted { event, message: Some(message) } => Some(format!("{}: {message}", event.id)),
        TriggerKind::Posted { event, message: None } => Some(event.id.clone()),
        TriggerKind::Firing(_)
        | TriggerKind::Resolved { .. }
        | TriggerKind::Rollback { .. }
        | TriggerKind::Recalled { .. } => None,
    }
}

fn event_of(kind: &TriggerKind) -> Event {
    match kind {
        TriggerKind::Firing(alert) => Event::Firing(alert.clone()),
        TriggerKind::Resolved { fingerprint } => Event::Resolved { fingerprint: fingerprint.clone() },
        TriggerKind::Rollback { by, reason } => Event::Rollback { by: by.clone(), reason: reason.clone() },
        TriggerKind::Recalled { train, attempt, because, alone } => {
            let (train, attempt, because) = (train.clone(), *attempt, because.clone());
            Event::Recalled { train, attempt, because, alone: *alone }
        }
        TriggerKind::Posted { event, .. } => Event::Posted(event.clone()),
    }
}
