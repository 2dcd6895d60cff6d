//! The doors' end of trains.

use super::commands::TrainCommand;
use super::lane::TrainLane;
use super::members::InFlight;
use super::saving::Owed;
use super::view::{TrainApplied, TrainVerb, TrainView};
use crate::controller::handle::{Controller, TAKE_UP_AFTER, Unreadable};
use crate::controller::inbox::{Command, TriggerKind};
use crate::controller::planning::written;
use crate::controller::saving::{COMMIT_TIMEOUT, READ_TIMEOUT};
use crate::controller::view::{ApplyError, CommandError, Outcome, View};
use crate::rollout::train::{Train, TrainState, disagreement, has_no_part};
use crate::rollout::{Plan, lower_train};
use crate::source::{Problems, parse};
use crate::store::{Change, CommitError, Entry, Origin, PlanSource, Record};
use crate::units::RolloutName;
use futures_util::FutureExt as _;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError, RwLockReadGuard};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

/// How many commands may wait for one train.
const INBOX: usize = 64;

/// How many answers of members may wait.
const ANSWERS: usize = 16;

/// How often a member that cannot be reached is told to close before whoever waits for it is told so. The train goes
/// on telling it at its looks.
const RECALLED_SO_OFTEN: u32 = 300;

/// A train's task, as the doors see it.
#[derive(Debug, Clone)]
pub(in crate::controller) struct TrainHandle {
    commands: mpsc::Sender<TrainCommand>,
    /// Rollbacks have a door of their own, which is always looked at first.
    rollbacks: mpsc::Sender<TrainCommand>,
    view: watch::Receiver<TrainView>,
}

impl std::fmt::Debug for TrainCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Verb { verb, .. } => verb.as_str(),
            Self::Plan { .. } => "plan",
        })
    }
}

impl Controller {
    /// Takes up every train in the store. What its members' closings mean for the others is served when this returns.
    pub(in crate::controller) fn take_up_trains(&self, records: Vec<Record<TrainState>>) -> Vec<Unreadable> {
        let mut unreadable = Vec::new();
        for record in records {
            let name = record.name.clone();
            match read_train(&record.plan) {
                Ok(train) => self.take_up_train(train, record),
                Err(why) => unreadable.push(Unreadable { rollout: name, why }),
            }
        }
        unreadable
    }

    fn take_up_train(&self, train: Arc<Train>, record: Record<TrainState>) {
        let name = train.name.clone();
        let (command_sender, commands) = mpsc::channel(INBOX);
        let (rollback_sender, rollbacks) = mpsc::channel(INBOX);
        let source = Arc::new(record.plan);
        let first = TrainView {
            train: Arc::clone(&train),
            source: Arc::clone(&source),
            state: record.state.clone(),
            version: record.version,
            reason: String::new(),
            waits: Vec::new(),
            needs_person: false,
            members: Vec::new(),
            updated: record.updated,
            problems: Vec::new(),
        };
        let (views, view) = watch::channel(first);
        let mut lane = TrainLane {
            controller: self.clone(),
            shared: Arc::clone(self.shared()),
            train,
            source,
            state: record.state,
            version: record.version,
            updated: record.updated,
            waits: Vec::new(),
            store_problem: None,
            plan_problem: None,
            saving: None,
            owed: Owed::default(),
            save_at: None,
            beginning: None,
            confirmed: false,
            closing: InFlight::default(),
            refused: None,
            begun: mpsc::channel(ANSWERS),
            bell: Arc::new(Notify::new()),
            commands,
            rollbacks,
            views,
        };
        lane.take_seats();
        lane.look();
        lane.announce();
        let handle = TrainHandle { commands: command_sender, rollbacks: rollback_sender, view };
        self.trains_mut().insert(name.clone(), handle);
        let run = lane.run(self.shutdown()).boxed();
        let controller = self.clone();
        self.spawn_task(async move {
            if AssertUnwindSafe(run).catch_unwind().await.is_err() {
                controller.take_up_broken_train(name).await;
            }
        });
    }

    /// A train whose task broke down is taken up again as at a start.
    async fn take_up_broken_train(self, name: RolloutName) {
        tracing::error!(train = %name, "a fault in the program ended the train's task; it is taken up again");
        let shutdown = self.shutdown();
        while !shutdown.is_cancelled() {
            sleep(TAKE_UP_AFTER).await;
            let read = timeout(READ_TIMEOUT, self.shared().world.store.train(&name)).await;
            let Ok(Ok(Some(record))) = read else { continue };
            let taken_up = read_train(&record.plan)
                .map(|train| std::panic::catch_unwind(AssertUnwindSafe(|| self.take_up_train(train, record))).is_ok());
            match taken_up {
                Ok(true) => return,
                Ok(false) => {}
                Err(why) => return tracing::error!(train = %name, why, "the train cannot be taken up again"),
            }
        }
    }

