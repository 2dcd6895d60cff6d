//! What the evaluation door is given: its limits, its key, its clock.

use crate::http::Gate;
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
    /// The time for rules that ask for it.
    pub clock: Clock,
}

impl EvaluationSettings {
    /// The usual limits and no key.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { limits: Limits::default(), gate: Gate::new(None), clock }
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

/// What one client, and all of them together, may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A request's body, bytes.
    pub body: usize,
    /// A request's line and headers, bytes.
    pub head: usize,
    /// Connections at one time.
    pub connections: usize,
    /// From a request's first byte to the end of its headers.
    pub head_time: Duration,
    /// From the end of the headers to the end of the body; also how long a client may refuse to take
    /// a part of its answer.
    pub body_time: Duration,
    /// Between two requests of a connection.
    pub idle_time: Duration,
    /// From the shutdown's beginning to its end: answers on their way are finished in it.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            head: 16 << 10,
            connections: 10_000,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            // Over the idle times of the usual client pools and proxies (30 to 60 s), so that it is
            // the client that closes and never writes into a connection that is just being closed.
            idle_time: Duration::from_secs(75),
            drain_time: Duration::from_secs(5),
        }
    }
}
