//! What the handlers may use.

use super::otlp::Intake;
use crate::clock::Clock;
use crate::controller::Controller;
use crate::http::Gate;
use crate::live::Live;
use crate::measure::Outcomes;
use crate::source::Problem;
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::triggers::Triggers;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What the control door stands on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    /// Drives the rollouts.
    pub controller: Controller,
    /// What is served.
    pub live: Arc<Live>,
    /// Where posted outcomes go.
    pub outcomes: Arc<Outcomes>,
    /// What is kept of telemetry between requests.
    pub intake: Intake,
    /// Asked for its health only; everything else goes through the controller.
    pub store: Arc<dyn Store>,
    /// Tidegate's own metrics.
    pub metrics: Metrics,
    /// What is wrong in the files now.
    pub problems: watch::Receiver<Arc<Vec<Problem>>>,
    /// What the last verification of the ledger said. Verifying reads all of it, so no request does it.
    pub ledger: watch::Receiver<String>,
    /// The time.
    pub clock: Clock,
    /// The sources of alerts.
    pub triggers: Triggers,
    /// Who may come in.
    pub gate: Gate,
    /// Cancelled when the server stops: long polls end then.
    pub shutdown: CancellationToken,
}
