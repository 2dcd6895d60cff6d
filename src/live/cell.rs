//! The cell that holds the served snapshot. Reading it takes no lock; a publication replaces it whole.

use super::tally::Tallies;
use crate::eval::Snapshot;
use arc_swap::{ArcSwap, Guard};
use std::sync::Arc;

/// A snapshot in service, with the counters of what it answered.
#[derive(Debug)]
pub struct Published {
    snapshot: Arc<Snapshot>,
    tallies: Tallies,
}

impl Published {
    /// What is served.
    #[must_use]
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// How often each variant was answered, since the start of the process.
    #[must_use]
    pub fn tallies(&self) -> &Tallies {
        &self.tallies
    }
}

/// The snapshot in service. Only a newer generation replaces it, so that a publication that was
/// overtaken on its way can never bring back what a later one has closed.
#[derive(Debug)]
pub struct Live {
    cell: ArcSwap<Published>,
}

impl Live {
    /// Starts serving `snapshot`.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        let tallies = Tallies::new(snapshot.flags());
        Self { cell: ArcSwap::from_pointee(Published { snapshot: Arc::new(snapshot), tallies }) }
    }

    /// What is served now. Hold it for one evaluation, not longer: it keeps that generation alive.
    #[must_use]
    pub fn load(&self) -> Guard<Arc<Published>> {
        self.cell.load()
    }

    /// What is served now, to keep for longer than one evaluation.
    #[must_use]
    pub fn load_full(&self) -> Arc<Published> {
        self.cell.load_full()
    }

    /// Serves `snapshot` from now on and says whether it did: an older or equal generation than the
    /// one in service is left out.
    pub fn publish(&self, snapshot: Snapshot) -> bool {
        let snapshot = Arc::new(snapshot);
        let mut current = self.cell.load_full();
        loop {
            if snapshot.generation() <= current.snapshot.generation() {
                return false;
            }
            let tallies = current.tallies.carried_to(current.snapshot.flags(), snapshot.flags());
            let next = Arc::new(Published { snapshot: Arc::clone(&snapshot), tallies });
            let found = self.cell.compare_and_swap(&current, next);
            if Arc::ptr_eq(&found, &current) {
                return true;
            }
            current = Arc::clone(&found);
        }
    }
}
