//! Where traced applications export to, by OpenTelemetry's protocol over HTTP.

use super::access::{content_type, is_json};
use super::packed::Packing;
use super::served::ServedThen;
use super::{Api, body};
use crate::controller::Controller;
use crate::http::ApiError;
use crate::measure::{self, BatchId, Once, Recorded};
use crate::otlp::{self, Body, Known, Passed, Streams, Taken, Vocabulary};
use crate::rollout::{Telemetry, TelemetrySource};
use crate::telemetry::{OutcomeResult, Signal};
use crate::units::{FlagKey, UnixMillis, VariantName};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The longest body, in bytes, as it travels. A collector's usual batch has about 4 MB before it is packed.
const LONGEST: usize = 4 << 20;

/// The longest body once it is unpacked.
const LONGEST_UNPACKED: usize = 16 << 20;

/// How many bodies are read at once. They are large, and the memory for them must not depend on how many send.
const AT_ONCE: usize = 2;

/// How many bodies may be on their way or wait. Whoever comes on top of them is to send again: exporters do.
const UNDER_WAY: usize = 32;

/// How long a request waits for a place among them.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the intake keeps between requests. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Intake {
    streams: Arc<Streams>,
    under_way: Arc<Semaphore>,
    places: Arc<Semaphore>,
    listened: Arc<Mutex<LastListened>>,
}

/// How long what rollouts count is good for, in milliseconds: to ask thousands of them with every request would cost
/// more than the request.
const LISTENED_FOR: u64 = 200;

/// What rollouts counted when they were last asked, and when that was.
type LastListened = Option<(UnixMillis, Arc<Listened>)>;

/// What rollouts count.
#[derive(Debug)]
struct Listened {
    /// By flag; only of flags that have a rollout.
    flags: BTreeMap<FlagKey, Arc<Telemetry>>,
    /// The metrics whose points are counted.
    metrics: BTreeSet<Arc<str>>,
}

impl Listened {
    fn of(flags: BTreeMap<FlagKey, Arc<Telemetry>>) -> Self {
        let metric = |telemetry: &Arc<Telemetry>| match &telemetry.from {
            TelemetrySource::Points { metric } => Some(Arc::clone(metric)),
            TelemetrySource::Spans { .. } => None,
        };
        Self { metrics: flags.values().filter_map(metric).collect(), flags }
    }
}

impl Intake {
    fn listened(&self, controller: &Controller, now: UnixMillis) -> Arc<Listened> {
        let mut last = self.listened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, listened)) = &*last
            && now.get().abs_diff(at.get()) < LISTENED_FOR
        {
            return Arc::clone(listened);
        }
        let listened = Arc::new(Listened::of(controller.telemetry()));
        *last = Some((now, Arc::clone(&listened)));
        listened
    }
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            streams: Arc::default(),
            under_way: Arc::new(Semaphore::new(UNDER_WAY)),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            listened: Arc::default(),
        }
    }
}

pub(super) async fn traces(State(api): State<Api>, request: Request) -> Response {
    take(api, request, Signal::Spans).await
}

pub(super) async fn metrics(State(api): State<Api>, request: Request) -> Response {
    take(api, request, Signal::Points).await
}

/// The two forms of OTLP's bodies. An answer has the form of its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Protobuf,
    Json,
}

impl Form {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let kind = content_type(headers)?;
        match kind {
            _ if is_json(kind) => Some(Self::Json),
            _ if kind.eq_ignore_ascii_case(PROTOBUF) => Some(Self::Protobuf),
            _ => None,
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => PROTOBUF,
            Self::Json => "application/json",
        }
    }
}

/// The media types of both forms.
pub(super) const EXPECTED: &str = "application/x-protobuf or application/json";

/// The media type of OTLP's binary form.
pub(super) const PROTOBUF: &str = "application/x-protobuf";