    /// All trains, by name.
    #[must_use]
    pub fn trains(&self) -> Vec<TrainView> {
        self.train_handles().values().map(|train| train.view.borrow().clone()).collect()
    }

    /// One train.
    #[must_use]
    pub fn train(&self, name: &str) -> Option<TrainView> {
        self.train_handles().get(name).map(|train| train.view.borrow().clone())
    }

    /// Carries out a person's command: for the whole train, or where that is possible for some of its rollouts.
    ///
    /// # Errors
    /// When there is no such train, the command is not legal now, or it could not be stored.
    pub async fn command_train(
        &self,
        name: &RolloutName,
        verb: TrainVerb,
        by: String,
        reason: Option<String>,
        members: BTreeSet<RolloutName>,
    ) -> Result<TrainView, CommandError> {
        let handle = self.train_handles().get(name).cloned();
        let handle = handle.ok_or_else(|| CommandError::Refused(format!("there is no train `{name}`")))?;
        if !members.is_empty() && !matches!(verb, TrainVerb::Rollback | TrainVerb::Reenable) {
            let sentence = format!("`{}` is for the whole train: leave the rollouts out", verb.as_str());
            return Err(CommandError::Refused(sentence));
        }
        let (reply, answer) = oneshot::channel();
        let command = TrainCommand::Verb { verb, by, reason, members, reply };
        let door = if verb == TrainVerb::Rollback { &handle.rollbacks } else { &handle.commands };
        door.send(command).await.map_err(|_| CommandError::stopping())?;
        answer.await.map_err(|_| CommandError::stopping())?
    }

    /// Takes a train's plan as text: one document.
    ///
    /// # Errors
    /// When it is not valid, does not agree with its rollouts, cannot replace what is there, or could not be stored.
    pub async fn apply_train_text(&self, source: PlanSource, by: String) -> Result<TrainApplied, ApplyError> {
        let name = match &source.origin {
            Origin::File(file) => file.to_string(),
            Origin::Api => "the request".to_owned(),
        };
        let parsed = parse(&name, source.text.as_bytes(), source.format).map_err(ApplyError::Invalid)?;
        let [document] = parsed.documents.as_slice() else {
            let mut problems = Problems::new(&parsed.text);
            let second = parsed.documents.get(1).map(|document| document.span).unwrap_or_default();
            problems.add_with_hint(second, "a second document", "apply one train at a time");
            return Err(ApplyError::Invalid(problems.into_vec()));
        };
        let train = lower_train(document, &parsed.text).map_err(ApplyError::Invalid)?;
        self.apply_train(Arc::new(train), source, by).await
    }

    /// Takes a train's plan that was read before.
    ///
    /// # Errors
    /// When it does not agree with its rollouts, cannot replace what is there, or could not be stored.
    pub async fn apply_train(
        &self,
        train: Arc<Train>,
        source: PlanSource,
        by: String,
    ) -> Result<TrainApplied, ApplyError> {
        let creating = self.creating().await;
        if let Some(problem) = self.cannot_ride(&train) {
            return Err(ApplyError::Refused(problem));
        }
        let known = self.train_handles().get(&train.name).cloned();
        let (created, record) = match known {
            Some(_) => (false, None),
            None => {
                let (created, record) = self.create_train(&train, source.clone(), &by).await?;
                (created, Some(record))
            }
        };
        if let Some(record) = record {
            let stored = read_train(&record.plan).map_err(ApplyError::Refused)?;
            self.take_up_train(stored, record);
        }
        let gone = || ApplyError::Unavailable("the server is stopping".to_owned());
        let handle = self.train_handles().get(&train.name).cloned().ok_or_else(gone)?;
        if created {
            let view = handle.view.borrow().clone();
            return Ok(TrainApplied { view, outcome: Outcome::Created, difference: None });
        }
        let (reply, answer) = oneshot::channel();
        let command = TrainCommand::Plan { train, source, by, reply };
        handle.commands.send(command).await.map_err(|_| gone())?;
        let applied = answer.await.map_err(|_| gone())?;
        // Only now another train can see which rollouts ride in this one.
        drop(creating);
        applied
    }

    /// Why a train's rollouts cannot ride in it.
    fn cannot_ride(&self, train: &Train) -> Option<String> {
        if self.member(&train.name).is_some() {
            return Some(format!("there is a rollout {} already: give the train another name", train.name));
        }
        let mut views: Vec<View> = Vec::new();
        for member in &train.members {
            let rollout = &member.rollout;
            let Some(view) = self.member(rollout) else {
                return Some(format!("there is no rollout {rollout}: apply it before its train"));
            };
            if let Some(other) = self.shared().board.train_of(rollout).filter(|other| *other != train.name) {
                return Some(format!("{rollout} rides in the train {other} already"));
            }
            if let Some(problem) = has_no_part(train, member, &view.plan) {
                return Some(problem);
            }
            views.push(view);
        }
        let plans: Vec<&Plan> = views.iter().map(|view| &*view.plan).collect();
        disagreement(train, &plans)
    }

