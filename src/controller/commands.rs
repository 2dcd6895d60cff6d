//! What people tell a rollout to do, other than closing it.

use super::evidence::{Grounds, flag_problems, last_readings};
use super::gather::{baseline, gather};
use super::inbox::Command;
use super::lane::{Lane, answer};
use super::saving::{Saved, is_live};
use super::train::Permit;
use super::view::{CommandError, Verb};
use crate::planted::{self, Bug};
use crate::rollout::{Beginning, Effect, Event, Evidence, Finding, State, Wait};
use std::sync::Arc;

/// Who begins a rollout whose plan names the time.
const BY_ITS_PLAN: &str = "the plan's start time";

impl Lane {
    pub(super) async fn on_command(&mut self, command: Box<Command>) {
        match *command {
            Command::Verb { verb, by, reason, reply } => {
                let result = self.on_verb(verb, by, reason.as_deref()).await;
                self.schedule();
                self.announce();
                answer(reply, result.map(|()| self.view()));
            }
            Command::Begin { attempt, by, permit, reply } => {
                let result = self.on_begin(attempt, by, &permit).await;
                self.schedule();
                self.announce();
                answer(reply, result.map(|()| self.view()));
            }
            Command::Plan { plan, source, by, reply } => {
                let result = self.on_plan(plan, source, &by).await;
                self.schedule();
                self.announce();
                answer(reply, result);
            }
        }
    }

    /// Begins for its train, unless that has been taken back or has happened already.
    async fn on_begin(&mut self, attempt: u32, by: String, permit: &Permit) -> Result<(), CommandError> {
        let verb = match &*self.state {
            State::Pending { .. } => Verb::Start,
            State::RolledBack { .. } => Verb::Retry,
            State::Running(_) | State::Paused { .. } | State::Watching(_) | State::Completed { .. } => return Ok(()),
        };
        let next = self.state.attempt().saturating_add(1);
        if next != attempt {
            return Err(CommandError::Refused(format!("its next attempt is {next} and not {attempt}")));
        }
        self.permit = Some(permit.clone());
        let result = match self.is_permitted() {
            Ok(()) => self.on_verb(verb, by, None).await,
            refused @ Err(_) => refused,
        };
        // Where nobody knows whether it has begun, the leave counts until that is known.
        if self.reload_at.is_none() {
            self.settle_permit().await;
        }
        result
    }

    /// What has begun for a train that was stopped meanwhile is closed. It is not served: [`Lane::lay`] sees to that.
    pub(super) async fn settle_permit(&mut self) {
        let Some(permit) = self.permit.take().filter(Permit::is_gone) else { return };
        if !is_live(&self.state) {
            return;
        }
        let because = "it was stopped while this one began".to_owned();
        let (train, attempt) = (permit.train, self.state.attempt());
        if let Ok(decision) = self.decide(&Event::Recalled { train, attempt, because, alone: true }) {
            self.carry_out(decision, Grounds::default()).await;
        }
    }

