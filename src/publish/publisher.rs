//! Composes snapshots and hands them to the evaluators.

use crate::clock::Clock;
use crate::eval::{Bucketing, Snapshot};
use crate::flag::{Catalog, Overlay, Rank};
use crate::live::Live;
use crate::planted::{self, Bug};
use crate::units::{FlagKey, Generation, RolloutName};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a closing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It took the candidate away.
    Now,
    /// It was closed already.
    Before,
    /// Nothing: another rollout has taken the flag over.
    Elsewhere,
}

/// Everything that changes what is served goes through here, one change after the other.
#[derive(Debug)]
pub struct Publisher {
    live: Arc<Live>,
    bucketing: Bucketing,
    laid: Mutex<Laid>,
    clock: Clock,
}

/// The exposures in force and the number of the newest snapshot.
#[derive(Debug)]
struct Laid {
    generation: Generation,
    overlays: BTreeMap<FlagKey, Overlay>,
}

impl Publisher {
    /// A publisher for what `live` serves, which it takes as empty.
    #[must_use]
    pub fn new(live: Arc<Live>, bucketing: Bucketing) -> Self {
        let laid = Laid { generation: Generation::ZERO, overlays: BTreeMap::new() };
        Self { live, bucketing, laid: Mutex::new(laid), clock: Clock::system() }
    }

    /// The same by another clock than the system's.
    #[must_use]
    pub fn by(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// What is served now.
    #[must_use]
    pub const fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// Serves the definitions of a catalog, with the exposures in force laid over them.
    ///
    /// Compiling thousands of flags takes a while, so it happens outside the lock that closings need;
    /// exposures that changed meanwhile are laid over the result before it is served.
    pub fn definitions(&self, catalog: &Catalog) -> Generation {
        let mut known = self.lock().overlays.clone();
        if planted::is(Bug::DefinitionsForgetExposures) {
            known.clear();
        }
        let previous = self.live.load();
        let mut snapshot =
            Snapshot::build(Generation::ZERO, catalog.flags(), &known, self.bucketing, Some(previous.snapshot()));
        drop(previous);
        let mut laid = self.lock();
        let generation = laid.generation.next();
        for (flag, overlay) in &laid.overlays {
            if known.get(flag) != Some(overlay) && !planted::is(Bug::DefinitionsForgetExposures) {
                snapshot = snapshot.with_overlay(generation, flag, Some(overlay.clone()));
            }
        }
        laid.generation = generation;
        self.live.publish_at(snapshot.with_generation(generation), None, self.clock.now());
        generation
    }

    /// Serves a wider exposure. One that is older than what is in force, or comes after its attempt
    /// was closed, changes nothing: then the answer is false.
    pub fn open(&self, flag: &FlagKey, overlay: Overlay) -> bool {
        let mut laid = self.lock();
        let outdated = laid
            .overlays
            .get(flag)
            .is_some_and(|current| current.rollout == overlay.rollout && current.rank >= overlay.rank);
        if outdated {
            return false;
        }
        self.lay(&mut laid, flag, overlay);
        true
    }

    /// Serves the candidate to nobody, from this call's return on. A flag that another rollout has
    /// taken over since is left to that one.
    pub fn close(&self, flag: &FlagKey, overlay: &Overlay) -> Closed {
        let mut laid = self.lock();
        match laid.overlays.get(flag) {
            Some(current) if current.rollout != overlay.rollout => return Closed::Elsewhere,
            Some(current) if current.rank >= overlay.rank => return Closed::Before,
            Some(_) | None => {}
        }
        self.lay(&mut laid, flag, overlay.clone());
        Closed::Now
    }

    /// The rollout whose exposure lies over a flag.
    #[must_use]
    pub fn holder(&self, flag: &FlagKey) -> Option<RolloutName> {
        self.lock().overlays.get(flag).map(|overlay| overlay.rollout.clone())
    }

    /// The rank of the exposure that a rollout has laid over a flag.
    #[must_use]
    pub fn rank(&self, flag: &FlagKey, rollout: &RolloutName) -> Option<Rank> {
        self.lock().overlays.get(flag).filter(|overlay| overlay.rollout == *rollout).map(|overlay| overlay.rank)
    }

    fn lay(&self, laid: &mut Laid, flag: &FlagKey, overlay: Overlay) {
        laid.generation = laid.generation.next();
        let snapshot = self.live.load().snapshot().with_overlay(laid.generation, flag, Some(overlay.clone()));
        laid.overlays.insert(flag.clone(), overlay);
        self.live.publish_at(snapshot, Some(flag), self.clock.now());
    }

    /// A panic elsewhere while the lock was held leaves a complete map behind: every change is one
    /// insertion. So a poisoned lock is no reason to stop closing flags.
    fn lock(&self) -> MutexGuard<'_, Laid> {
        self.laid.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