    /// Stores a train that is new here. One that is there already, because an earlier attempt took place whose answer
    /// was lost, is taken as it is.
    async fn create_train(
        &self,
        train: &Train,
        source: PlanSource,
        by: &str,
    ) -> Result<(bool, Record<TrainState>), ApplyError> {
        let world = &self.shared().world;
        let entry = Entry {
            kind: "applied".to_owned(),
            actor: by.to_owned(),
            sentence: format!("applied by {by}"),
            detail: Value::Object(written(&source)),
        };
        let change = Change {
            rollout: train.name.clone(),
            expected: None,
            plan: source,
            state: TrainState::Pending,
            entries: vec![entry],
            messages: Vec::new(),
            at: world.clock.now(),
        };
        let unavailable = |why: String| ApplyError::Unavailable(format!("the train could not be stored: {why}"));
        let late = |_| unavailable("the store does not answer".to_owned());
        match timeout(COMMIT_TIMEOUT, world.store.commit_train(&change)).await.map_err(late)? {
            Ok(version) => {
                let Change { rollout: name, plan, state, at, .. } = change;
                Ok((true, Record { name, plan, version, state, updated: at }))
            }
            Err(CommitError::Conflict { .. }) => {
                let read = timeout(READ_TIMEOUT, world.store.train(&train.name)).await.map_err(late)?;
                let record = read.map_err(|error| unavailable(error.to_string()))?;
                let record = record.ok_or_else(|| {
                    ApplyError::Refused(format!(
                        "there is a rollout {} already: give the train another name",
                        train.name
                    ))
                })?;
                Ok((record.version == 1 && record.plan == change.plan, record))
            }
            Err(CommitError::Unavailable(error)) => Err(unavailable(error.to_string())),
        }
    }

    /// A rollout as it stands.
    pub(super) fn member(&self, rollout: &RolloutName) -> Option<View> {
        self.get(rollout.as_str())
    }

    /// Closes a rollout for its train. Where there is nothing to close, nothing is wrong. Its train is the one who
    /// sent it, so it is sent again until it is durable.
    pub(super) async fn recall(
        &self,
        rollout: RolloutName,
        kind: TriggerKind,
        accepted: Instant,
    ) -> Result<(), CommandError> {
        let mut why = String::new();
        for _ in 0..RECALLED_SO_OFTEN {
            let Some(lane) = self.known(&rollout) else { return Ok(()) };
            match lane.trigger(kind.clone(), accepted).await {
                Ok(_) | Err(CommandError::Refused(_) | CommandError::Unknown(_)) => return Ok(()),
                Err(CommandError::Unavailable(last)) => why = last,
            }
            if self.shutdown().is_cancelled() {
                break;
            }
            sleep(TAKE_UP_AFTER).await;
        }
        Err(CommandError::Unavailable(format!("{rollout} is served closed, and that is not durable: {why}")))
    }

    /// Hands a command to a rollout's task.
    pub(super) async fn order(&self, rollout: &RolloutName, command: Command) -> Result<(), CommandError> {
        let lane = self.known(rollout).ok_or_else(|| CommandError::Unknown(rollout.clone()))?;
        lane.command(command).await
    }

    pub(super) fn spawn_task(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.tasks().spawn(task));
    }

    fn train_handles(&self) -> RwLockReadGuard<'_, BTreeMap<RolloutName, TrainHandle>> {
        self.trains_lock().read().unwrap_or_else(PoisonError::into_inner)
    }

    fn trains_mut(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<RolloutName, TrainHandle>> {
        self.trains_lock().write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TrainLane {
    /// Lets the members' tasks know whom to tell.
    pub(super) fn take_seats(&self) {
        let members: Vec<RolloutName> = self.train.members.iter().map(|member| member.rollout.clone()).collect();
        self.shared.board.board(&self.train.name, &members, &self.bell);
    }
}

/// The stored plan of a train.
pub(super) fn read_train(source: &PlanSource) -> Result<Arc<Train>, String> {
    let told =
        |problems: Vec<crate::source::Problem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let parsed = parse("the stored plan", source.text.as_bytes(), source.format).map_err(told)?;
    let document = parsed.documents.first().ok_or("the stored plan is empty")?;
    lower_train(document, &parsed.text).map(Arc::new).map_err(told)
}
