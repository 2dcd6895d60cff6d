//! One rollout's lane: the only task that changes it. Takes up events, lets the core decide, saves,
//! publishes. Nothing that it waits for keeps a trigger waiting.

use super::evidence::{Grounds, LastReading, entry, last_readings, message};
use super::gather::gather;
use super::inbox::{Command, Trigger};
use super::saving::{LONGEST_PAUSE, Owed, Saved, Unsaved};
use super::shared::Shared;
use super::told::{Last, Told};
use super::train::Permit;
use super::view::{CommandError, View};
use crate::clock::after;
use crate::planted::{self, Bug};
use crate::rollout::{
    self, Cause, Decision, Effect, Event, Evidence, Exposures, Finding, Plan, Split, State, Wait, decide,
};
use crate::store::PlanSource;
use crate::store::journal::NarrowingRecord;
use crate::telemetry::CheckResult;
use crate::units::UnixMillis;
use futures_util::future::{BoxFuture, FutureExt as _, OptionFuture};
use std::collections::VecDeque;
use std::future::{Future, ready};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// How long after a failed reading of the store it is read again.
pub(super) const RELOAD_AFTER: Duration = Duration::from_millis(500);

/// After so many rounds of triggers without a break everything else gets a turn: alerts that never
/// stop must not keep the metrics from being looked at.
const ROUNDS_IN_A_ROW: u32 = 16;

/// The attempt, when its stage was entered, and the plan's revision.
pub(super) type StageMark = (u32, UnixMillis, u32);

/// A rollout and the task that owns it.
pub(super) struct Lane {
    pub(super) shared: Arc<Shared>,
    pub(super) plan: Arc<Plan>,
    pub(super) source: Arc<PlanSource>,
    pub(super) state: Arc<State>,
    pub(super) version: u64,
    pub(super) updated: UnixMillis,
    pub(super) waits: Arc<[Wait]>,
    pub(super) readings: Arc<[LastReading]>,
    /// What the last check made of each condition.
    pub(super) findings: Arc<[Finding]>,
    /// How the last check found the users split.
    pub(super) split: Option<Split>,
    /// The stage of which this task has made a check.
    pub(super) looked: Option<StageMark>,
    /// Why the store does not take changes.
    pub(super) store_problem: Option<String>,
    /// Why a newer plan cannot take effect.
    pub(super) plan_problem: Option<String>,
    /// A closing that is served but not stored yet.
    pub(super) unsaved: Option<Unsaved>,
    /// Rows of what took effect without the store.
    pub(super) owed: Owed,
    /// The attempt and the step of a step back that the local record has and the store has not.
    pub(super) narrowed: Option<(u32, u32)>,
    /// A step back that is served, and that the store does not have.
    pub(super) stepped_back: Option<NarrowingRecord>,
    /// The store's record is not known for certain: it is read again before the next change.
    pub(super) reload_at: Option<Instant>,
    /// Its train lets it begin, while it does.
    pub(super) permit: Option<Permit>,
    /// Triggers for which the flag is closed already, and why; the rest of their work waits for the lane.
    pub(super) closings: VecDeque<(Trigger, Cause)>,
    /// Triggers that do not close the flag as it stands.
    pub(super) waiting: VecDeque<Trigger>,
    /// The state as it will be with those, where any wait.
    pub(super) foreseen: Option<Arc<State>>,
    /// Memory may know more than the store.
    pub(super) behind: bool,
    pub(super) triggers: mpsc::Receiver<Box<Trigger>>,
    pub(super) commands: mpsc::Receiver<Box<Command>>,
    pub(super) last: Arc<Last>,
    pub(super) check_at: Option<Instant>,
}

