//! What people tell a train.

use super::change::{TrainChange, listed};
use super::decide::{Scene, TrainDecision, describe_train};
use super::orders::{Order, Toll, extent, toll};
use super::plan::Member;
use super::standing::Phase;
use super::state::{Ride, Run, TrainState};
use crate::rollout::decision::Refusal;
use crate::units::RolloutName;
use std::collections::{BTreeMap, BTreeSet};

impl Scene<'_> {
    fn refuse<T>(&self, why: &str) -> Result<T, Refusal> {
        Err(Refusal(format!("{} {why}", self.train.name)))
    }

    fn refuse_state<T>(&self, advice: &str) -> Result<T, Refusal> {
        self.refuse(&format!("is {}{advice}", describe_train(self.state)))
    }

    pub(super) fn start(&self, by: &str, problem: Option<&str>) -> Result<TrainDecision, Refusal> {
        match self.state {
            TrainState::Pending => {}
            TrainState::Stopped { .. } => return self.refuse_state(": use `reenable` or `retry`"),
            TrainState::Running(_) | TrainState::Paused { .. } | TrainState::Completed { .. } => {
                return self.refuse_state("");
            }
        }
        self.depart(1, by, problem, &|_| true)
    }

    /// Begins a journey: whatever is open is aboard, and of the rest those that are chosen.
    fn depart(
        &self,
        number: u32,
        by: &str,
        problem: Option<&str>,
        chosen: &dyn Fn(&RolloutName) -> bool,
    ) -> Result<TrainDecision, Refusal> {
        if let Some(problem) = problem {
            return self.refuse(&format!("cannot begin: {problem}"));
        }
        let mut rides = BTreeMap::new();
        let mut members = Vec::new();
        for Member { rollout, .. } in &self.train.members {
            let Some(standing) = self.standings.get(rollout) else {
                return self.refuse(&format!("cannot begin: there is no rollout {rollout}"));
            };
            match standing.phase {
                Phase::Open { .. } | Phase::Completed | Phase::TakenOver => {
                    rides.insert(rollout.clone(), Ride::Begun(standing.attempt));
                }
                Phase::Waiting | Phase::Closed { .. } if chosen(rollout) => {
                    rides.insert(rollout.clone(), Ride::Waiting);
                    members.push(rollout.clone());
                }
                Phase::Waiting | Phase::Closed { .. } => drop(rides.insert(rollout.clone(), Ride::Left)),
            }
        }
        let run = Run { number, rides };
        for Member { rollout, needs, .. } in &self.train.members {
            if let Some(missing) = needs.iter().find(|needed| run.is_aboard(rollout) && !run.is_aboard(needed)) {
                return self.refuse(&format!("cannot begin: {rollout} needs {missing}, which is closed"));
            }
        }
        let change = TrainChange::Started { by: by.to_owned(), run: number, members };
        Ok(self.decision(TrainState::Running(run), Vec::new(), Some(change)))
    }

    pub(super) fn pause(&self, by: &str) -> Result<TrainDecision, Refusal> {
        match self.state {
            TrainState::Running(run) => {
                let next = TrainState::Paused { run: run.clone(), since: self.now };
                let orders = self.in_their_waves(run, false).map(Order::Pause).collect();
                Ok(self.decision(next, orders, Some(TrainChange::Paused { by: by.to_owned() })))
            }
            TrainState::Paused { .. } => Ok(self.keep()),
            TrainState::Pending | TrainState::Completed { .. } | TrainState::Stopped { .. } => {
                self.refuse_state(": there is nothing to pause")
            }
        }
    }

    pub(super) fn resume(&self, by: &str) -> Result<TrainDecision, Refusal> {
        match self.state {
            TrainState::Paused { run, .. } => {
                let orders = self.in_their_waves(run, true).map(Order::Resume).collect();
                let change = TrainChange::Resumed { by: by.to_owned() };
                Ok(self.decision(TrainState::Running(run.clone()), orders, Some(change)))
            }
            TrainState::Running(_) => Ok(self.keep()),
            TrainState::Pending | TrainState::Completed { .. } | TrainState::Stopped { .. } => {
                self.refuse_state(", not paused")
            }
        }
    }

    /// Members of which not all waves are open, and whose clock stands still or does not.
    pub(super) fn in_their_waves<'s>(&'s self, run: &'s Run, still: bool) -> impl Iterator<Item = RolloutName> + 's {
        let wave = move |rollout: &RolloutName| {
            matches!(run.ride(rollout), Some(Ride::Begun(_)))
                && matches!(
                    self.standings.get(rollout).map(|standing| &standing.phase),
                    Some(Phase::Open { all: false, paused, .. }) if *paused == still
                )
        };
        let rollouts = self.train.members.iter().map(|member| &member.rollout);
        rollouts.filter(move |rollout| wave(rollout)).cloned()
    }

    /// Legal in every state in which a member may be open.
    pub(super) fn rollback(
        &self,
        by: &str,
        reason: Option<&str>,
        members: &BTreeSet<RolloutName>,
    ) -> Result<TrainDecision, Refusal> {
        self.knows(members)?;
        let Some(run) = self.state.run() else {
            return self.refuse("was not started: there is nothing to roll back");
        };
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let because = match members.is_empty() {
            true => format!("rolled back by {by}{reason}"),
            false => {
                let named: Vec<RolloutName> = members.iter().cloned().collect();
                format!("{} rolled back by {by}{reason}", listed(&named))
            }
        };
        let toll = match members.is_empty() {
            true => {
                let all = self.train.members.iter().map(|member| member.rollout.clone()).collect();
                let everything = extent(self.train, run, all, because, false);
                Toll { culprits: BTreeSet::new(), ..everything }
            }
            false => extent(self.train, run, members.clone(), because, true),
        };
        let stopped = matches!(self.state, TrainState::Stopped { .. });
        if stopped && toll.closed.is_empty() {
            return Ok(self.decision(self.state.clone(), self.closings_again(run), None));
        }
        Ok(self.stop(run, &toll, Some(by)))
    }

    pub(super) fn reenable(
        &self,
        by: &str,
        members: &BTreeSet<RolloutName>,
        problem: Option<&str>,
    ) -> Result<TrainDecision, Refusal> {
        self.knows(members)?;
        let run = self.at_a_stand("`reenable` is for one that was stopped")?;
        let culprits = match self.state {
            TrainState::Stopped { culprits, .. } => self.train.with_dependents(culprits),
            TrainState::Pending | TrainState::Running(_) | TrainState::Paused { .. } | TrainState::Completed { .. } => {
                BTreeSet::new()
            }
        };
        let sound =
            |rollout: &RolloutName| matches!(run.ride(rollout), Some(Ride::Closed(_))) && !culprits.contains(rollout);
        let chosen = |rollout: &RolloutName| match members.is_empty() {
            true => sound(rollout),
            false => members.contains(rollout),
        };
        let decision = self.depart(run.number.saturating_add(1), by, problem, &chosen)?;
        match &decision.change {
            Some(TrainChange::Started { members, .. }) if members.is_empty() => {
                self.refuse("has nothing that was closed and was sound: name what is to be opened, or use `retry`")
            }
            Some(_) | None => Ok(decision),
        }
    }

    pub(super) fn retry(&self, by: &str, problem: Option<&str>) -> Result<TrainDecision, Refusal> {
        let run = self.at_a_stand("`retry` is for one that was stopped")?;
        self.depart(run.number.saturating_add(1), by, problem, &|_| true)
    }

    /// The last journey, where it is over and all that had to close has closed.
    fn at_a_stand(&self, advice: &str) -> Result<&Run, Refusal> {
        let run = match self.state {
            TrainState::Stopped { run, .. } | TrainState::Completed { run, .. } => run,
            TrainState::Pending | TrainState::Running(_) | TrainState::Paused { .. } => {
                return self.refuse_state(&format!(": {advice}"));
            }
        };
        match self.closings_again(run).is_empty() && toll(self.train, run, self.standings).is_none() {
            true => Ok(run),
            false => self.refuse("is still closing: wait for that"),
        }
    }

    fn knows(&self, members: &BTreeSet<RolloutName>) -> Result<(), Refusal> {
        match members.iter().find(|rollout| self.train.member(rollout).is_none()) {
            Some(stranger) => self.refuse(&format!("has no rollout {stranger}")),
            None => Ok(()),
        }
    }
}
