//! What all lanes share.

use super::claims::{Claims, Taken};
use super::evidence::flag_problems;
use super::firing::Firing;
use super::may_close::MayClose;
use super::saving::is_live;
use super::told::{Around, Last, Told};
use super::train::Board;
use super::view::View;
use crate::analysis::Alert;
use crate::clock::Clock;
use crate::measure::Readings;
use crate::publish::Publisher;
use crate::rollout::explain::Claimed;
use crate::rollout::{Plan, State};
use crate::store::Store;
use crate::store::journal::Closings;
use crate::telemetry::Metrics;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// Who has which flag and which slice of a layer.
    claims: Mutex<Claims>,
}

impl Shared {
    pub(super) fn new(world: World) -> Self {
        Self {
            world,
            changes: watch::Sender::new(0),
            firing: Firing::default(),
            board: Board::default(),
            claims: Mutex::default(),
        }
    }

    /// Claims what a plan needs to begin: its flag and, where it has one, its slice of a layer.
    ///
    /// # Errors
    /// Who has one of them.
    pub(super) fn claim(&self, plan: &Plan) -> Result<(), Taken> {
        self.claims().claim(plan, |flag| self.world.publisher.holder(flag))
    }

    /// What is around the rollout of a plan: for what a beginning would be refused now.
    pub(super) fn around(&self, plan: &Plan) -> Around {
        let claims = self.claims().against(plan, |flag| self.world.publisher.holder(flag));
        Around {
            firing: self.firing_for(plan),
            flag_problems: flag_problems(&self.world, plan),
            claims: claims.into_iter().map(Claimed::from).collect(),
        }
    }

    /// Claims what a rollout has that is found serving its candidate. Slices that overlap all the same were
    /// begun by a version that did not look, and are told.
    ///
    /// # Errors
    /// The rollout that drives its flag already; then this one is not to be served.
    pub(super) fn claim_again(&self, plan: &Plan, state: &State) -> Result<(), Taken> {
        let mut claims = self.claims();
        if is_live(state) {
            claims.drive(plan)?;
        }
        claims.keep_slice(plan);
        Ok(())
    }

    /// Lets go of what a rollout in this state has no claim to any more. Of one that is completed the candidate is
    /// served on, so that its slice stays taken.
    pub(super) fn settle(&self, plan: &Plan, state: &State) {
        match state {
            State::Running(_) | State::Paused { .. } | State::Watching(_) => {}
            State::Completed { .. } => self.claims().release_flag(plan),
            State::Pending { .. } | State::RolledBack { .. } => self.release(plan),
        }
    }

    /// Lets go of what a rollout had by a plan.
    pub(super) fn release(&self, plan: &Plan) {
        let mut claims = self.claims();
        claims.release_flag(plan);
        claims.release_slice(plan);
    }

    /// A view with what the lane cannot know of: the other rollouts that serve users of its slice.
    pub(super) fn with_overlaps(&self, mut view: View) -> View {
        if serves_candidate(&view.state) && view.plan.layer.is_some() {
            let taken = self.claims().overlaps(&view.plan, |flag| self.world.publisher.holder(flag));
            view.problems.extend(taken.into_iter().map(|taken| taken.to_string()));
        }
        view
    }

    /// Whether a source of alerts may touch the rollout of a plan, by the flag's definition as it is served.
    pub(super) fn may(&self, scope: &MayClose, plan: &Plan) -> bool {
        scope.has(plan, || {
            let published = self.world.publisher.live().load_full();
            published.snapshot().flag(plan.flag.as_str())?.definition().cloned()
        })
    }

    /// The alerts that fire now and that whoever sent them may tell the rollout of a plan of.
    pub(super) fn firing_for(&self, plan: &Plan) -> Vec<Alert> {
        self.firing.now(self.world.clock.now(), |scope| self.may(scope, plan))
    }

    fn claims(&self) -> MutexGuard<'_, Claims> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn announce(&self, last: &Last, told: Told) {
        last.tell(told);
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// Whether somebody has the candidate, watched or not.
pub(super) const fn serves_candidate(state: &State) -> bool {
    is_live(state) || matches!(state, State::Completed { .. })
}
