//! What a train tells its members.

use super::plan::{Extent, Train};
use super::standing::{Phase, Standings};
use super::state::{Ride, Run};
use crate::units::RolloutName;
use std::collections::BTreeSet;

/// Something to be done to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Begin, as that attempt.
    Begin {
        /// Which.
        rollout: RolloutName,
        /// As which attempt: one that was made meanwhile is not made again.
        attempt: u32,
    },
    /// Close at once.
    Close {
        /// Which.
        rollout: RolloutName,
        /// Why.
        because: String,
        /// Only what needs it closes with it.
        alone: bool,
    },
    /// Stand still.
    Pause(RolloutName),
    /// Go on.
    Resume(RolloutName),
}

/// What closes with members that are closed.
#[derive(Debug, Default)]
pub(super) struct Toll {
    /// Those that closed by themselves, or that somebody closed.
    pub(super) culprits: BTreeSet<RolloutName>,
    /// Why the first of them, in the train's order, did.
    pub(super) because: String,
    /// All that are closed from now on, the culprits among them; the last one of the train first.
    pub(super) closed: Vec<RolloutName>,
    /// Only what needs the culprits closes.
    pub(super) alone: bool,
}

/// A member whose attempt is over.
struct Over<'t> {
    rollout: &'t RolloutName,
    because: String,
    /// Its train closed it, before that was known here.
    recalled: bool,
    alone: bool,
}

/// Members that were open in this run and are not any more, and what must close with them. `None` when there are none.
pub(super) fn toll(train: &Train, run: &Run, standings: &Standings) -> Option<Toll> {
    let over: Vec<_> = train.members.iter().filter_map(|member| over(&member.rollout, run, standings)).collect();
    // What a person singled out is none that was sound, also where only its closing tells of it.
    let culprits: BTreeSet<_> =
        over.iter().filter(|one| !one.recalled || one.alone).map(|one| one.rollout.clone()).collect();
    let because = match over.iter().find(|one| !one.recalled) {
        Some(first) => format!("{} closed: {}", first.rollout, first.because),
        None => over.first()?.because.clone(),
    };
    let alone = over.iter().all(|one| one.alone);
    let closed = over.iter().map(|one| one.rollout.clone()).collect();
    Some(Toll { culprits, ..extent(train, run, closed, because, alone) })
}

fn over<'t>(rollout: &'t RolloutName, run: &Run, standings: &Standings) -> Option<Over<'t>> {
    let Some(Ride::Begun(attempt)) = run.ride(rollout) else { return None };
    let standing = standings.get(rollout)?;
    match &standing.phase {
        Phase::Closed { because, recalled, alone } if standing.attempt >= attempt => {
            Some(Over { rollout, because: because.clone(), recalled: *recalled, alone: *alone })
        }
        // Somebody began it anew past its train: its attempt is over.
        Phase::Waiting | Phase::Open { .. } | Phase::Completed | Phase::TakenOver if standing.attempt > attempt => {
            let because = "another attempt was begun past its train".to_owned();
            Some(Over { rollout, because, recalled: false, alone: false })
        }
        Phase::Closed { .. } | Phase::Waiting | Phase::Open { .. } | Phase::Completed | Phase::TakenOver => None,
    }
}

/// What closes with those that are closed or to be closed.
pub(super) fn extent(train: &Train, run: &Run, culprits: BTreeSet<RolloutName>, because: String, alone: bool) -> Toll {
    let everybody = train.rollback == Extent::All && !alone;
    let doomed = train.with_dependents(&culprits);
    let begun = |rollout: &RolloutName| matches!(run.ride(rollout), Some(Ride::Begun(_)));
    let closed = train
        .members
        .iter()
        .rev()
        .map(|member| &member.rollout)
        .filter(|rollout| begun(rollout) && (everybody || doomed.contains(*rollout)))
        .cloned()
        .collect();
    Toll { culprits, because, closed, alone }
}

/// Orders to close all that must be and is not: the last one of the train first. They are given again until each
/// is done, for whoever carries them out may break down.
pub(super) fn closings(train: &Train, run: &Run, standings: &Standings, because: &str, alone: bool) -> Vec<Order> {
    let order = |rollout: &RolloutName| Order::Close { rollout: rollout.clone(), because: because.to_owned(), alone };
    let rollouts = train.members.iter().rev().map(|member| &member.rollout);
    rollouts.filter(|rollout| must_not_be_open(run, rollout, standings)).map(order).collect()
}

/// Whether a member is open that this journey has closed or has not begun. A beginning that was told on an earlier
/// journey can take place long after it, when a store that was away comes back.
fn must_not_be_open(run: &Run, rollout: &RolloutName, standings: &Standings) -> bool {
    let Some(standing) = standings.get(rollout) else { return false };
    let wanted = match run.ride(rollout) {
        Some(Ride::Closed(_) | Ride::Waiting | Ride::Left) => false,
        Some(Ride::Begun(attempt)) => standing.attempt >= attempt,
        None => true,
    };
    standing.phase.is_open() && !wanted
}
