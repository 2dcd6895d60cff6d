//! One train's task: looks how its members stand, lets the core decide, saves, and tells them. A closing waits for
//! nothing; whatever opens is stored first.

use super::commands::TrainCommand;
use super::members::{InFlight, Permit};
use super::saving::{Owed, Saving};
use super::view::{MemberView, TrainView};
use crate::clock::after;
use crate::controller::handle::Controller;
use crate::controller::shared::Shared;
use crate::controller::view::CommandError;
use crate::rollout::train::{
    Order, Train, TrainDecision, TrainEvent, TrainState, TrainWait, decide_train, train_sentence,
};
use crate::store::PlanSource;
use crate::units::{RolloutName, UnixMillis};
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// How often is looked when nothing is heard of any member: what a check saw grows old.
const LOOKED_EVERY: Duration = Duration::from_secs(5);

/// How soon a member that could not begin is told again.
const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(15);

/// After so many looks without a break everything else gets a turn.
const LOOKS_IN_A_ROW: u32 = 16;

/// A train and the task that owns it.
pub(in crate::controller) struct TrainLane {
    pub(super) controller: Controller,
    pub(super) shared: Arc<Shared>,
    pub(super) train: Arc<Train>,
    pub(super) source: Arc<PlanSource>,
    pub(super) state: TrainState,
    pub(super) version: u64,
    pub(super) updated: UnixMillis,
    pub(super) waits: Vec<TrainWait>,
    /// Why the store does not take changes.
    pub(super) store_problem: Option<String>,
    /// Why a newer plan cannot take effect.
    pub(super) plan_problem: Option<String>,
    /// What is on its way to the store.
    pub(super) saving: Option<Saving>,
    /// Rows of what took effect already, which the store does not have yet.
    pub(super) owed: Owed,
    /// When what the store does not have is tried again.
    pub(super) save_at: Option<Instant>,
    /// Leave for the member that was told to begin and has not answered.
    pub(super) beginning: Option<Permit>,
    /// The store has said at this moment that the state is the one that is known here.
    pub(super) confirmed: bool,
    /// Closings that are not known to be durable.
    pub(super) closing: InFlight,
    /// Until when no member is told to begin again, and why the last one could not.
    pub(super) refused: Option<(Instant, String)>,
    /// What became of beginnings.
    pub(super) begun: (mpsc::Sender<Begun>, mpsc::Receiver<Begun>),
    pub(super) bell: Arc<Notify>,
    pub(super) commands: mpsc::Receiver<TrainCommand>,
    /// Looked at before all else.
    pub(super) rollbacks: mpsc::Receiver<TrainCommand>,
    pub(super) views: watch::Sender<TrainView>,
}

/// What became of a member that was told to begin.
pub(super) type Begun = (RolloutName, Result<(), CommandError>);

impl TrainLane {
    /// Runs until the program stops.
    pub(super) async fn run(mut self, shutdown: CancellationToken) {
        let mut looks = 0_u32;
        loop {
            self.announce();
            let save_at = self.save_at.filter(|_| self.saving.is_none());
            let next_look = self.next_look();
            tokio::select! {
                biased;
                Some(command) = self.rollbacks.recv() => self.on_command(command),
                () = self.bell.notified(), if looks < LOOKS_IN_A_ROW => {
                    looks = looks.saturating_add(1);
                    self.look();
                    continue;
                }
                () = shutdown.cancelled() => break,
                () = at(save_at) => self.save_owed(),
                saved = Saving::done(&mut self.saving) => self.on_saved(saved),
                Some((rollout, result)) = self.begun.1.recv() => self.on_begun(&rollout, result),
                // A command waits its turn: it is decided on what is known to be stored.
                Some(command) = self.commands.recv(), if self.saving.is_none() => self.on_command(command),
                () = sleep_until(next_look) => self.look(),
                () = ready(()), if looks >= LOOKS_IN_A_ROW => {}
            }
            looks = 0;
        }
        self.save_before_stop().await;
    }

    pub(super) fn now(&self) -> UnixMillis {
        self.shared.world.clock.now()
    }

