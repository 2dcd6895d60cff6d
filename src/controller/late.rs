//! Alerts of which a sender tells only after their end: they close what was under way while they fired.

use super::handle::{Controller, LaneHandle};
use super::inbox::{TriggerKind, Triggered};
use super::may_close::MayClose;
use super::view::{AlertAnswer, CommandError};
use crate::analysis::Alert;
use crate::rollout::{self, Bearing};
use crate::units::{RolloutName, UnixMillis};
use futures_util::future::join_all;
use std::collections::BTreeSet;
use tokio::time::Instant;

/// An alert that fires no more, and that nobody here heard of while it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateAlert {
    /// Which.
    pub alert: Alert,
    /// Until when it fired.
    pub until: UnixMillis,
}

/// What late alerts did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LateAnswer {
    /// What became of rollouts. Durable when this is answered.
    pub done: AlertAnswer,
    /// Those that could close no rollout that was under way then, by their places.
    pub idle: BTreeSet<usize>,
}

impl Controller {
    /// Takes alerts that have ended, and closes what they would have closed: attempts that are under way, and had begun
    /// before the alert ended. What they closed before is answered as closed once that is durable.
    ///
    /// # Errors
    /// When a closing is served but could not be made durable.
    pub async fn alert_late(&self, scope: &MayClose, late: &[LateAlert]) -> Result<LateAnswer, CommandError> {
        let accepted = Instant::now();
        let mut answer = LateAnswer::default();
        let told = late.iter().enumerate().flat_map(|(place, late)| {
            let lanes = self.within_reach(scope, late);
            if lanes.is_empty() {
                answer.idle.insert(place);
            }
            // An end that is older than its newest firing ends nothing.
            let fires_again = self.shared().firing.has(&late.alert.fingerprint);
            lanes.into_iter().map(move |(name, lane)| async move {
                let firing = lane.trigger(TriggerKind::Firing(late.alert.clone()), accepted);
                let fingerprint = late.alert.fingerprint.clone();
                if fires_again {
                    return (name, firing.await);
                }
                // Right behind it, so that the rollout does not go on waiting for an end that was told already.
                let (fired, _) = tokio::join!(firing, lane.trigger(TriggerKind::Resolved { fingerprint }, accepted));
                (name, fired)
            })
        });
        let told: Vec<_> = told.collect();
        for (name, outcome) in join_all(told).await {
            match outcome? {
                Triggered::Closed(_) => answer.done.closed.push(name),
                Triggered::AlreadyClosed(_) => answer.done.already_closed.push(name),
                Triggered::Noted | Triggered::Repeated => answer.done.concerned.push(name),
                Triggered::NotConcerned => {}
            }
        }
        Ok(answer)
    }

    /// The rollouts that a late alert may close.
    fn within_reach(&self, scope: &MayClose, late: &LateAlert) -> Vec<(RolloutName, LaneHandle)> {
        let lanes = self.lanes();
        let fits = |lane: &LaneHandle| {
            let plan = lane.last.plan();
            rollout::bearing(&plan, &late.alert) == Bearing::Closes
                && lane.last.had_begun_by(late.until)
                && self.shared().may(scope, &plan)
        };
        let fitting = lanes.iter().filter(|(_, lane)| fits(lane));
        fitting.map(|(name, lane)| (name.clone(), lane.clone())).collect()
    }
}

impl AlertAnswer {
    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.closed.extend(other.closed);
        self.already_closed.extend(other.already_closed);
        self.concerned.extend(other.concerned);
        self.out_of_scope.extend(other.out_of_scope);
        self.settle();
        self
    }
}
