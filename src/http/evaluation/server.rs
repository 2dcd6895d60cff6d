//! The evaluation door on its listener.

use super::exchange::Evaluations;
use super::settings::EvaluationSettings;
use crate::http::connection::{self, Door as _, Workers};
use crate::live::Live;
use crate::telemetry::Metrics;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves evaluations on `listener` until `shutdown`, then finishes the answers on their way and
/// returns.
pub async fn serve(
    listener: TcpListener,
    live: Arc<Live>,
    settings: EvaluationSettings,
    metrics: Metrics,
    shutdown: CancellationToken,
) {
    let workers = Workers::start(settings.threads, Evaluations::NAME);
    let (door, proclaim) = Evaluations::new(live, settings, metrics, shutdown.clone());
    tokio::join!(connection::serve(listener, Arc::new(door), workers, shutdown), proclaim);
}