async fn take(api: Api, request: Request, signal: Signal) -> Response {
    let Some(form) = Form::of(request.headers()) else {
        return ApiError::WrongContentType { expected: EXPECTED }.into_response();
    };
    match read_and_count(api, request, form, signal).await {
        Ok(answer) => answered(StatusCode::OK, form, answer),
        Err(error) => refused(form, error),
    }
}

async fn read_and_count(api: Api, request: Request, form: Form, signal: Signal) -> Result<Vec<u8>, ApiError> {
    let packing = Packing::of(request.headers())?;
    let too_much = || ApiError::Unavailable("too much telemetry is on its way".to_owned());
    let under_way = timeout(PATIENCE, Arc::clone(&api.intake.under_way).acquire_owned()).await;
    let Ok(Ok(_under_way)) = under_way else { return Err(too_much()) };
    let packed = body::whole(request, LONGEST).await?;
    let waited = timeout(super::Limits::USUAL.body_time, Arc::clone(&api.intake.places).acquire_owned()).await;
    let Ok(Ok(place)) = waited else {
        return Err(ApiError::Unavailable("too much telemetry is being read".to_owned()));
    };
    // Unpacking and reading megabytes would keep a thread from what others wait for.
    let work = tokio::task::spawn_blocking(move || {
        let answer = count(&api, &packed, packing, form, signal);
        drop(place);
        answer
    });
    work.await.map_err(|_| ApiError::Unavailable("reading the body broke down".to_owned()))?
}

fn count(api: &Api, packed: &Bytes, packing: Packing, form: Form, signal: Signal) -> Result<Vec<u8>, ApiError> {
    let whole = packing.unpacked(packed, LONGEST_UNPACKED)?;
    let body = match form {
        Form::Protobuf => Body::Protobuf(&whole),
        Form::Json => {
            Body::Json(std::str::from_utf8(&whole).map_err(|_| ApiError::malformed("the body is not UTF-8"))?)
        }
    };
    let now = api.clock.now();
    // An exporter sends the same bytes again when it heard no answer. No two spans are alike.
    let (id, exports) = (BatchId::of_content(&whole), api.outcomes.exports());
    if let Some(Once::Repeated(recorded)) = exports.before(id, &whole, now) {
        repeated(api, recorded);
        return Ok(told(&Rejected::of_repeat(recorded), form, signal));
    }
    let served = Served {
        then: RefCell::new(ServedThen::new(&api.live, now)),
        listened: api.intake.listened(&api.controller, now),
    };
    // Reading points moves their streams on: were it done for a repeat too, the one that is counted would add nothing.
    let mut taken = Taken::default();
    let counted = exports.once_read(id, &whole, now, || {
        taken = match signal {
            Signal::Spans => otlp::traces(body, &served),
            Signal::Points => otlp::metrics(body, &served, &api.intake.streams, now),
        }?;
        let recorded = api.outcomes.record_counted(&taken.outcomes, now);
        // Remembered, so that a repeat is told of them too.
        Ok(Recorded { unattributed: rejected(&taken), ..recorded })
    });
    let counted = counted
        .map_err(|malformed: otlp::Malformed| ApiError::malformed(format!("nothing was counted: {malformed}")))?;
    let recorded = match counted {
        Once::Counted(recorded) => Recorded { unattributed: 0, ..recorded },
        Once::Repeated(recorded) => {
            repeated(api, recorded);
            return Ok(told(&Rejected::of_repeat(recorded), form, signal));
        }
        Once::Different => {
            return Err(ApiError::Unavailable("the body could not be told from another one".to_owned()));
        }
    };
    super::outcomes::counted(api, recorded);
    api.metrics.telemetry_counted(signal, taken.outcomes.len());
    for (why, times) in &taken.passed {
        api.metrics.telemetry_passed(signal, *why, *times);
    }
    Ok(told(&Rejected::of(&taken, recorded), form, signal))
}

/// Spans and points that are rejected never were outcomes, so that they are none that are repeated.
fn repeated(api: &Api, recorded: Recorded) {
    api.metrics.outcomes(OutcomeResult::Repeated, Recorded { unattributed: 0, ..recorded }.all());
}

