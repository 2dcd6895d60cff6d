//! Making a train's changes durable. Each attempt is a future that the task waits for beside everything else, for
//! nothing that closes may wait for the store.

use super::commands::Reply;
use super::lane::TrainLane;
use super::members::Permit;
use crate::clock::after;
use crate::controller::lane::answer;
use crate::controller::saving::{COMMIT_TIMEOUT, LONGEST_PAUSE, READ_TIMEOUT};
use crate::controller::view::CommandError;
use crate::planted::{self, Bug};
use crate::rollout::train::{Order, Train, TrainDecision, TrainState};
use crate::store::{Change, CommitError, Entry, Message, PlanSource, Record, Store};
use crate::units::RolloutName;
use futures_util::future::{BoxFuture, FutureExt as _};
use serde_json::json;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

/// How long after a failed attempt the next one is made, at first.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How many attempts without an answer are remembered; they are of different states, of which there are few.
const MOST_IN_DOUBT: usize = 64;

/// One attempt to store something.
pub(super) struct Saving {
    attempt: BoxFuture<'static, Saved>,
    state: TrainState,
    rows: Owed,
    /// What takes effect once it is stored.
    then: Then,
    /// Something closed meanwhile, so that it does not take effect any more.
    overtaken: bool,
}

/// What takes effect once it is stored.
enum Then {
    /// It has taken effect already.
    Nothing,
    /// Nothing is stored: it is found out what was.
    Read,
    /// A decision.
    Decided(Box<TrainDecision>, Option<Reply>),
    /// A new plan.
    Plan(Arc<Train>, Arc<PlanSource>, Reply),
}

/// What became of an attempt.
pub(super) enum Saved {
    /// It is stored, as that version.
    Stored(u64),
    /// The record is another than thought.
    Other(Box<Record<TrainState>>),
    /// The store does not answer, and nobody knows.
    Away(String),
}

/// Rows of what took effect, and who waits for them to be durable.
#[derive(Debug, Default)]
pub(super) struct Owed {
    entries: Vec<Entry>,
    messages: Vec<Message>,
    replies: Vec<Reply>,
    pause: Duration,
    /// What is in memory is newer than what is stored.
    pub(super) ahead: bool,
    /// The version that is stored is not known for certain.
    unsure: bool,
    /// What may have been stored by attempts that had no answer: the state, and how many of the first entries and
    /// messages went with it.
    in_doubt: Vec<(TrainState, usize, usize)>,
}

impl Saving {
    pub(super) async fn done(saving: &mut Option<Self>) -> Saved {
        match saving {
            Some(saving) => (&mut saving.attempt).await,
            None => pending().await,
        }
    }
}

impl TrainLane {
    /// Stores what a decision says; it takes effect when that is done.
    pub(super) fn save(&mut self, decision: TrainDecision, reply: Option<Reply>) {
        let (entries, messages) = self.rows(&decision);
        let rows = Owed { entries, messages, ..Owed::default() };
        let state = decision.next.clone();
        self.begin_saving(state, Arc::clone(&self.source), rows, Then::Decided(Box::new(decision), reply));
    }

    /// Stores a new plan; it takes effect when that is done.
    pub(super) fn save_plan(&mut self, train: Arc<Train>, source: Arc<PlanSource>, entry: Entry, reply: Reply) {
        let rows = Owed { entries: vec![entry], ..Owed::default() };
        self.begin_saving(self.state.clone(), Arc::clone(&source), rows, Then::Plan(train, source, reply));
    }