    async fn on_verb(&mut self, verb: Verb, by: String, reason: Option<&str>) -> Result<(), CommandError> {
        if self.unsaved.is_some() && !planted::is(Bug::CommandsOvertakeTheClosing) {
            let why = "its closing is not stored yet: the store does not answer";
            return Err(CommandError::Unavailable(why.to_owned()));
        }
        if let (Verb::Start | Verb::Retry, None, Some(train)) =
            (verb, &self.permit, self.shared.board.train_of(&self.plan.name))
        {
            let (name, verb) = (&self.plan.name, verb.as_str());
            let sentence = format!("{name} rides in the train {train}, which begins it: `train {verb} {train}`");
            return Err(CommandError::Refused(sentence));
        }
        let event = match verb {
            Verb::Start => Event::Start(self.beginning(by).await),
            Verb::Retry => Event::Retry(self.beginning(by).await),
            Verb::Pause => Event::Pause { by },
            Verb::Resume => Event::Resume { by },
            Verb::Rollback => Event::Rollback { by, reason: None },
            Verb::Promote => {
                // Decided once without evidence, so that an illegal promotion is refused without asking anybody.
                self.may_promote(&by)?;
                let work = gather(self.shared.world.clone(), Arc::clone(&self.plan), Arc::clone(&self.state));
                let Some(evidence) = self.unless_closed(work).await else {
                    return Err(CommandError::Refused(format!("{} was closed at this moment", self.plan.name)));
                };
                self.readings = last_readings(&self.shared.world, &self.plan, &evidence);
                self.split = evidence.split;
                Event::Promote { by, evidence }
            }
        };
        self.is_permitted()?;
        let mut decision = self.decide(&event)?;
        let begins = matches!(event, Event::Start(_) | Event::Retry(_));
        if begins && let Err(taken) = self.shared.claim(&self.plan) {
            return Err(CommandError::Refused(format!("{taken}: {}", taken.hint())));
        }
        let evidence = if let Event::Promote { evidence, .. } = event { Some(evidence) } else { None };
        let opening = matches!(decision.effect, Effect::Open(_));
        let findings: Arc<[Finding]> = std::mem::take(&mut decision.findings).into();
        // When it fails what it claimed stays claimed until the store was read again: it may have begun all the same.
        if evidence.is_some() {
            self.findings = Arc::clone(&findings);
        }
        let grounds = Grounds { evidence: evidence.as_ref(), findings: &findings, reason, reported: None };
        let saved = self.carry_out(decision, grounds).await;
        match saved {
            Saved::Yes => Ok(()),
            Saved::Conflict => {
                Err(CommandError::Unavailable("it changed at the same moment: look again and repeat".to_owned()))
            }
            Saved::No(why) if opening => {
                Err(CommandError::Unavailable(format!("nothing was opened, for it could not be stored: {why}")))
            }
            Saved::No(why) => Err(CommandError::Unavailable(format!("it could not be stored: {why}"))),
        }
    }

    /// What is known at the moment of beginning. Nobody has the candidate yet, so that measuring first
    /// delays no closing.
    pub(super) async fn beginning(&mut self, by: String) -> Beginning {
        let (world, plan) = (self.shared.world.clone(), Arc::clone(&self.plan));
        let baseline = self.meanwhile_closing(async move { baseline(&world, &plan).await }).await;
        let flag_problems = flag_problems(&self.shared.world, &self.plan);
        Beginning { by, flag_problems, firing: self.shared.firing_for(&self.plan), baseline }
    }

    /// Begins by itself, at the time that the plan names.
    pub(super) async fn begin_on_time(&mut self) {
        if self.plan.start.is_some_and(|start| start > self.now()) {
            // Woken to look at the clock, which may have been set.
            return self.schedule();
        }
        if let Some(train) = self.shared.board.train_of(&self.plan.name) {
            self.waits = Arc::from([Wait::Hold(format!("it rides in the train {train}, which begins it"))]);
            self.schedule();
            return self.announce();
        }
        let beginning = self.beginning(BY_ITS_PLAN.to_owned()).await;
        let Ok(decision) = self.decide(&Event::Due(beginning)) else { return self.schedule() };
        let begins = matches!(decision.effect, Effect::Open(_));
        if begins && let Err(taken) = self.shared.claim(&self.plan) {
            self.waits = Arc::from([Wait::Hold(taken.to_string())]);
        } else {
            self.carry_out(decision, Grounds::default()).await;
        }
        self.schedule();
        self.announce();
    }

    /// Whether its train, if that told it to begin, still wants it to.
    fn is_permitted(&self) -> Result<(), CommandError> {
        match self.permit.as_ref().is_none_or(Permit::is_given) {
            true => Ok(()),
            false => Err(CommandError::Refused("its train does not want it to begin any more".to_owned())),
        }
    }

    fn may_promote(&self, by: &str) -> Result<(), CommandError> {
        match &*self.state {
            State::Running(_) => Ok(()),
            State::Pending { .. }
            | State::Paused { .. }
            | State::Watching(_)
            | State::Completed { .. }
            | State::RolledBack { .. } => {
                let event = Event::Promote { by: by.to_owned(), evidence: Evidence::default() };
                self.decide(&event).map(|_| ())
            }
        }
    }
}
