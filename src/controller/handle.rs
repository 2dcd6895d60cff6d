//! The doors' end of the controller.

use super::inbox::{Command, Trigger, TriggerKind, Triggered};
use super::lane::Lane;
use super::saving::{COMMIT_TIMEOUT, Owed, READ_TIMEOUT};
use super::shared::{Shared, World};
use super::told::{Last, Told};
use super::train::TrainHandle;
use super::view::{Applied, ApplyError, CommandError, Outcome, Verb, View};
use crate::flag::Overlay;
use crate::planted::{self, Bug};
use crate::rollout::explain::{Boarded, Explanation};
use crate::rollout::{self, Plan, State};
use crate::source::{Problems, Text, parse};
use crate::store::journal::ClosingRecord;
use crate::store::{Change, CommitError, Entry, LedgerRow, PlanSource, Record, StoreError};
use crate::telemetry::Metrics;
use crate::units::{FlagKey, RolloutName, UnixMillis};
use futures_util::future::{BoxFuture, FutureExt as _};
use std::collections::{BTreeMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many messages may wait for one lane before senders wait too.
const INBOX: usize = 256;

/// How soon a lane that broke down is taken up again.
pub(super) const TAKE_UP_AFTER: Duration = Duration::from_millis(200);

/// The rollouts of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Controller {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    lanes: RwLock<BTreeMap<RolloutName, LaneHandle>>,
    trains: RwLock<BTreeMap<RolloutName, TrainHandle>>,
    /// Held while a rollout or a train comes into being, so that two of one name cannot.
    creating: Mutex<()>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

#[derive(Debug, Clone)]
pub(super) struct LaneHandle {
    triggers: mpsc::Sender<Box<Trigger>>,
    commands: mpsc::Sender<Box<Command>>,
    pub(super) last: Arc<Last>,
}

/// A stored rollout that could not be taken up, and why.
#[derive(Debug, Clone)]
pub struct Unreadable {
    /// Which.
    pub rollout: RolloutName,
    /// Why.
    pub why: String,
}

impl Controller {
    /// Takes up every rollout in the store. When this returns, each exposure and each closing is served.
    ///
    /// # Errors
    /// When the store or the local record of closings cannot be read.
    pub async fn recover(world: World, shutdown: CancellationToken) -> Result<(Self, Vec<Unreadable>), StoreError> {
        let mut closings: BTreeMap<_, _> = match &world.journal {
            Some(_) if planted::is(Bug::ForgetsTheRecordAtStart) => BTreeMap::new(),
            Some(journal) => journal.pending().into_iter().map(|record| (record.rollout.clone(), record)).collect(),
            None => BTreeMap::new(),
        };
        let mut records = world.store.rollouts().await?;
        let trains = world.store.trains().await?;
        records.sort_by_key(last_on_its_flag);
        let shared = Arc::new(Shared::new(world));
        let inner = Inner {
            shared,
            lanes: RwLock::default(),
            trains: RwLock::default(),
            creating: Mutex::default(),
            tasks: TaskTracker::new(),
            shutdown,
        };
        let controller = Self { inner: Arc::new(inner) };
        let mut unreadable = Vec::new();
        for record in records {
            let closing = closings.remove(&record.name);
            let name = record.name.clone();
            if let Err(why) = controller.take_up(record, closing).await {
                unreadable.push(Unreadable { rollout: name, why });
            }
        }
        unreadable.extend(controller.take_up_trains(trains));
        Ok((controller, unreadable))
    }

    /// Serves a stored rollout and gives it a lane. One whose plan cannot be read any more is kept
    /// closed, if that is how it stood.
    async fn take_up(&self, record: Record, closing: Option<ClosingRecord>) -> Result<(), String> {
        match read_plan(&record.plan) {
            Ok(plan) => {
                let (mut lane, handle) = self.lane(plan, record);
                lane.recover(closing).await;
                self.spawn(lane, handle);
                Ok(())
            }
            Err(why) => {
                let closed = matches!(record.state, State::RolledBack { .. }) || closing.is_some();
                if let Some((flag, overlay)) = closed.then(|| salvage(&record)).flatten() {
                    self.inner.shared.world.publisher.close(&flag, &overlay);
                }
                Err(why)
            }
        }
    }

    pub(super) fn world(&self) -> &World {
        &self.inner.shared.world
    }

    /// All rollouts, by name.
    #[must_use]
    pub fn list(&self) -> Vec<View> {
        let told: Vec<Arc<Last>> = self.lanes().values().map(|lane| Arc::clone(&lane.last)).collect();
        told.into_iter().map(|last| self.inner.shared.with_overlaps(last.view())).collect()
    }

    /// The names of all rollouts.
    #[must_use]
    pub fn names(&self) -> Vec<RolloutName> {
        self.lanes().keys().cloned().collect()
    }

    /// One rollout.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<View> {
        let last = self.lanes().get(name).map(|lane| Arc::clone(&lane.last))?;
        Some(self.inner.shared.with_overlaps(last.view()))
    }

    /// One rollout, and why it stands where it stands.
    #[must_use]
    pub fn explain(&self, name: &str) -> Option<(View, Explanation)> {
        let last = self.lanes().get(name).map(|lane| Arc::clone(&lane.last))?;
        let shared = &self.inner.shared;
        let around = |plan: &Plan| shared.around(plan);
        let (view, explanation) = last.explain(self.boarded(name), &around, shared.world.clock.now());
        Some((shared.with_overlaps(view), explanation))
    }

    /// The train that a rollout rides in and why that stands where it stands.
    fn boarded(&self, name: &str) -> Option<Boarded> {
        let train = self.train_of(&RolloutName::new(name).ok()?)?;
        let reason = self.train(train.as_str()).map(|view| view.reason).unwrap_or_default();
        Some(Boarded { train, reason })
    }

    /// Carries out a person's command.
    ///
    /// # Errors
    /// When there is no such rollout, the command is not legal now, or it could not be stored.
    pub async fn command(
        &self,
        name: &RolloutName,
        verb: Verb,
        by: String,
        reason: Option<String>,
    ) -> Result<View, CommandError> {
        let lane = self.known(name).ok_or_else(|| CommandError::Unknown(name.clone()))?;
        if verb == Verb::Rollback {
            let kind = TriggerKind::Rollback { by, reason };
            return match lane.trigger(kind, Instant::now()).await? {
                Triggered::Closed(view) | Triggered::AlreadyClosed(view) => Ok(*view),
                Triggered::Noted | Triggered::Repeated | Triggered::NotConcerned => Ok(lane.last.view()),
            };
        }
        let (reply, answer) = oneshot::channel();
        lane.commands
            .send(Box::new(Command::Verb { verb, by, reason, reply }))
            .await
            .map_err(|_| CommandError::stopping())?;
        let answer: Result<View, CommandError> = answer.await.map_err(|_| CommandError::stopping())?;
        answer.map(|view| self.inner.shared.with_overlaps(view))
    }

    /// Takes a plan as text: one document.
    ///
    /// # Errors
    /// When it is not valid, cannot replace what is there, or could not be stored.
    pub async fn apply(&self, mut source: PlanSource, by: String) -> Result<Applied, ApplyError> {
        let name = match &source.origin {
            crate::store::Origin::File(file) => file.to_string(),
            crate::store::Origin::Api => "the request".to_owned(),
        };
        let parsed = parse(&name, source.text.as_bytes(), source.format).map_err(ApplyError::Invalid)?;
        let [document] = parsed.documents.as_slice() else {
            let mut problems = Problems::new(&parsed.text);
            let second = parsed.documents.get(1).map(|document| document.span).unwrap_or_default();
            problems.add_with_hint(second, "a second document", "apply one rollout at a time");
            return Err(ApplyError::Invalid(problems.into_vec()));
        };
        source.attachments.keep(&rollout::named_files(document));
        let plan = rollout::lower(document, &parsed.text, &source.attachments).map_err(ApplyError::Invalid)?;
        self.apply_plan(Arc::new(plan), source, by).await
    }

    /// Takes a plan that was read before.
    ///
    /// # Errors
    /// When it cannot replace what is there, or could not be stored.
    pub async fn apply_plan(&self, plan: Arc<Plan>, source: PlanSource, by: String) -> Result<Applied, ApplyError> {
        let creating = self.inner.creating.lock().await;
        if let Some(lane) = self.known(&plan.name) {
            drop(creating);
            return lane.plan(plan, source, by).await;
        }
        let record = self.create(&plan, source.clone(), &by).await?;
        let created = record.version == 1 && record.plan == source;
        let plan_stored = read_plan(&record.plan).map_err(ApplyError::Refused)?;
        let (mut lane, handle) = self.lane(plan_stored, record);
        lane.recover(None).await;
        let view = lane.view();
        self.spawn(lane, handle.clone());
        drop(creating);
        match created {
            true => Ok(Applied { view, outcome: Outcome::Created, difference: None }),
            false => handle.plan(plan, source, by).await,
        }
    }

    /// Stores a rollout that is new here. One that is there already, because an earlier attempt took
    /// place whose answer was lost, is taken as it is.
    async fn create(&self, plan: &Plan, source: PlanSource, by: &str) -> Result<Record, ApplyError> {
        let world = &self.inner.shared.world;
        let (at, state) = (world.clock.now(), State::Pending { attempts: 0 });
        let entry = Entry {
            kind: "applied".to_owned(),
            actor: by.to_owned(),
            sentence: format!("applied by {by}"),
            detail: serde_json::Value::Object(super::planning::written(&source)),
        };
        let change = Change {
            rollout: plan.name.clone(),
            expected: None,
            plan: source,
            state,
            entries: vec![entry],
            messages: Vec::new(),
            at,
        };
        let unavailable = |why: String| ApplyError::Unavailable(format!("the rollout could not be stored: {why}"));
        let late = |_| unavailable("the store does not answer".to_owned());
        match timeout(COMMIT_TIMEOUT, world.store.commit(&change)).await.map_err(late)? {
            Ok(version) => {
                let Change { rollout: name, plan, state, .. } = change;
                Ok(Record { name, plan, version, state, updated: at })
            }
            Err(CommitError::Conflict { .. }) => {
                let read = timeout(READ_TIMEOUT, world.store.rollout(&plan.name)).await.map_err(late)?;
                let record = read.map_err(|error| unavailable(error.to_string()))?;
                record.ok_or_else(|| {
                    ApplyError::Refused(format!(
                        "there is a train {} already: give the rollout another name",
                        plan.name
                    ))
                })
            }
            Err(CommitError::Unavailable(error)) => Err(unavailable(error.to_string())),
        }
    }

    /// The ledger, of one rollout or of all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn history(
        &self,
        rollout: Option<&RolloutName>,
        after: u64,
        limit: u32,
    ) -> Result<Vec<LedgerRow>, StoreError> {
        self.inner.shared.world.store.history(rollout, after, limit).await
    }

    /// Something that turns whenever any rollout changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.shared.changes.subscribe()
    }

    /// Waits until every lane has stopped, after the token given at the start was cancelled.
    pub async fn stopped(&self) {
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    fn lane(&self, plan: Arc<Plan>, record: Record) -> (Box<Lane>, LaneHandle) {
        let (trigger_sender, triggers) = mpsc::channel(INBOX);
        let (command_sender, commands) = mpsc::channel(INBOX);
        let told = Told::stored(plan, record, self.inner.shared.world.clock.now());
        let last = Arc::new(Last::new(told.clone()));
        let lane = Lane {
            shared: Arc::clone(&self.inner.shared),
            plan: told.plan,
            source: told.source,
            state: told.state,
            version: told.version,
            updated: told.updated,
            waits: told.waits,
            readings: told.readings,
            findings: told.findings,
            split: told.split,
            looked: None,
            store_problem: None,
            plan_problem: None,
            unsaved: None,
            owed: Owed::default(),
            narrowed: None,
            stepped_back: None,
            reload_at: None,
            permit: None,
            closings: VecDeque::new(),
            waiting: VecDeque::new(),
            foreseen: None,
            behind: false,
            triggers,
            commands,
            last: Arc::clone(&last),
            check_at: None,
        };
        (Box::new(lane), LaneHandle { triggers: trigger_sender, commands: command_sender, last })
    }

    fn spawn(&self, lane: Box<Lane>, handle: LaneHandle) {
        let name = lane.plan.name.clone();
        lane.announce();
        self.inner.lanes.write().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), handle);
        let run = lane.run(self.inner.shutdown.clone()).boxed();
        self.inner.tasks.spawn(self.clone().watch_over(name, run));
    }

    /// A lane that breaks down is taken up again as at a start: nobody else would watch its metrics or
    /// take its alerts. Whoever waited for it is told to send again.
    async fn watch_over(self, name: RolloutName, run: BoxFuture<'static, ()>) {
        if AssertUnwindSafe(run).catch_unwind().await.is_ok() {
            return;
        }
        tracing::error!(rollout = %name, "a fault in the program ended the rollout's task; it is taken up again");
        let world = &self.inner.shared.world;
        while !self.inner.shutdown.is_cancelled() {
            sleep(TAKE_UP_AFTER).await;
            let Ok(Ok(Some(record))) = timeout(READ_TIMEOUT, world.store.rollout(&name)).await else { continue };
            let pending = world.journal.as_ref().map(|journal| journal.pending()).unwrap_or_default();
            let own = |closing: &ClosingRecord| closing.rollout == name;
            let of_it = |closing: &ClosingRecord| own(closing) && closing.attempt == record.state.attempt();
            let closing = pending.iter().find(|closing| of_it(closing)).or_else(|| pending.iter().find(|one| own(one)));
            let closing = closing.cloned();
            if let Err(why) = self.take_up(record, closing).boxed().await {
                tracing::error!(rollout = %name, why, "the rollout cannot be taken up again");
            }
            return;
        }
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.inner.shared.world.metrics
    }

    /// The rollout that a flag is driven by, or was last.
    pub(super) fn holder(&self, flag: &FlagKey) -> Option<RolloutName> {
        self.inner.shared.world.publisher.holder(flag)
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    pub(super) fn shutdown(&self) -> CancellationToken {
        self.inner.shutdown.clone()
    }

    pub(super) fn tasks(&self) -> &TaskTracker {
        &self.inner.tasks
    }

    pub(super) async fn creating(&self) -> MutexGuard<'_, ()> {
        self.inner.creating.lock().await
    }

    pub(super) fn trains_lock(&self) -> &RwLock<BTreeMap<RolloutName, TrainHandle>> {
        &self.inner.trains
    }

    pub(super) fn known(&self, name: &RolloutName) -> Option<LaneHandle> {
        self.lanes().get(name).cloned()
    }

    pub(super) fn lanes(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<RolloutName, LaneHandle>> {
        self.inner.lanes.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LaneHandle {
    pub(super) async fn trigger(&self, kind: TriggerKind, accepted: Instant) -> Result<Triggered, CommandError> {
        let (reply, answer) = oneshot::channel();
        self.triggers.send(Box::new(Trigger { kind, accepted, reply })).await.map_err(|_| CommandError::stopping())?;
        answer.await.map_err(|_| CommandError::stopping())?
    }

    pub(super) async fn command(&self, command: Command) -> Result<(), CommandError> {
        self.commands.send(Box::new(command)).await.map_err(|_| CommandError::stopping())
    }

    async fn plan(&self, plan: Arc<Plan>, source: PlanSource, by: String) -> Result<Applied, ApplyError> {
        let stopping = || ApplyError::Unavailable("the server is stopping".to_owned());
        let (reply, answer) = oneshot::channel();
        self.commands.send(Box::new(Command::Plan { plan, source, by, reply })).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?
    }
}

/// The order in which stored rollouts are served: of two on one flag the later one has it. That is the
/// live one, for a rollout begins only when no other is under way; of two that are over, the one that
/// ended last. A plan that was changed since does not count.
fn last_on_its_flag(record: &Record) -> (bool, UnixMillis) {
    match &record.state {
        State::Running(_) | State::Paused { .. } | State::Watching(_) => (true, record.updated),
        State::Completed { at, .. } | State::RolledBack { at, .. } => (false, *at),
        State::Pending { .. } => (false, UnixMillis::default()),
    }
}

pub(super) fn read_plan(source: &PlanSource) -> Result<Arc<Plan>, String> {
    let told =
        |problems: Vec<crate::source::Problem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let parsed = parse("the stored plan", source.text.as_bytes(), source.format).map_err(told)?;
    let text: &Text = &parsed.text;
    let document = parsed.documents.first().ok_or("the stored plan is empty")?;
    rollout::lower_kept(document, text, &source.attachments).map(Arc::new).map_err(told)
}

fn salvage(record: &Record) -> Option<(FlagKey, Overlay)> {
    let parsed = parse("the stored plan", record.plan.text.as_bytes(), record.plan.format).ok()?;
    rollout::salvage_closing(parsed.documents.first()?, &record.name, record.state.attempt())
}