    /// Takes a decision that closes something: in memory and in what is served at once, and then in the store.
    /// What comes back says whether each closing is durable.
    pub(super) fn take_closing(&mut self, decision: TrainDecision) -> oneshot::Receiver<Result<(), CommandError>> {
        if matches!(decision.next, TrainState::Stopped { .. }) {
            self.beginning.iter().for_each(Permit::take_back_forever);
        }
        let durable = self.close(&decision.orders);
        self.confirmed = false;
        if decision.next != self.state {
            let (entries, messages) = self.rows(&decision);
            if let Some(change) = &decision.change {
                tracing::warn!(train = %self.train.name, "{change}");
            }
            self.owed.entries.extend(entries);
            self.owed.messages.extend(messages);
            self.owed.ahead = true;
            self.updated = self.now();
            self.state = decision.next;
            if let Some(saving) = &mut self.saving {
                saving.overtaken = true;
            }
            self.save_at = Some(Instant::now());
        }
        self.refused = None;
        self.waits = decision.waits;
        durable
    }

    /// Whoever waits for what is in memory to be stored.
    pub(super) fn answer_when_stored(&mut self, reply: Reply) {
        match self.owed.ahead {
            true => self.owed.replies.push(reply),
            false => answer(reply, Ok(self.view())),
        }
    }

    /// Stores what is in memory; where that is nothing new, finds out what became of what could not be stored.
    pub(super) fn save_owed(&mut self) {
        self.save_at = None;
        if !self.owed.ahead {
            let (store, name) = (Arc::clone(&self.shared.world.store), self.train.name.clone());
            let attempt = async move {
                match read(&*store, &name).await {
                    Ok(record) => Saved::Other(Box::new(record)),
                    Err(why) => Saved::Away(why),
                }
            };
            let (state, rows) = (self.state.clone(), Owed::default());
            let (attempt, then, overtaken) = (attempt.boxed(), Then::Read, false);
            self.saving = Some(Saving { attempt, state, rows, then, overtaken });
            return;
        }
        let rows = Owed {
            entries: std::mem::take(&mut self.owed.entries),
            messages: std::mem::take(&mut self.owed.messages),
            replies: std::mem::take(&mut self.owed.replies),
            ..Owed::default()
        };
        self.begin_saving(self.state.clone(), Arc::clone(&self.source), rows, Then::Nothing);
    }

    fn begin_saving(&mut self, state: TrainState, source: Arc<PlanSource>, rows: Owed, then: Then) {
        let change = Change {
            rollout: self.train.name.clone(),
            expected: Some(self.version),
            plan: (*source).clone(),
            state: state.clone(),
            entries: rows.entries.clone(),
            messages: rows.messages.clone(),
            at: self.now(),
        };
        let attempt = attempt(Arc::clone(&self.shared.world.store), change, self.owed.unsure).boxed();
        self.saving = Some(Saving { attempt, state, rows, then, overtaken: false });
    }

    pub(super) fn on_saved(&mut self, saved: Saved) {
        let Some(saving) = self.saving.take() else { return };
        match saved {
            Saved::Stored(version) => self.stored(saving, version),
            // An earlier attempt took place whose answer was lost.
            Saved::Other(record)
                if record.state == saving.state
                    && record.version == self.version.saturating_add(1)
                    && matches!(saving.then, Then::Nothing | Then::Decided(..)) =>
            {
                self.stored(saving, record.version);
            }
            Saved::Other(record) if record.version == self.version && matches!(saving.then, Then::Read) => {
                self.stored(saving, record.version);
            }
            Saved::Other(record) => self.found_another(saving, *record),
            Saved::Away(why) => self.not_stored(saving, &why),
        }
    }

