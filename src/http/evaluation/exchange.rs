//! One request and its answer.

use super::answer::{self, Answer};
use super::route::Route;
use super::settings::EvaluationSettings;
use super::{bulk, single};
use crate::http::connection::body::{self, BodyError};
use crate::http::connection::{Door, Limits, Progress, WhenFull};
use crate::live::Live;
use crate::telemetry::{Metrics, RequestKind, RequestMetrics};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request};
use std::sync::Arc;
use tokio::time::Instant;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Evaluations {
    live: Arc<Live>,
    settings: EvaluationSettings,
    metrics: RequestMetrics,
}

impl Evaluations {
    pub(super) fn new(live: Arc<Live>, settings: EvaluationSettings, metrics: Metrics) -> Self {
        Self { live, settings, metrics: metrics.requests().clone() }
    }

    /// The time for rules that ask for it, in whole seconds.
    fn unix_seconds(&self) -> i64 {
        (self.settings.clock)().get().div_euclid(1_000)
    }
}

impl Door for Evaluations {
    type Body = Full<Bytes>;
    type Fault = BodyError;

    const NAME: &'static str = "evaluation";
    const REFUSAL: &'static str =
        r#"{"errorDetails":"too many connections to the evaluation server; try again later"}"#;
    const WHEN_FULL: WhenFull = WhenFull::Refuse;

    fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    fn refused(&self) {
        self.metrics.answered(RequestKind::Other, 503);
    }

    fn answer(
        self: Arc<Self>,
        progress: Arc<Progress>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<Answer, BodyError>> + Send {
        answer(self, progress, request)
    }
}

/// Answers one request. Fails only when the client broke off, so that nobody is left to answer.
async fn answer(
    door: Arc<Evaluations>,
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

impl Evaluations {
    /// Notes that an answer is built and goes out.
    fn sent(&self, kind: RequestKind, progress: &Progress, now: Instant, answer: Answer) -> Answer {
        progress.answered(now);
        self.metrics.answered(kind, answer.status().as_u16());
        answer
    }
}
