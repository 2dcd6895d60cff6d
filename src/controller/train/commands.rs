//! What people tell a train.

use super::lane::TrainLane;
use super::members::Permit;
use super::view::{TrainApplied, TrainVerb, TrainView};
use crate::controller::lane::answer;
use crate::controller::planning::{difference, written};
use crate::controller::view::{ApplyError, CommandError, Outcome};
use crate::rollout::train::{Order, Ride, Train, TrainDecision, TrainEvent, TrainState, decide_train, describe_train};
use crate::store::{Entry, Origin, PlanSource};
use crate::units::RolloutName;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Where the answer to a command goes.
pub(super) type Reply = oneshot::Sender<Result<TrainView, CommandError>>;

/// What a person tells a train.
pub(in crate::controller) enum TrainCommand {
    /// To do something.
    Verb { verb: TrainVerb, by: String, reason: Option<String>, members: BTreeSet<RolloutName>, reply: Reply },
    /// A new plan for it.
    Plan { train: Arc<Train>, source: PlanSource, by: String, reply: oneshot::Sender<Result<TrainApplied, ApplyError>> },
}

impl TrainLane {
    pub(super) fn on_command(&mut self, command: TrainCommand) {
        match command {
            TrainCommand::Verb { verb, by, reason, members, reply } => {
                let event = self.event(verb, by, reason, members);
                match self.decide(&event) {
                    Ok(decision) if verb == TrainVerb::Rollback => self.on_rollback(decision, reply),
                    Ok(decision) => self.on_decided(decision, reply),
                    Err(refused) => answer(reply, Err(refused)),
                }
            }
            TrainCommand::Plan { train, source, by, reply } => self.on_plan(train, source, &by, reply),
        }
    }

    fn event(&self, verb: TrainVerb, by: String, reason: Option<String>, members: BTreeSet<RolloutName>) -> TrainEvent {
        match verb {
            TrainVerb::Start => TrainEvent::Start { by, problem: self.problem() },
            TrainVerb::Pause => TrainEvent::Pause { by },
            TrainVerb::Resume => TrainEvent::Resume { by },
            TrainVerb::Rollback => TrainEvent::Rollback { by, reason, members },
            TrainVerb::Reenable => TrainEvent::Reenable { by, members, problem: self.problem() },
            TrainVerb::Retry => TrainEvent::Retry { by, problem: self.problem() },
        }
    }

    fn decide(&self, event: &TrainEvent) -> Result<TrainDecision, CommandError> {
        let now = self.now();
        decide_train(&self.train, &self.state, event, &self.standings(now), now)
            .map_err(|refusal| CommandError::Refused(refusal.to_string()))
    }

    /// Closes at once, and answers when every closing is durable.
    fn on_rollback(&mut self, decision: TrainDecision, reply: Reply) {
        let closes = decision.orders.iter().any(|order| matches!(order, Order::Close { .. }));
        let repeated = decision
            .orders
            .iter()
            .any(|order| matches!(order, Order::Close { rollout, .. } if self.closing.has(rollout)));
        let durable = self.take_closing(decision);
        // What closes is durable with its rollouts. That something is not to begin any more, only with the train.
        let (stored, when_stored) = oneshot::channel();
        if !closes || repeated || self.is_told_and_not_begun() {
            self.answer_when_stored(stored);
        } else {
            answer(stored, Ok(self.view()));
        }
        let views = self.views.subscribe();
        self.announce();
        self.controller.spawn_task(async move {
            let closed = durable.await.unwrap_or_else(|_| Err(CommandError::stopping()));
            let stored = when_stored.await.unwrap_or_else(|_| Err(CommandError::stopping()));
            let view = views.borrow().clone();
            answer(reply, closed.and(stored).map(|_| view));
        });
    }