impl Lane {
    /// Runs until the program stops. A lane waits nearly always, and there are thousands of them: what it needs
    /// for the little that it does in between is boxed, so that it is there only then.
    pub(super) async fn run(mut self: Box<Self>, shutdown: CancellationToken) {
        let mut check: OptionFuture<BoxFuture<'static, Evidence>> = None.into();
        let mut checking = None;
        let mut rounds = 0_u32;
        self.schedule();
        self.announce();
        loop {
            if self.has_triggers() {
                self.take_up_triggers().boxed().await;
                continue;
            }
            // What is measured for a stage that is over says nothing of the one that began since.
            if checking.is_some_and(|stage| stage != self.stage_mark()) && !planted::is(Bug::StaleEvidenceCounts) {
                checking = None;
                check = None.into();
            }
            let due = self.check_at.filter(|_| checking.is_none());
            let reload = self.reload_at;
            let retry = self.unsaved.as_ref().map(|unsaved| unsaved.retry_at);
            tokio::select! {
                biased;
                Some(trigger) = self.triggers.recv(), if rounds < ROUNDS_IN_A_ROW => {
                    rounds = rounds.saturating_add(1);
                    self.receive(*trigger);
                    continue;
                }
                () = shutdown.cancelled() => break,
                () = at(retry) => self.save_closing().boxed().await,
                () = at(reload) => self.reload().boxed().await,
                Some(command) = self.commands.recv() => self.on_command(command).boxed().await,
                Some(evidence) = &mut check, if checking.is_some() => {
                    checking = None;
                    check = None.into();
                    self.on_checked(evidence).boxed().await;
                }
                () = at(due), if matches!(*self.state, State::Pending { .. }) => self.begin_on_time().boxed().await,
                () = at(due) => {
                    checking = Some(self.stage_mark());
                    let work = gather(self.shared.world.clone(), Arc::clone(&self.plan), Arc::clone(&self.state));
                    check = Some(work.boxed()).into();
                }
                () = ready(()), if rounds >= ROUNDS_IN_A_ROW => {}
            }
            rounds = 0;
        }
        self.save_before_stop().boxed().await;
    }