/// What is served and was, as the intake asks for it.
struct Served<'s> {
    then: RefCell<ServedThen<'s>>,
    listened: Arc<Listened>,
}

impl Vocabulary for Served<'_> {
    fn flag(&self, key: &str) -> Option<Known> {
        let flag = FlagKey::new(key).ok()?;
        // Of a flag without a rollout nobody asks: all flags of a traced application would take the places of those of
        // which somebody does.
        let telemetry = Arc::clone(self.listened.flags.get(&flag)?);
        let then = self.then.borrow();
        let variants = then.snapshot().flag(key)?.variants().filter_map(|name| VariantName::new(name).ok()).collect();
        Some(Known { flag, variants, telemetry })
    }

    fn served(&self, flag: &FlagKey, user: &str, at: Option<UnixMillis>) -> Option<VariantName> {
        match self.then.borrow_mut().variant(flag, user, at) {
            measure::Served::Variant(variant) => Some(variant),
            measure::Served::NotByKey | measure::Served::Forgotten => None,
        }
    }

    fn counts_points_of(&self, metric: &str) -> bool {
        self.listened.metrics.contains(metric)
    }
}

/// What was meant to be counted and was not.
struct Rejected {
    count: u64,
    why: String,
}

/// How many spans or points were meant to be counted and could not be read as outcomes.
fn rejected(taken: &Taken) -> u64 {
    taken.passed.iter().filter(|(why, _)| why.is_rejection()).map(|(_, times)| times).sum()
}

impl Rejected {
    fn of(taken: &Taken, recorded: Recorded) -> Self {
        let passed = taken.passed.iter().filter(|(why, _)| why.is_rejection());
        let mut reasons: Vec<String> = passed.map(|(why, times)| format!("{times} {}", in_words(*why))).collect();
        if recorded.dropped > 0 {
            reasons.push(format!("{} for which there is no room", recorded.dropped));
        }
        Self { count: rejected(taken).saturating_add(recorded.dropped), why: reasons.join("; ") }
    }

    /// The reasons are not remembered.
    fn of_repeat(recorded: Recorded) -> Self {
        let count = recorded.unattributed.saturating_add(recorded.dropped);
        Self { count, why: format!("{count} of this body, which came before, could not be counted then") }
    }
}

/// The body of the answer: nothing, unless something that was meant to be counted was not.
fn told(rejected: &Rejected, form: Form, signal: Signal) -> Vec<u8> {
    let Rejected { count: rejected, why: message } = rejected;
    match (form, rejected) {
        (Form::Protobuf, 0) => Vec::new(),
        (Form::Json, 0) => b"{}".to_vec(),
        (Form::Protobuf, _) => otlp::partial_success(*rejected, message),
        (Form::Json, _) => {
            let rejected_field = match signal {
                Signal::Spans => "rejectedSpans",
                Signal::Points => "rejectedDataPoints",
            };
            let partial = serde_json::json!({ rejected_field: rejected.to_string(), "errorMessage": message });
            serde_json::json!({ "partialSuccess": partial }).to_string().into_bytes()
        }
    }
}

const fn in_words(why: Passed) -> &'static str {
    match why {
        Passed::UnknownVariant => "with a variant that the flag does not have",
        Passed::NoVariant => "without a variant, and the user does not tell it",
        Passed::NoRoom => "of more streams than are remembered",
        Passed::NoFlag | Passed::UnknownFlag | Passed::NotChosen | Passed::Repeated | Passed::FirstOfStream => {
            "that count nothing here"
        }
    }
}

/// A refusal in the form that exporters read.
fn refused(form: Form, error: ApiError) -> Response {
    let message = error.message();
    let mut response = error.into_response();
    let body = match form {
        Form::Protobuf => otlp::failure(&message),
        Form::Json => serde_json::json!({ "message": message }).to_string().into_bytes(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.content_type()));
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = body.into();
    response
}

fn answered(status: StatusCode, form: Form, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, form.content_type())], body).into_response()
}