    fn next_look(&self) -> Instant {
        let again = self.refused.as_ref().map(|(until, _)| *until);
        let usual = after(self.shared.world.clock.in_the_world(LOOKED_EVERY));
        again.map_or(usual, |again| again.min(usual))
    }

    /// Looks how the members stand and does what follows from it.
    pub(super) fn look(&mut self) {
        let (now, confirmed) = (self.now(), std::mem::take(&mut self.confirmed));
        let standings = self.standings(now);
        let Ok(decision) = decide_train(&self.train, &self.state, &TrainEvent::Looked, &standings, now) else { return };
        let closes = decision.orders.iter().any(|order| matches!(order, Order::Close { .. }));
        if closes || stops(&decision) {
            drop(self.take_closing(decision));
            return;
        }
        self.waits.clone_from(&decision.waits);
        let begins = decision.orders.iter().any(|order| matches!(order, Order::Begin { .. }));
        if !begins {
            // What it was told to begin on is not so any more.
            self.beginning.iter().for_each(Permit::take_back);
        }
        let paced = self.refused.as_ref().filter(|(until, _)| *until > Instant::now());
        match paced {
            Some((_, why)) if begins => self.waits = vec![TrainWait::Member(why.clone())],
            Some(_) => {}
            None => self.refused = None,
        }
        if self.saving.is_some() || self.save_at.is_some() {
            return;
        }
        if !begins {
            return match decision.next == self.state {
                true => self.tell(decision.orders),
                false => self.save(decision, None),
            };
        }
        if self.refused.is_some() || self.beginning.is_some() {
            return;
        }
        if let Some(problem) = self.problem() {
            self.waits = vec![TrainWait::Member(problem)];
            return;
        }
        // Nothing is opened before it is stored; and it is told at once after that, or stored anew: a process that does
        // not know that another one has stopped the train is told so by the store.
        match confirmed && decision.next == self.state {
            true => self.tell(decision.orders),
            false => self.save(decision, None),
        }
    }

    fn on_begun(&mut self, rollout: &RolloutName, result: Result<(), CommandError>) {
        self.beginning = None;
        self.refused = result.err().map(|error| {
            let pause = self.shared.world.clock.in_the_world(TOLD_AGAIN_AFTER);
            (after(pause), format!("{rollout} has not begun: {error}"))
        });
        self.look();
    }

    pub(super) fn announce(&self) {
        let view = self.view();
        let news = {
            let last = self.views.borrow();
            (last.version, &last.waits, &last.problems) != (view.version, &view.waits, &view.problems)
        };
        self.views.send_replace(view);
        if news {
            self.shared.changes.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    pub(super) fn view(&self) -> TrainView {
        let member = |rollout: &RolloutName| MemberView {
            rollout: rollout.clone(),
            ride: self.state.run().and_then(|run| run.ride(rollout)),
            view: self.controller.member(rollout).map(Box::new),
        };
        TrainView {
            train: Arc::clone(&self.train),
            source: Arc::clone(&self.source),
            state: self.state.clone(),
            version: self.version,
            reason: reason(&self.state, &self.waits),
            waits: self.waits.clone(),
            needs_person: !self.waits.is_empty() && self.waits.iter().all(TrainWait::needs_person),
            members: self.train.members.iter().map(|one| member(&one.rollout)).collect(),
            updated: self.updated,
            problems: self.store_problem.iter().chain(&self.plan_problem).cloned().collect(),
        }
    }
}

/// Nobody is left to take it back: what has not begun by then is not to begin.
impl Drop for TrainLane {
    fn drop(&mut self) {
        self.beginning.iter().for_each(Permit::take_back);
    }
}

/// Whether a decision stops a train that was not stopped.
fn stops(decision: &TrainDecision) -> bool {
    matches!((&decision.next, &decision.change), (TrainState::Stopped { .. }, Some(_)))
}

fn reason(state: &TrainState, waits: &[TrainWait]) -> String {
    match state {
        TrainState::Stopped { because, .. } => format!("stopped: {because}"),
        TrainState::Completed { .. } => "completed".to_owned(),
        TrainState::Pending | TrainState::Running(_) | TrainState::Paused { .. } => train_sentence(waits),
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
