//! What the evaluation door is given: its limits, its key, its clock.

use crate::http::Gate;
use crate::http::connection::Limits;
use crate::units::UnixMillis;
use std::sync::Arc;

/// Tells the time. The program reads the clock in one place and hands it in.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// The evaluation door's settings.
#[derive(Clone)]
pub struct EvaluationSettings {
    /// What one client may use.
    pub limits: Limits,
    /// Who is answered.
    pub gate: Gate,
    /// The time for rules that ask for it.
    pub clock: Clock,
}

impl EvaluationSettings {
    /// The usual limits and no key.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { limits: Limits::USUAL, gate: Gate::new(None), clock }
    }
}

impl std::fmt::Debug for EvaluationSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EvaluationSettings")
            .field("limits", &self.limits)
            .field("gate", &self.gate)
            .finish_non_exhaustive()
    }
}
