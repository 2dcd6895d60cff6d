//! One request and its answer.

use super::answer::{self, Answer};
use super::body::{self, BodyError};
use super::progress::Progress;
use super::route::Route;
use super::settings::{EvaluationSettings, Limits};
use super::{bulk, single};
use crate::live::Live;
use crate::telemetry::{Metrics, RequestKind, RequestMetrics};
use hyper::body::Incoming;
use hyper::{Method, Request};
use std::sync::Arc;
use tokio::time::Instant;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Door {
    live: Arc<Live>,
    settings: EvaluationSettings,
    metrics: RequestMetrics,
}

impl Door {
    pub(super) fn new(live: Arc<Live>, settings: EvaluationSettings, metrics: Metrics) -> Self {
        Self { live, settings, metrics: metrics.requests().clone() }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// Notes a connection that there was no room for.
    pub(super) fn refused(&self) {
        self.metrics.answered(RequestKind::Other, 503);
    }

    /// The time for rules that ask for it, in whole seconds.
    fn unix_seconds(&self) -> i64 {
        (self.settings.clock)().get().div_euclid(1_000)
    }
}

/// Answers one request. Fails only when the client broke off, so that nobody is left to answer.
pub(super) async fn answer(
    door: Arc<Door>,
    progress: Arc<Progress>,
    request: Request<Incoming>,
) -> Result<Answer, BodyError> {
    progress.head_read();
    let (head, body) = request.into_parts();
    let route = Route::of(head.uri.path());
    let early = match door.settings.gate.check(&head.headers) {
        Err(_) => Some(answer::unauthorized()),
        Ok(()) => match (&route, &head.method) {
            (Route::Nowhere, _) => Some(answer::nowhere(head.uri.path())),
            (Route::Single(_) | Route::Bulk, &Method::POST) => None,
            (Route::Single(_) | Route::Bulk, _) => Some(answer::only_post()),
        },
    };
    let kind = route.kind();
    if let Some(answer) = early {
        return Ok(door.sent(kind, &progress, Instant::now(), answer));
    }
    let body = match body::read(body, &head.headers, door.limits().body).await {
        Ok(body) => body,
        Err(BodyError::TooLarge) => {
            let answer = answer::too_large(door.limits().body);
            return Ok(door.sent(kind, &progress, Instant::now(), answer));
        }
        Err(BodyError::BrokenOff) => return Err(BodyError::BrokenOff),
    };
    // From here on nothing waits: no lock, no await, no store.
    let started = Instant::now();
    let published = door.live.load();
    let answer = match route {
        Route::Single(key) => single::evaluate(&published, &key, &body, door.unix_seconds()),
        Route::Bulk => bulk::evaluate(&published, &head.headers, &body, door.unix_seconds()),
        Route::Nowhere => answer::nowhere(head.uri.path()),
    };
    let finished = Instant::now();
    door.metrics.evaluated(finished.saturating_duration_since(started));
    Ok(door.sent(kind, &progress, finished, answer))
}

impl Door {
    /// Notes that an answer is built and goes out.
    fn sent(&self, kind: RequestKind, progress: &Progress, now: Instant, answer: Answer) -> Answer {
        progress.answered(now);
        self.metrics.answered(kind, answer.status().as_u16());
        answer
    }
}