    fn stored(&mut self, saving: Saving, version: u64) {
        self.version = version;
        self.store_problem = None;
        self.owed.unsure = false;
        self.owed.in_doubt.clear();
        self.owed.pause = Duration::ZERO;
        match saving.then {
            Then::Nothing => {
                // What closed meanwhile has rows of its own still to be stored.
                self.owed.ahead = saving.overtaken;
                let mut replies = saving.rows.replies;
                if !saving.overtaken {
                    // These came while it was on its way.
                    replies.append(&mut self.owed.replies);
                }
                let view = self.view();
                replies.into_iter().for_each(|reply| answer(reply, Ok(view.clone())));
            }
            Then::Read => self.confirmed = true,
            Then::Decided(_, reply) if saving.overtaken => {
                if let Some(reply) = reply {
                    answer(reply, Err(self.overtaken()));
                }
            }
            Then::Decided(decision, reply) => {
                self.updated = self.now();
                self.state = decision.next;
                self.waits = decision.waits;
                // Who begins is told by the look that comes now, on what is so now.
                let begins = decision.orders.iter().any(|order| matches!(order, Order::Begin { .. }));
                self.confirmed = begins;
                if !begins {
                    self.tell(decision.orders);
                }
                if let Some(reply) = reply {
                    answer(reply, Ok(self.view()));
                }
            }
            Then::Plan(train, source, reply) => {
                self.updated = self.now();
                (self.train, self.source) = (train, source);
                self.plan_problem = None;
                self.take_seats();
                answer(reply, Ok(self.view()));
            }
        }
        if self.owed.ahead {
            self.save_at = Some(Instant::now());
        }
        self.look();
    }

    fn overtaken(&self) -> CommandError {
        CommandError::Refused(format!("{} was stopped at this moment", self.train.name))
    }

    /// Another process changed the train. What closed here stays closed; all else is as it is there.
    fn found_another(&mut self, saving: Saving, record: Record<TrainState>) {
        tracing::warn!(train = %self.train.name, version = record.version, "goes on from what is stored");
        self.owed.unsure = false;
        self.version = record.version;
        self.take_plan_of(&record);
        let number = |state: &TrainState| state.run().map_or(0, |run| run.number);
        let ahead = self.owed.ahead || saving.overtaken || matches!(saving.then, Then::Nothing);
        if ahead && number(&record.state) <= number(&self.state) {
            self.take_back(saving);
            self.written_before(&record.state);
            self.owed.ahead = true;
            self.save_at = Some(Instant::now());
            return;
        }
        let replies = std::mem::take(&mut self.owed).replies;
        let unavailable = || CommandError::Unavailable(format!("{} changed at the same moment", self.train.name));
        replies.into_iter().for_each(|reply| answer(reply, Err(unavailable())));
        self.updated = record.updated;
        self.state = record.state;
        self.refuse_all(saving, "it changed at the same moment: look again and repeat");
        self.confirmed = true;
        self.look();
    }

    /// Drops the rows that an attempt has written of which there was no answer.
    fn written_before(&mut self, state: &TrainState) {
        let written = self.owed.in_doubt.iter().find(|(doubted, ..)| doubted == state);
        if let Some((_, entries, messages)) = written.cloned() {
            self.owed.entries.drain(..entries.min(self.owed.entries.len()));
            self.owed.messages.drain(..messages.min(self.owed.messages.len()));
        }
        self.owed.in_doubt.clear();
    }

    fn take_plan_of(&mut self, record: &Record<TrainState>) {
        if record.plan != *self.source
            && let Ok(train) = super::handle::read_train(&record.plan)
        {
            (self.train, self.source) = (train, Arc::new(record.plan.clone()));
            self.take_seats();
        }
    }

