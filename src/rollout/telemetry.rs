//! How what a traced application exports becomes outcomes of a rollout's flag.

use std::sync::Arc;

/// Which spans or metric points count, and what is read of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Telemetry {
    /// What counts: one of the two kinds, so that nothing counts twice.
    pub from: TelemetrySource,
    /// The attribute that tells the user; OpenTelemetry's own unless something else is said.
    pub user: Option<Arc<str>>,
    /// The attribute whose number is the outcome's value.
    pub value: Option<Arc<str>>,
    /// What fails beside what says so itself. Any of them is enough.
    pub failed_when: Vec<AttributeTest>,
}

/// What counts as an outcome.
#[derive(Debug, Clone, PartialEq)]
pub enum TelemetrySource {
    /// Spans.
    Spans {
        /// Only those of that name.
        name: Option<Arc<str>>,
        /// Only those of that kind.
        kind: Option<SpanKind>,
    },
    /// The points of a metric: each thing that a counter or a histogram counted.
    Points {
        /// The metric's name.
        metric: Arc<str>,
    },
}

impl Default for TelemetrySource {
    /// Every span.
    fn default() -> Self {
        Self::Spans { name: None, kind: None }
    }
}

/// OpenTelemetry's kinds of spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Inside an application.
    Internal,
    /// A request that is answered.
    Server,
    /// A request that is made.
    Client,
    /// A message that is sent.
    Producer,
    /// A message that is worked on.
    Consumer,
}

/// A look at one attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeTest {
    /// The attribute's name.
    pub attribute: Arc<str>,
    /// What it must be.
    pub is: Expected,
}

/// What an attribute must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// There, and not `false`.
    Present,
    /// A number from this one on.
    AtLeast(f64),
    /// One of these, in its text form.
    OneOf(Vec<Arc<str>>),
}