    /// Waits for something while triggers go on being served: what they close is closed at once, and
    /// the trigger is taken up in full as soon as the lane is free.
    pub(super) async fn meanwhile_closing<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                Some(trigger) = self.triggers.recv(), if !planted::is(Bug::TriggersWaitTheirTurn) => {
                    self.set_aside(*trigger);
                }
                done = &mut work => return done,
            }
        }
    }

    /// Waits for something that a closing makes pointless: then it is given up.
    pub(super) async fn unless_closed<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        while self.closings.is_empty() {
            tokio::select! {
                biased;
                Some(trigger) = self.triggers.recv(), if !planted::is(Bug::TriggersWaitTheirTurn) => {
                    self.set_aside(*trigger);
                }
                done = &mut work => return Some(done),
            }
        }
        None
    }

    pub(super) fn now(&self) -> UnixMillis {
        self.shared.world.clock.now()
    }

    pub(super) fn decide(&self, event: &Event) -> Result<Decision, CommandError> {
        decide(&self.plan, &self.state, event, self.now()).map_err(|refusal| CommandError::Refused(refusal.to_string()))
    }

    async fn on_checked(&mut self, evidence: Evidence) {
        self.readings = last_readings(&self.shared.world, &self.plan, &evidence);
        self.split = evidence.split;
        self.looked = self.stage_mark();
        let event = Event::Checked(evidence);
        let Ok(mut decision) = self.decide(&event) else { return };
        self.shared.world.metrics.checked(check_result(&decision));
        let moves = needs_the_store(&decision);
        let findings: Arc<[Finding]> = std::mem::take(&mut decision.findings).into();
        self.findings = Arc::clone(&findings);
        let evidence = if let Event::Checked(evidence) = &event { Some(evidence) } else { None };
        let saved = self.carry_out(decision, Grounds { evidence, findings: &findings, ..Grounds::default() }).await;
        self.schedule();
        if saved == Saved::Conflict || (moves && saved != Saved::Yes) {
            self.put_off_check();
        }
        self.announce();
    }

    /// A check of which nothing came of is not repeated at once: it would be due ever since, and the
    /// metrics would be asked without a pause until the store is back.
    fn put_off_check(&mut self) {
        let Some(every) = rollout::check_interval(&self.plan, &self.state) else { return };
        let pause = self.shared.world.clock.in_the_world(every).min(LONGEST_PAUSE);
        self.check_at = (!planted::is(Bug::ChecksEndAfterAFailure)).then(|| after(pause));
    }

    /// What tells one stage from another, and one plan for it from another.
    fn stage_mark(&self) -> Option<StageMark> {
        match &*self.state {
            State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => {
                Some((stage.attempt, stage.entered, self.source.revision))
            }
            State::Pending { .. } | State::Completed { .. } | State::RolledBack { .. } => None,
        }
    }

    /// Does what a decision says: closes first and stores after, or stores first and opens after.
    pub(super) async fn carry_out(&mut self, mut decision: Decision, grounds: Grounds<'_>) -> Saved {
        match decision.effect.clone() {
            Effect::Close(closing) => {
                if planted::is(Bug::ClosesAfterItIsStored) {
                    self.take_closing(decision, grounds, None).await;
                    self.shared.world.publisher.close(&self.plan.flag, closing.overlay());
                    return Saved::Yes;
                }
                self.shared.world.publisher.close(&self.plan.flag, closing.overlay());
                self.take_closing(decision, grounds, None).await;
                Saved::Yes
            }
            Effect::Narrow(narrowing) => {
                // Fewer users is the safe side: it takes effect whether or not it can be stored.
                self.lay(narrowing.overlay().clone());
                let saved = self.save(&mut decision, grounds).await;
                if saved != Saved::Yes {
                    let (entries, messages) = self.rows(&decision, grounds);
                    self.owed.add(entries, messages);
                }
                let seen = stepped_back(&decision);
                self.take_up(decision);
                // What waits was foreseen for the wave that it is not in any more.
                self.look_again();
                if let (Saved::No(_) | Saved::Conflict, Some(seen)) = (&saved, seen) {
                    self.note_step_back(seen).await;
                }
                saved
            }
            Effect::Open(opening) => {
                if planted::is(Bug::OpensBeforeItIsStored) {
                    let counts = self.plan.exposures == Exposures::Evaluations;
                    let overlay = opening.clone().into_overlay();
                    self.shared.world.publisher.open_counted(&self.plan.flag, overlay, counts);
                }
                let saved = self.save(&mut decision, grounds).await;
                if saved == Saved::Yes {
                    self.take_up(decision);
                    // What came while this was being stored may close what would be opened now.
                    self.look_again();
                    self.lay(opening.into_overlay());
                }
                saved
            }
            Effect::Keep if decision.change.is_some() => {
                let saved = self.save(&mut decision, grounds).await;
                if saved == Saved::Yes || !needs_the_store(&decision) {
                    self.take_up(decision);
                }
                saved
            }
            Effect::Keep => self.keep_in_memory(decision).await,
        }
    }

    /// Takes a decision that opens nothing. What a check remembers must not be lost to a store that is
    /// away, or a `for` would never run out: memory goes on, and the store catches up.
    async fn keep_in_memory(&mut self, mut decision: Decision) -> Saved {
        let saved =
            if decision.next == *self.state { Saved::Yes } else { self.save(&mut decision, Grounds::default()).await };
        if saved != Saved::Conflict {
            self.take_up(decision);
        }
        saved
    }

    pub(super) fn take_up(&mut self, decision: Decision) {
        let world = &self.shared.world;
        if let Some(change) = &decision.change {
            // Every change is told from the outbox once it is stored; a closing is told before.
            if let State::RolledBack { .. } = decision.next {
                tracing::warn!(rollout = %self.plan.name, "{change}");
            }
            world.metrics.decided(change.kind());
            if let rollout::Change::Started { .. } = change {
                self.findings = Arc::default();
            }
            self.updated = world.clock.now();
        }
        match decision.next {
            State::Completed { .. } | State::Pending { .. } => self.shared.settle(&self.plan, &decision.next),
            State::RolledBack { .. } if planted::is(Bug::FlagIsFreeTooSoon) => {
                self.shared.settle(&self.plan, &decision.next);
            }
            // Until the closing is durable a crash would find two rollouts under way for one flag.
            State::RolledBack { .. } => {}
            State::Running(_) | State::Paused { .. } | State::Watching(_) => {}
        }
        self.state = Arc::new(decision.next);
        self.foreseen = None;
        self.waits = decision.waits.into();
    }

    /// Sets when the next check is due.
    pub(super) fn schedule(&mut self) {
        let world = &self.shared.world;
        let due = rollout::next_check_in(&self.plan, &self.state, world.clock.now());
        self.check_at = due.map(|span| after(world.clock.in_the_world(span)));
    }

    pub(super) fn announce(&self) {
        let world = &self.shared.world;
        let exposure = rollout::exposure(&self.plan, &self.state);
        world.metrics.set_rollout(&self.plan.name, &self.plan.flag, &self.state, exposure);
        self.shared.announce(&self.last, self.told());
        self.shared.board.moved(&self.plan.name);
    }

    pub(super) fn view(&self) -> View {
        self.told().view()
    }

    fn told(&self) -> Told {
        Told {
            plan: Arc::clone(&self.plan),
            source: Arc::clone(&self.source),
            state: Arc::clone(&self.state),
            version: self.version,
            waits: Arc::clone(&self.waits),
            readings: Arc::clone(&self.readings),
            findings: Arc::clone(&self.findings),
            split: self.split,
            looked: self.looked.is_some() && self.looked == self.stage_mark(),
            updated: self.updated,
            problems: self.all_problems(),
            at: self.now(),
        }
    }

    pub(super) fn rows(
        &self,
        decision: &Decision,
        grounds: Grounds<'_>,
    ) -> (Vec<crate::store::Entry>, Vec<crate::store::Message>) {
        match &decision.change {
            Some(change) => {
                (vec![entry(&self.plan, change, decision, grounds)], vec![message(&self.plan, change, grounds)])
            }
            None => (Vec::new(), Vec::new()),
        }
    }
}

