//! What comes next for a train: its plan, its state and how its members stand in; next state, orders and reason out.

use super::change::{TrainChange, TrainWait};
use super::orders::{Order, Toll, closings, toll};
use super::plan::{Member, Train};
use super::standing::{Phase, Standings};
use super::state::{Ride, Run, TrainState};
use super::way::{Next, next_of};
use crate::planted::{self, Bug};
use crate::rollout::decision::Refusal;
use crate::units::{RolloutName, UnixMillis};
use std::collections::BTreeSet;
use std::time::Duration;

/// Something that happened to a train.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrainEvent {
    /// Somebody looked how its members stand.
    Looked,
    /// A person begins it. What stands against that comes with it.
    Start {
        /// Who.
        by: String,
        /// Why its rollouts cannot ride together.
        problem: Option<String>,
    },
    /// A person lets nothing begin.
    Pause {
        /// Who.
        by: String,
    },
    /// A person lets it go on.
    Resume {
        /// Who.
        by: String,
    },
    /// A person closes it.
    Rollback {
        /// Who.
        by: String,
        /// What they said.
        reason: Option<String>,
        /// Only those and what needs them; none for all of it.
        members: BTreeSet<RolloutName>,
    },
    /// A person opens again what was closed with it and was sound, one by one.
    Reenable {
        /// Who.
        by: String,
        /// Only those; none for all that did not close by themselves and do not need what did.
        members: BTreeSet<RolloutName>,
        /// Why its rollouts cannot ride together.
        problem: Option<String>,
    },
    /// A person begins it anew, with everything that is closed.
    Retry {
        /// Who.
        by: String,
        /// Why its rollouts cannot ride together.
        problem: Option<String>,
    },
}

/// The outcome of [`decide_train`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainDecision {
    /// Where it stands from now on.
    pub next: TrainState,
    /// What its members are to do. A closing is ordered at once; anything else once the state is durable.
    pub orders: Vec<Order>,
    /// What happened, if it is worth a row in the ledger.
    pub change: Option<TrainChange>,
    /// What it waits for now; empty only when it is completed.
    pub waits: Vec<TrainWait>,
}

/// Decides what an event means for a train.
///
/// # Errors
/// When the event is a person's command that is not legal now.
pub fn decide_train(
    train: &Train,
    state: &TrainState,
    event: &TrainEvent,
    standings: &Standings,
    now: UnixMillis,
) -> Result<TrainDecision, Refusal> {
    let scene = Scene { train, state, standings, now };
    match event {
        TrainEvent::Looked => Ok(scene.looked()),
        TrainEvent::Start { by, problem } => scene.start(by, problem.as_deref()),
        TrainEvent::Pause { by } => scene.pause(by),
        TrainEvent::Resume { by } => scene.resume(by),
        TrainEvent::Rollback { by, reason, members } => scene.rollback(by, reason.as_deref(), members),
        TrainEvent::Reenable { by, members, problem } => scene.reenable(by, members, problem.as_deref()),
        TrainEvent::Retry { by, problem } => scene.retry(by, problem.as_deref()),
    }
}

/// What a train waits for as it stands.
#[must_use]
pub fn train_waits(train: &Train, state: &TrainState, standings: &Standings) -> Vec<TrainWait> {
    match state {
        TrainState::Pending => vec![TrainWait::Start],
        TrainState::Paused { .. } => vec![TrainWait::Resume],
        TrainState::Stopped { .. } => vec![TrainWait::Reenable],
        TrainState::Completed { .. } => Vec::new(),
        TrainState::Running(run) => match next_of(train, run, standings) {
            Next::Waits(waits) => waits,
            Next::Begins(member, _) => vec![TrainWait::Underway(member.rollout.clone())],
            Next::Arrived => Vec::new(),
        },
    }
}

/// The state in a few words.
#[must_use]
pub const fn describe_train(state: &TrainState) -> &'static str {
    match state {
        TrainState::Pending => "not started",
        TrainState::Running(_) => "on its way",
        TrainState::Paused { .. } => "paused",
        TrainState::Completed { .. } => "completed",
        TrainState::Stopped { .. } => "stopped",
    }
}

pub(super) struct Scene<'a> {
    pub(super) train: &'a Train,
    pub(super) state: &'a TrainState,
    pub(super) standings: &'a Standings,
    pub(super) now: UnixMillis,
}

