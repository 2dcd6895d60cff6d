//! `tidegate serve`: from settings to a process that runs until it is told to stop.

use super::server::{Server, StartError};
use crate::clock::Clock;
use crate::config::Settings;
use crate::telemetry::{LoggingError, init_logging};
use std::io;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long stopping may take before the process ends anyway.
const STOP_WITHIN: Duration = Duration::from_secs(15);

/// Why serving ended with an error.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Logging could not be set up.
    #[error(transparent)]
    Logging(#[from] LoggingError),
    /// Signals cannot be received.
    #[error("signals cannot be received: {0}")]
    Signals(#[from] io::Error),
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// When it cannot start.
pub async fn serve(settings: Settings) -> Result<(), ServeError> {
    let filter = std::env::var("TIDEGATE_LOG_FILTER").unwrap_or_else(|_| "info".to_owned());
    init_logging(settings.log, &filter)?;
    for remark in &settings.remarks {
        tracing::warn!("{remark}");
    }
    let shutdown = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let server = Server::start(&settings, Clock::system(), shutdown.clone()).await?;
    tracing::info!(
        evaluation = %server.evaluation,
        control = %server.control,
        data = %settings.store,
        "Tidegate serves"
    );
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    shutdown.cancel();
    if timeout(STOP_WITHIN, server.stopped()).await.is_err() {
        tracing::warn!("not everything stopped within {}s", STOP_WITHIN.as_secs());
    }
    Ok(())
}