    fn not_stored(&mut self, saving: Saving, why: &str) {
        self.owed.unsure = true;
        self.owed.pause = self.owed.pause.saturating_mul(2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        self.save_at = (!planted::is(Bug::TrainIsSavedOnce)).then(|| after(self.owed.pause));
        self.store_problem = Some(format!("the store does not take changes: {why}"));
        match saving.then {
            Then::Nothing => {
                self.owed.ahead = true;
                let (entries, messages) = (saving.rows.entries.len(), saving.rows.messages.len());
                if self.owed.in_doubt.len() < MOST_IN_DOUBT {
                    self.owed.in_doubt.push((saving.state.clone(), entries, messages));
                }
                self.take_back(saving);
            }
            Then::Decided(..) | Then::Plan(..) | Then::Read => {
                self.refuse_all(saving, &format!("it could not be stored: {why}"));
            }
        }
    }

    /// Rows that were not stored come before those that came since.
    fn take_back(&mut self, saving: Saving) {
        if let Then::Nothing = saving.then {
            self.owed.entries.splice(0..0, saving.rows.entries);
            self.owed.messages.splice(0..0, saving.rows.messages);
            self.owed.replies.extend(saving.rows.replies);
        } else {
            self.refuse_all(saving, "it was stopped at this moment");
        }
    }

    fn refuse_all(&self, saving: Saving, why: &str) {
        let unavailable = || CommandError::Unavailable(format!("{}: {why}", self.train.name));
        saving.rows.replies.into_iter().for_each(|reply| answer(reply, Err(unavailable())));
        match saving.then {
            Then::Decided(_, Some(reply)) => answer(reply, Err(unavailable())),
            Then::Plan(_, _, reply) => answer(reply, Err(unavailable())),
            Then::Nothing | Then::Read | Then::Decided(_, None) => {}
        }
    }

    /// What closed and is not stored yet gets one more chance before the program ends.
    pub(super) async fn save_before_stop(&mut self) {
        if self.saving.is_some() {
            let saved = Saving::done(&mut self.saving).await;
            self.on_saved(saved);
        }
        if self.owed.ahead && self.saving.is_none() {
            self.save_owed();
            drop(Saving::done(&mut self.saving).await);
        }
    }

    fn rows(&self, decision: &TrainDecision) -> (Vec<Entry>, Vec<Message>) {
        let Some(change) = &decision.change else { return (Vec::new(), Vec::new()) };
        let (kind, sentence, actor) = (change.kind(), change.to_string(), change.actor());
        let told: Vec<String> = decision.orders.iter().map(told).collect();
        let detail = json!({ "orders": told, "run": decision.next.run().map(|run| run.number) });
        let entry = Entry { kind: kind.to_owned(), actor: actor.to_owned(), sentence: sentence.clone(), detail };
        let message = Message {
            topic: format!("train.{kind}"),
            body: json!({
                "train": self.train.name.as_str(),
                "environment": &*self.train.environment,
                "sentence": sentence,
                "actor": actor,
            }),
        };
        (vec![entry], vec![message])
    }
}

fn told(order: &Order) -> String {
    match order {
        Order::Begin { rollout, attempt } => format!("{rollout} begins its attempt {attempt}"),
        Order::Close { rollout, .. } => format!("{rollout} closes"),
        Order::Pause(rollout) => format!("{rollout} pauses"),
        Order::Resume(rollout) => format!("{rollout} goes on"),
    }
}

/// Commits at the version that is known; where it is not known for certain, that is found out first.
async fn attempt(store: Arc<dyn Store>, change: Change<TrainState>, unsure: bool) -> Saved {
    if unsure {
        match read(&*store, &change.rollout).await {
            Ok(record) if Some(record.version) == change.expected => {}
            Ok(record) => return Saved::Other(Box::new(record)),
            Err(why) => return Saved::Away(why),
        }
    }
    match timeout(COMMIT_TIMEOUT, store.commit_train(&change)).await {
        Ok(Ok(version)) => Saved::Stored(version),
        Ok(Err(CommitError::Conflict { .. })) => match read(&*store, &change.rollout).await {
            Ok(record) => Saved::Other(Box::new(record)),
            Err(why) => Saved::Away(why),
        },
        Ok(Err(CommitError::Unavailable(error))) => Saved::Away(error.to_string()),
        Err(_elapsed) => Saved::Away("no answer".to_owned()),
    }
}

async fn read(store: &dyn Store, name: &RolloutName) -> Result<Record<TrainState>, String> {
    match timeout(READ_TIMEOUT, store.train(name)).await {
        Ok(Ok(Some(record))) => Ok(record),
        Ok(Ok(None)) => Err(format!("{name} is not in it")),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_elapsed) => Err("no answer".to_owned()),
    }
}
