//! Where rollouts tell their trains that something happened to them.

use crate::units::RolloutName;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Which rollouts ride in which train.
#[derive(Debug, Default)]
pub(in crate::controller) struct Board {
    riders: Mutex<BTreeMap<RolloutName, Rider>>,
}

#[derive(Debug)]
struct Rider {
    train: RolloutName,
    /// Wakes the train's task.
    bell: Arc<Notify>,
    /// The attempt that is served closed, though its lane may be too busy to say so, and why.
    closed: Option<(u32, String)>,
}

impl Board {
    /// Notes a train's members, in place of those it had.
    pub(super) fn board(&self, train: &RolloutName, members: &[RolloutName], bell: &Arc<Notify>) {
        let mut riders = self.riders();
        riders.retain(|rollout, rider| rider.train != *train || members.contains(rollout));
        for rollout in members {
            let known = riders.get(rollout).and_then(|rider| rider.closed.clone());
            let rider = Rider { train: train.clone(), bell: Arc::clone(bell), closed: known };
            riders.insert(rollout.clone(), rider);
        }
    }

    /// The train that a rollout rides in.
    pub(in crate::controller) fn train_of(&self, rollout: &RolloutName) -> Option<RolloutName> {
        self.riders().get(rollout).map(|rider| rider.train.clone())
    }

    /// A rollout stands otherwise than before.
    pub(in crate::controller) fn moved(&self, rollout: &RolloutName) {
        if let Some(rider) = self.riders().get(rollout) {
            rider.bell.notify_one();
        }
    }

    /// A rollout is served closed from now on. Its train need not wait until the rollout's task has time to say so.
    pub(in crate::controller) fn closed(&self, rollout: &RolloutName, attempt: u32, why: &dyn std::fmt::Display) {
        if let Some(rider) = self.riders().get_mut(rollout) {
            rider.closed = Some((attempt, why.to_string()));
            rider.bell.notify_one();
        }
    }

    /// The attempt of a rollout that is served closed, and why.
    pub(super) fn closing(&self, rollout: &RolloutName) -> Option<(u32, String)> {
        self.riders().get(rollout)?.closed.clone()
    }

    fn riders(&self) -> MutexGuard<'_, BTreeMap<RolloutName, Rider>> {
        self.riders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
