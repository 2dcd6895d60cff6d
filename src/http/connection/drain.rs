//! The signal that the door closes: requests on their way are answered, no further ones are taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The signal, shared by all connections. Asking whether it was given is one load; the token is there
/// to wake who sleeps.
#[derive(Debug, Clone, Default)]
pub(super) struct Drain {
    begun: Arc<AtomicBool>,
    wake: CancellationToken,
}

impl Drain {
    /// Gives the signal.
    pub(super) fn begin(&self) {
        // First the fact, then the wake-up: who wakes must find it.
        self.begun.store(true, Ordering::Release);
        self.wake.cancel();
    }

    /// Whether it was given.
    pub(super) fn begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    /// Wakes the task that polls it when the signal is given.
    pub(super) fn wake_up(&self) -> WaitForCancellationFutureOwned {
        self.wake.clone().cancelled_owned()
    }
}
