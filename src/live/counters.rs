//! The numbers themselves, many side by side: an answer of all flags adds to a thousand of them.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many threads may add many numbers at one time without meeting each other.
const LANES: usize = 2;

/// A lane that is held.
pub(super) type Lane<'b> = MutexGuard<'b, Box<[u64]>>;

/// Counters made together.
#[derive(Debug)]
pub(super) struct Block {
    single: Box<[AtomicU64]>,
    /// For whoever adds many: one lock for all of them costs less than an atomic addition for each.
    lanes: [Mutex<Box<[u64]>>; LANES],
}

impl Block {
    /// So many counters at zero.
    pub(super) fn new(size: usize) -> Self {
        let zeroes = |_| Mutex::new(vec![0; size].into_boxed_slice());
        Self {
            single: std::iter::repeat_with(AtomicU64::default).take(size).collect(),
            lanes: std::array::from_fn(zeroes),
        }
    }

    /// Adds one to one.
    #[inline]
    pub(super) fn count(&self, at: usize) {
        if let Some(counter) = self.single.get(at) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// This thread's lane, to add to many; `None` while somebody else has it.
    pub(super) fn lane(&self) -> Option<Lane<'_>> {
        self.lanes.get(own_lane())?.try_lock().ok()
    }

    /// What was counted.
    pub(super) fn read(&self, at: usize) -> u64 {
        let single = self.single.get(at).map_or(0, |counter| counter.load(Ordering::Relaxed));
        self.lanes.iter().fold(single, |sum, lane| {
            let lane = lane.lock().unwrap_or_else(PoisonError::into_inner);
            sum.saturating_add(lane.get(at).copied().unwrap_or(0))
        })
    }
}

/// Each thread keeps to one lane, so that the numbers stay in its processor's cache.
fn own_lane() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static LANE: Cell<usize> = Cell::new(THREADS.fetch_add(1, Ordering::Relaxed) % LANES);
    }
    LANE.get()
}