impl Scene<'_> {
    pub(super) fn decision(&self, next: TrainState, orders: Vec<Order>, change: Option<TrainChange>) -> TrainDecision {
        let waits = train_waits(self.train, &next, self.standings);
        TrainDecision { next, orders, change, waits }
    }

    pub(super) fn keep(&self) -> TrainDecision {
        self.decision(self.state.clone(), Vec::new(), None)
    }

    fn looked(&self) -> TrainDecision {
        let Some(run) = self.state.run() else { return self.keep() };
        if let Some(toll) = toll(self.train, run, self.standings) {
            return self.stop(run, &toll, None);
        }
        let again = self.closings_again(run);
        if !again.is_empty() {
            return self.decision(self.state.clone(), again, None);
        }
        if !self.state.is_on_its_way() {
            // What began at the moment of the pause, or was not told of it, is told until it stands still.
            let paused = matches!(self.state, TrainState::Paused { .. });
            let orders = self.in_their_waves(run, false).filter(|_| paused).map(Order::Pause).collect();
            return self.decision(self.state.clone(), orders, None);
        }
        match next_of(self.train, run, self.standings) {
            Next::Waits(waits) => TrainDecision { waits, ..self.keep() },
            Next::Begins(member, attempt) => self.begin(run, member, attempt),
            Next::Arrived => {
                let left = |member: &&Member| !run.is_aboard(&member.rollout);
                let without = self.train.members.iter().filter(left).map(|member| member.rollout.clone()).collect();
                let next = TrainState::Completed { run: run.clone(), at: self.now };
                self.decision(next, Vec::new(), Some(TrainChange::Completed { without }))
            }
        }
    }

    fn begin(&self, run: &Run, member: &Member, attempt: u32) -> TrainDecision {
        let mut run = run.clone();
        let told = run.rides.insert(member.rollout.clone(), Ride::Begun(attempt)) == Some(Ride::Begun(attempt));
        let change = TrainChange::Begins { rollout: member.rollout.clone(), after: self.watched_before(&run, member) };
        let order = Order::Begin { rollout: member.rollout.clone(), attempt };
        let mut decision = self.decision(TrainState::Running(run), vec![order], (!told).then_some(change));
        decision.waits = vec![TrainWait::Underway(member.rollout.clone())];
        decision
    }

    /// The member aboard before that one, and how long it was watched.
    fn watched_before(&self, run: &Run, member: &Member) -> Option<(RolloutName, Duration)> {
        let before = self.train.members.iter().take_while(|other| *other != member);
        let before = before.filter(|other| run.is_aboard(&other.rollout)).last()?;
        let watched = match &self.standings.get(&before.rollout)?.phase {
            Phase::Open { watched, .. } => *watched,
            Phase::Completed | Phase::TakenOver => before.watch,
            Phase::Waiting | Phase::Closed { .. } => return None,
        };
        Some((before.rollout.clone(), watched))
    }

    pub(super) fn stop(&self, run: &Run, toll: &Toll, by: Option<&str>) -> TrainDecision {
        let mut run = run.clone();
        for (rollout, ride) in &mut run.rides {
            // What was told to begin and has not is not to begin any more, whether or not it closes with the others.
            let told = |attempt| self.standings.get(rollout).is_none_or(|standing| standing.attempt < attempt);
            if let Ride::Begun(attempt) = *ride
                && (toll.closed.contains(rollout) || told(attempt))
            {
                *ride = Ride::Closed(attempt);
            }
        }
        let orders = match planted::is(Bug::TrainClosesNobodyElse) {
            true => Vec::new(),
            false => closings(self.train, &run, self.standings, &toll.because, toll.alone),
        };
        let open = |rollout: &RolloutName| {
            self.standings.get(rollout).is_some_and(|standing| standing.phase.is_open())
                && matches!(run.ride(rollout), Some(Ride::Begun(_)))
        };
        let members = self.train.members.iter().map(|member| &member.rollout);
        let change = TrainChange::Stopped {
            by: by.map(str::to_owned),
            because: toll.because.clone(),
            closed: toll.closed.clone(),
            kept: members.filter(|rollout| open(rollout)).cloned().collect(),
        };
        let (because, mut culprits) = (toll.because.clone(), toll.culprits.clone());
        if let TrainState::Stopped { culprits: before, .. } = self.state {
            culprits.extend(before.iter().cloned());
        }
        let next = TrainState::Stopped { run, at: self.now, because, culprits };
        self.decision(next, orders, Some(change))
    }

    /// Closings that were ordered and have not been done.
    pub(super) fn closings_again(&self, run: &Run) -> Vec<Order> {
        let because = match self.state {
            TrainState::Stopped { because, .. } => because.as_str(),
            TrainState::Pending | TrainState::Running(_) | TrainState::Paused { .. } | TrainState::Completed { .. } => {
                "it was open before its turn, or after its train had closed it"
            }
        };
        if planted::is(Bug::TrainOrdersOnce) {
            return Vec::new();
        }
        closings(self.train, run, self.standings, because, false)
    }
}