    /// Whether a member was told to begin that is not to any more, and has not begun as far as is known.
    fn is_told_and_not_begun(&self) -> bool {
        let standings = self.standings(self.now());
        let told = |rollout: &RolloutName, ride: &Ride| match ride {
            Ride::Closed(attempt) => standings.get(rollout).is_none_or(|standing| standing.attempt < *attempt),
            Ride::Begun(_) | Ride::Waiting | Ride::Left => false,
        };
        self.state.run().is_some_and(|run| run.rides.iter().any(|(rollout, ride)| told(rollout, ride)))
    }

    /// Whatever does not close waits until what closed is stored.
    fn on_decided(&mut self, decision: TrainDecision, reply: Reply) {
        if decision.next == self.state {
            return answer(reply, Ok(self.view()));
        }
        if self.owed.ahead || !self.closing.is_empty() {
            let why = "what closed is not stored yet: repeat it in a moment".to_owned();
            return answer(reply, Err(CommandError::Unavailable(why)));
        }
        if let TrainState::Paused { .. } = decision.next {
            self.beginning.iter().for_each(Permit::take_back);
        }
        self.save(decision, Some(reply));
    }

    fn on_plan(
        &mut self,
        train: Arc<Train>,
        mut source: PlanSource,
        by: &str,
        reply: oneshot::Sender<Result<TrainApplied, ApplyError>>,
    ) {
        if source.says_the_same(&self.source) && source.origin == self.source.origin {
            self.plan_problem = None;
            let applied = TrainApplied { view: self.view(), outcome: Outcome::Unchanged, difference: None };
            return answer(reply, Ok(applied));
        }
        if let Err(refused) = self.may_take(&source) {
            if matches!(source.origin, Origin::File(_)) {
                self.plan_problem = Some(format!("its file has a newer plan: {refused}"));
            }
            return answer(reply, Err(ApplyError::Refused(refused)));
        }
        source.revision = self.source.revision.saturating_add(1);
        let changed = difference(&self.source.text, &source.text);
        let mut detail = written(&source);
        detail.insert("revision".to_owned(), json!(source.revision));
        detail.insert("difference".to_owned(), json!(changed));
        let entry = Entry {
            kind: "plan-changed".to_owned(),
            actor: by.to_owned(),
            sentence: format!("{by} changed the plan: revision {}", source.revision),
            detail: Value::Object(detail),
        };
        let (stored, answered) = oneshot::channel();
        self.save_plan(train, Arc::new(source), entry, stored);
        self.controller.spawn_task(async move {
            let result = answered.await.unwrap_or_else(|_| Err(CommandError::stopping()));
            let applied = |view| TrainApplied { view, outcome: Outcome::Updated, difference: Some(changed) };
            answer(reply, result.map(applied).map_err(|error| ApplyError::Unavailable(error.to_string())));
        });
    }

    /// Whether something is open that is to be closed.
    fn must_close(&self) -> bool {
        let closes = |decision: TrainDecision| decision.orders.iter().any(|order| matches!(order, Order::Close { .. }));
        self.decide(&TrainEvent::Looked).is_ok_and(closes)
    }

    /// Under way the order must stay what people saw when they began it.
    fn may_take(&self, source: &PlanSource) -> Result<(), String> {
        let name = &self.train.name;
        match (&self.source.origin, &source.origin) {
            (Origin::File(file), Origin::Api) => {
                return Err(format!("{name} comes from the file {file}: change it there"));
            }
            (Origin::Api, Origin::File(_)) => {
                return Err(format!("{name} was applied through the API: give the file's train another name"));
            }
            (Origin::File(_), Origin::File(_)) | (Origin::Api, Origin::Api) => {}
        }
        let closing = !self.closing.is_empty() || self.must_close();
        if self.owed.ahead || closing {
            return Err(format!("what {name} closed is not stored yet: repeat it in a moment"));
        }
        match &self.state {
            TrainState::Pending | TrainState::Completed { .. } | TrainState::Stopped { .. } => Ok(()),
            TrainState::Running(_) | TrainState::Paused { .. } => {
                Err(format!("{name} is {}: its plan cannot change under way", describe_train(&self.state)))
            }
        }
    }
}
