//! How far a train is on its way, and what is missing of the next step.

use super::change::TrainWait;
use super::plan::{Member, Train};
use super::standing::{Phase, Standings};
use super::state::{Ride, Run};
use crate::planted::{self, Bug};

/// What comes next on the way.
pub(super) enum Next<'t> {
    /// A member begins, as that attempt.
    Begins(&'t Member, u32),
    /// Something is waited for.
    Waits(Vec<TrainWait>),
    /// Everybody aboard is open and was watched.
    Arrived,
}

/// The first member aboard that is not open yet begins when all before it were watched.
pub(super) fn next_of<'t>(train: &'t Train, run: &Run, standings: &Standings) -> Next<'t> {
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
        if attempt.is_some()
            && let Some(problem) = &standing.problem
        {
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
        Phase::Completed | Phase::TakenOver => None,
        Phase::Open { all: false, where_, .. } => Some(TrainWait::Waves { rollout: rollout(), where_: where_.clone() }),
        Phase::Open { clear: false, .. } if !planted::is(Bug::TrainTrustsOldChecks) => Some(TrainWait::Held(rollout())),
        Phase::Open { watched, .. } => {
            let left = member.watch.saturating_sub(*watched);
            (!left.is_zero()).then(|| TrainWait::Watch { rollout: rollout(), left })
        }
        Phase::Waiting | Phase::Closed { .. } => Some(TrainWait::Underway(rollout())),
    }
}
