//! One request and its answer.

use super::answer::{self, Answer};
use super::body::AnswerBody;
use super::events::Directory;
use super::route::Route;
use super::settings::EvaluationSettings;
use super::{bulk, cors, single};
use crate::http::connection::body::{self, BodyError};
use crate::http::connection::{Door, Limits, Progress, WhenFull};
use crate::live::Live;
use crate::telemetry::{Metrics, RequestKind, RequestMetrics};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, Request};
use std::sync::Arc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Evaluations {
    live: Arc<Live>,
    settings: EvaluationSettings,
    metrics: RequestMetrics,
    streams: Directory,
}

impl Evaluations {
    /// The door, and the work that tells its listeners of changes until `shutdown`.
    pub(super) fn new(
        live: Arc<Live>,
        settings: EvaluationSettings,
        metrics: Metrics,
        shutdown: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (events, clock) = (settings.events, Arc::clone(&settings.clock));
        let (streams, proclaim) = Directory::new(events, &settings.gate, &live, clock, shutdown);
        (Self { live, settings, metrics: metrics.requests().clone(), streams }, proclaim)
    }

    /// The time for rules that ask for it, in whole seconds.
    fn unix_seconds(&self) -> i64 {
        (self.settings.clock)().get().div_euclid(1_000)
    }
}

impl Door for Evaluations {
    type Body = AnswerBody;
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

    fn answer<'c>(
        &'c self,
        progress: &'c Arc<Progress>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<Answer, BodyError>> + Send + 'c {
        answer(self, progress, request)
    }
}

/// Answers one request. Fails only when the client broke off, so that nobody is left to answer.
async fn answer(door: &Evaluations, progress: &Arc<Progress>, request: Request<Incoming>) -> Result<Answer, BodyError> {
    progress.head_read();
    let (head, body) = request.into_parts();
    let route = Route::of(head.uri.path());
    let kind = route.kind();
    if let Some(answer) = door.without_body(&route, &head, progress) {
        return Ok(door.sent(kind, &head, progress, Instant::now(), answer));
    }
    let body = match body::read(body, &head.headers, door.limits().body).await {
        Ok(body) => body,
        Err(BodyError::TooLarge) => {
            let answer = answer::too_large(door.limits().body);
            return Ok(door.sent(kind, &head, progress, Instant::now(), answer));
        }
        Err(BodyError::BrokenOff) => return Err(BodyError::BrokenOff),
    };
    // From here on nothing waits: no lock, no await, no store.
    let started = Instant::now();
    let published = door.live.load();
    let answer = match &route {
        Route::Single(key) => single::evaluate(&published, &head.headers, key, &body, door.unix_seconds()),
        Route::Bulk => bulk::evaluate(&published, &door.streams, &head.headers, &body, door.unix_seconds()),
        Route::Events | Route::Nowhere => answer::nowhere(head.uri.path()),
    };
    let finished = Instant::now();
    door.metrics.evaluated(finished.saturating_duration_since(started));
    Ok(door.sent(kind, &head, progress, finished, answer))
}

impl Evaluations {
    /// The answer to everything that is no evaluation, or none that is allowed.
    fn without_body(&self, route: &Route<'_>, head: &Parts, progress: &Arc<Progress>) -> Option<Answer> {
        if let Some(answer) = cors::preflight(&self.settings.origins, &head.method, &head.headers) {
            return Some(answer);
        }
        let gate = &self.settings.gate;
        let by_ticket = || *route == Route::Events && self.streams.admits(head.uri.query(), gate);
        if gate.check(&head.headers).is_err() && !by_ticket() {
            return Some(answer::unauthorized());
        }
        match (route, &head.method) {
            (Route::Single(_) | Route::Bulk, &Method::POST) => None,
            (Route::Single(_) | Route::Bulk, _) => Some(answer::only_post()),
            (Route::Events, _) if !self.streams.is_open() => Some(answer::no_streams()),
            (Route::Events, &Method::GET) => Some(self.listen(head, progress)),
            (Route::Events, _) => Some(answer::only_get()),
            (Route::Nowhere, _) => Some(answer::nowhere(head.uri.path())),
        }
    }

    fn listen(&self, head: &Parts, progress: &Arc<Progress>) -> Answer {
        let events = self.streams.listen(head.uri.query(), &head.headers, progress, &self.metrics);
        events.map_or_else(answer::too_many_streams, answer::events)
    }

    /// Notes that an answer is built and goes out.
    fn sent(&self, kind: RequestKind, head: &Parts, progress: &Progress, now: Instant, mut answer: Answer) -> Answer {
        if matches!(answer.body(), AnswerBody::Whole(_)) {
            progress.answered(now);
        }
        cors::mark(&self.settings.origins, &head.headers, &mut answer);
        self.metrics.answered(kind, answer.status().as_u16());
        answer
    }
}
