//! The evaluation door's own numbers, looked up once so that a request only adds.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use std::time::Duration;

/// From one microsecond to ten milliseconds: an evaluation is near the lower end, a bulk answer of
/// thousands of flags near the upper one.
const SECONDS: [f64; 12] =
    [0.000_001, 0.000_002, 0.000_005, 0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.01];

/// Every status the door can answer with.
const STATUSES: [u16; 10] = [200, 204, 304, 400, 401, 403, 404, 405, 413, 503];

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// One flag.
    Single,
    /// All flags.
    Bulk,
    /// To be told of changes.
    Events,
    /// Something that the door does not have.
    Other,
}

impl RequestKind {
    fn label(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Bulk => "bulk",
            Self::Events => "events",
            Self::Other => "other",
        }
    }
}

/// Counters by kind and status, and the time an evaluation takes.
#[derive(Debug, Clone)]
pub struct RequestMetrics {
    single: Box<[(u16, IntCounter)]>,
    bulk: Box<[(u16, IntCounter)]>,
    events: Box<[(u16, IntCounter)]>,
    other: Box<[(u16, IntCounter)]>,
    seconds: Histogram,
    streams: IntGauge,
}

impl RequestMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new("tidegate_evaluation_requests_total", "Requests answered by the evaluation door."),
            &["kind", "status"],
        )?;
        let seconds = Histogram::with_opts(
            HistogramOpts::new(
                "tidegate_evaluation_seconds",
                "From the request's body read to its answer built; answers that evaluated something.",
            )
            .buckets(SECONDS.to_vec()),
        )?;
        let streams = IntGauge::new("tidegate_event_streams", "Clients that follow the event stream.")?;
        registry.register(Box::new(streams.clone()))?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        let of = |kind: RequestKind| {
            let counter = |status: u16| (status, requests.with_label_values(&[kind.label(), &status.to_string()]));
            STATUSES.map(counter).to_vec().into_boxed_slice()
        };
        let (single, bulk) = (of(RequestKind::Single), of(RequestKind::Bulk));
        let (events, other) = (of(RequestKind::Events), of(RequestKind::Other));
        Ok(Self { single, bulk, events, other, seconds, streams })
    }

    /// Counts an answer.
    pub fn answered(&self, kind: RequestKind, status: u16) {
        let counters = match kind {
            RequestKind::Single => &self.single,
            RequestKind::Bulk => &self.bulk,
            RequestKind::Events => &self.events,
            RequestKind::Other => &self.other,
        };
        if let Some((_, counter)) = counters.iter().find(|(known, _)| *known == status) {
            counter.inc();
        }
    }

    /// Notes that somebody follows the event stream.
    pub fn stream_began(&self) {
        self.streams.inc();
    }

    /// Notes that somebody no longer does.
    pub fn stream_ended(&self) {
        self.streams.dec();
    }

    /// Notes how long an evaluation took, from the body read to the answer built.
    pub fn evaluated(&self, took: Duration) {
        self.seconds.observe(took.as_secs_f64());
    }
}