/// Whether a decision may take effect only once it is stored: one that moves the rollout does, one
/// that merely notes a hold does not.
fn needs_the_store(decision: &Decision) -> bool {
    use rollout::Change;
    match &decision.change {
        Some(Change::Held(_) | Change::Released | Change::Noticed(_)) | None => false,
        Some(
            Change::Closed { .. }
            | Change::Started { .. }
            | Change::WaveOpened { .. }
            | Change::SteppedBack { .. }
            | Change::WatchBegan { .. }
            | Change::Completed { .. }
            | Change::Paused { .. }
            | Change::Resumed { .. },
        ) => true,
    }
}

/// What was seen that took it back.
fn stepped_back(decision: &Decision) -> Option<String> {
    match &decision.change {
        Some(rollout::Change::SteppedBack { seen, .. }) => Some(seen.clone()),
        Some(_) | None => None,
    }
}

fn check_result(decision: &Decision) -> CheckResult {
    let held = |wait: &Wait| matches!(wait, Wait::Hold(_));
    let blind = |wait: &Wait| matches!(wait, Wait::NoData { .. } | Wait::Flag(_));
    match &decision.effect {
        Effect::Close(_) => CheckResult::Closed,
        Effect::Narrow(_) => CheckResult::Held,
        Effect::Open(_) | Effect::Keep if decision.waits.iter().any(blind) => CheckResult::Blind,
        Effect::Open(_) | Effect::Keep if decision.waits.iter().any(held) => CheckResult::Held,
        Effect::Open(_) | Effect::Keep => CheckResult::Clear,
    }
}

/// Whoever asked may have gone away; that is no fault.
pub(super) fn answer<T>(reply: oneshot::Sender<T>, result: T) {
    drop(reply.send(result));
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
