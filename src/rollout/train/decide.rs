//! What comes next for a train: its plan, its state and how its members stand in; next state, orders and reason out.

use super::change::{TrainChange, TrainWait};
use super::orders::{Order, Toll, closings, extent, toll};
use super::plan::{Member, Train};
use super::standing::{Phase, Standings};
use super::state::{Ride, Run, TrainState};
use crate::planted::{self, Bug};
use crate::rollout::decision::Refusal;
use crate::units::{RolloutName, UnixMillis};
use std::collections::{BTreeMap, BTreeSet};
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

/// What comes next on the way.
enum Next<'t> {
    /// A member begins, as that attempt.
    Begins(&'t Member, u32),
    /// Something is waited for.
    Waits(Vec<TrainWait>),
    /// Everybody aboard is open and was watched.
    Arrived,
}

/// The first member aboard that is not open yet begins when all before it were watched.
fn next_of<'t>(train: &'t Train, run: &Run, standings: &Standings) -> Next<'t> {
    let mut waits = Vec::new();
    for member in &train.members {
        let rollout = &member.rollout;
        let Some(ride) = run.ride(rollout).filter(|_| run.is_aboard(rollout)) else { continue };
        let Some(standing) = standings.get(rollout) else {
            return Next::Waits(vec![TrainWait::Member(format!("there is no rollout {rollout}"))]);
        };
        let attempt = match ride {
            Ride::Waiting => Some(standing.attempt.saturating_add(1)),
            // It was told to, and has not: the one who told it may have broken down.
            Ride::Begun(attempt) if standing.attempt < attempt => Some(attempt),
            Ride::Begun(_) | Ride::Closed(_) | Ride::Left => None,
        };
        if let Some(problem) = &standing.problem {
            waits.push(TrainWait::Member(problem.clone()));
        }
        match attempt {
            Some(attempt) if waits.is_empty() || planted::is(Bug::TrainDoesNotWait) => {
                return Next::Begins(member, attempt);
            }
            Some(_) => return Next::Waits(waits),
            None => waits.extend(stands_against_next(member, &standing.phase)),
        }
    }
    if waits.is_empty() { Next::Arrived } else { Next::Waits(waits) }
}

/// What is missing of a member before the next one may begin.
fn stands_against_next(member: &Member, phase: &Phase) -> Option<TrainWait> {
    let rollout = || member.rollout.clone();
    match phase {
        Phase::Completed => None,
        Phase::Open { all: false, where_, .. } => Some(TrainWait::Waves { rollout: rollout(), where_: where_.clone() }),
        Phase::Open { clear: false, .. } if !planted::is(Bug::TrainTrustsOldChecks) => Some(TrainWait::Held(rollout())),
        Phase::Open { watched, .. } => {
            let left = member.watch.saturating_sub(*watched);
            (!left.is_zero()).then(|| TrainWait::Watch { rollout: rollout(), left })
        }
        Phase::Waiting | Phase::Closed { .. } => Some(TrainWait::Underway(rollout())),
    }
}

struct Scene<'a> {
    train: &'a Train,
    state: &'a TrainState,
    standings: &'a Standings,
    now: UnixMillis,
}

impl Scene<'_> {
    fn decision(&self, next: TrainState, orders: Vec<Order>, change: Option<TrainChange>) -> TrainDecision {
        let waits = train_waits(self.train, &next, self.standings);
        TrainDecision { next, orders, change, waits }
    }

    fn keep(&self) -> TrainDecision {
        self.decision(self.state.clone(), Vec::new(), None)
    }

    fn refuse<T>(&self, why: &str) -> Result<T, Refusal> {
        Err(Refusal(format!("{} {why}", self.train.name)))
    }

    fn refuse_state<T>(&self, advice: &str) -> Result<T, Refusal> {
        self.refuse(&format!("is {}{advice}", describe_train(self.state)))
    }

    fn looked(&self) -> TrainDecision {
        let Some(run) = self.state.run() else { return self.keep() };
        if let Some(toll) = toll(self.train, run, self.standings) {
            return self.stop(run, &toll, None);
        }
        let again = self.closings_again(run);
        if !again.is_empty() || !self.state.is_on_its_way() {
            return self.decision(self.state.clone(), again, None);
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
            Phase::Completed => before.watch,
            Phase::Waiting | Phase::Closed { .. } => return None,
        };
        Some((before.rollout.clone(), watched))
    }

    fn stop(&self, run: &Run, toll: &Toll, by: Option<&str>) -> TrainDecision {
        let mut run = run.clone();
        for rollout in &toll.closed {
            if let Some(ride) = run.rides.get_mut(rollout)
                && let Ride::Begun(attempt) = *ride
            {
                *ride = Ride::Closed(attempt);
            }
        }
        let orders = match planted::is(Bug::TrainClosesNobodyElse) {
            true => Vec::new(),
            false => closings(self.train, &run, self.standings, &toll.because, toll.alone),
        };
        let open = |rollout: &RolloutName| {
            self.standings.get(rollout).is_some_and(|standing| !matches!(standing.phase, Phase::Waiting))
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
    fn closings_again(&self, run: &Run) -> Vec<Order> {
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

    fn start(&self, by: &str, problem: Option<&str>) -> Result<TrainDecision, Refusal> {
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
                Phase::Open { .. } | Phase::Completed => {
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

    fn pause(&self, by: &str) -> Result<TrainDecision, Refusal> {
        match self.state {
            TrainState::Running(run) => {
                let next = TrainState::Paused { run: run.clone(), since: self.now };
                let orders = self.in_their_waves(run).map(Order::Pause).collect();
                Ok(self.decision(next, orders, Some(TrainChange::Paused { by: by.to_owned() })))
            }
            TrainState::Paused { .. } => Ok(self.keep()),
            TrainState::Pending | TrainState::Completed { .. } | TrainState::Stopped { .. } => {
                self.refuse_state(": there is nothing to pause")
            }
        }
    }

    fn resume(&self, by: &str) -> Result<TrainDecision, Refusal> {
        match self.state {
            TrainState::Paused { run, .. } => {
                let orders = self.in_their_waves(run).map(Order::Resume).collect();
                let change = TrainChange::Resumed { by: by.to_owned() };
                Ok(self.decision(TrainState::Running(run.clone()), orders, Some(change)))
            }
            TrainState::Running(_) => Ok(self.keep()),
            TrainState::Pending | TrainState::Completed { .. } | TrainState::Stopped { .. } => {
                self.refuse_state(", not paused")
            }
        }
    }

    /// Members of which not all waves are open.
    fn in_their_waves<'s>(&'s self, run: &'s Run) -> impl Iterator<Item = RolloutName> + 's {
        let wave = |rollout: &RolloutName| {
            matches!(run.ride(rollout), Some(Ride::Begun(_)))
                && matches!(
                    self.standings.get(rollout).map(|standing| &standing.phase),
                    Some(Phase::Open { all: false, .. })
                )
        };
        let rollouts = self.train.members.iter().map(|member| &member.rollout);
        rollouts.filter(move |rollout| wave(rollout)).cloned()
    }

    /// Legal in every state in which a member may be open.
    fn rollback(
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
                format!("{} rolled back by {by}{reason}", super::change::listed(&named))
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

    fn reenable(
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

    fn retry(&self, by: &str, problem: Option<&str>) -> Result<TrainDecision, Refusal> {
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
