//! What the evaluation door is given: its limits, its key, its clock.

use crate::config::Origins;
use crate::http::Gate;
use crate::http::connection::Limits;
use crate::units::UnixMillis;
use std::sync::Arc;
use std::time::Duration;

/// Tells the time. The program reads the clock in one place and hands it in.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// The evaluation door's settings.
#[derive(Clone)]
pub struct EvaluationSettings {
    /// What one client may use.
    pub limits: Limits,
    /// Who is answered.
    pub gate: Gate,
    /// How many threads of its own it has. With 0 it uses the runtime that it is served in.
    pub threads: usize,
    /// The time for rules that ask for it.
    pub clock: Clock,
    /// Who is told of changes.
    pub events: EventSettings,
    /// Whose pages may ask from another origin.
    pub origins: Origins,
}

/// How changes are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventSettings {
    /// How many may listen at one time. With 0 there is no stream, and no answer names one.
    pub most: usize,
    /// After how long a quiet stream says that it is still there.
    pub keep_alive: Duration,
}

impl EventSettings {
    /// A tenth of the connections; a sign of life before the usual proxies give up (30 to 60 s).
    pub const USUAL: Self = Self { most: 1_000, keep_alive: Duration::from_secs(20) };
}

impl EvaluationSettings {
    /// The usual limits, no key, no threads of its own, and no pages of other origins.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let (gate, origins) = (Gate::new(None), Origins::default());
        Self { limits: Limits::USUAL, gate, threads: 0, clock, events: EventSettings::USUAL, origins }
    }
}

impl std::fmt::Debug for EvaluationSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EvaluationSettings")
            .field("limits", &self.limits)
            .field("gate", &self.gate)
            .field("events", &self.events)
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}
