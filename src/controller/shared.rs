//! What all lanes share.

use super::firing::Firing;
use super::train::Board;
use super::view::View;
use crate::clock::Clock;
use crate::measure::Readings;
use crate::planted::{self, Bug};
use crate::publish::Publisher;
use crate::store::Store;
use crate::store::journal::Closings;
use crate::telemetry::Metrics;
use crate::units::{FlagKey, RolloutName};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// The world as the controller sees it.
#[derive(Debug, Clone)]
pub struct World {
    /// Where everything durable goes.
    pub store: Arc<dyn Store>,
    /// Where closings go while the store is away; none when nothing is kept at all.
    pub journal: Option<Arc<dyn Closings>>,
    /// What serves.
    pub publisher: Arc<Publisher>,
    /// What measures.
    pub readings: Arc<dyn Readings>,
    /// Tidegate's own metrics.
    pub metrics: Metrics,
    /// The time.
    pub clock: Clock,
}

/// The world, and what the lanes tell each other.
#[derive(Debug)]
pub(super) struct Shared {
    pub world: World,
    /// Counts changes of any rollout, for whoever waits for one.
    pub changes: watch::Sender<u64>,
    /// The alerts that fire, whomever they concern.
    pub firing: Firing,
    /// Where rollouts tell their trains what happened to them.
    pub board: Board,
    /// Which rollout drives a flag: at most one at a time.
    drivers: Mutex<BTreeMap<FlagKey, RolloutName>>,
}

impl Shared {
    pub(super) fn new(world: World) -> Self {
        Self {
            world,
            changes: watch::Sender::new(0),
            firing: Firing::default(),
            board: Board::default(),
            drivers: Mutex::default(),
        }
    }

    /// Claims a flag for a rollout.
    ///
    /// # Errors
    /// The rollout that drives it already.
    pub(super) fn claim(&self, flag: &FlagKey, rollout: &RolloutName) -> Result<(), RolloutName> {
        let mut drivers = self.drivers.lock().unwrap_or_else(PoisonError::into_inner);
        match drivers.get(flag) {
            Some(driver) if driver != rollout && !planted::is(Bug::FlagHasTwoDrivers) => Err(driver.clone()),
            Some(_) | None => {
                drivers.insert(flag.clone(), rollout.clone());
                Ok(())
            }
        }
    }

    /// Lets go of a flag, if it is this rollout that has it.
    pub(super) fn release(&self, flag: &FlagKey, rollout: &RolloutName) {
        let mut drivers = self.drivers.lock().unwrap_or_else(PoisonError::into_inner);
        if drivers.get(flag) == Some(rollout) {
            drivers.remove(flag);
        }
    }

    pub(super) fn announce(&self, sender: &watch::Sender<View>, view: View) {
        sender.send_replace(view);
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }
}
