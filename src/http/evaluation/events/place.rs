//! The places for listeners, which are few: each holds a connection for hours.

use crate::http::connection::Progress;
use crate::telemetry::RequestMetrics;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// A listener's place. Dropping it gives the place back, and the connection is idle again.
#[derive(Debug)]
pub(super) struct Place {
    progress: Arc<Progress>,
    metrics: RequestMetrics,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// A place for the connection of this progress, unless all are taken.
    pub(super) fn take(places: &Arc<Semaphore>, progress: &Arc<Progress>, metrics: &RequestMetrics) -> Option<Self> {
        let permit = Arc::clone(places).try_acquire_owned().ok()?;
        progress.streaming(Instant::now());
        metrics.stream_began();
        Some(Self { progress: Arc::clone(progress), metrics: metrics.clone(), _permit: permit })
    }

    /// Waits until the client has taken what was sent. Woken by the connection, whose task this runs in.
    pub(super) async fn until_taken(&self) {
        std::future::poll_fn(|_| match self.progress.is_stalled() {
            true => std::task::Poll::Pending,
            false => std::task::Poll::Ready(()),
        })
        .await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.metrics.stream_ended();
        self.progress.answered(Instant::now());
    }
}
