//! Outcomes that applications post.

use super::outcome_body::PostedOutcomes;
use super::served::ServedThen;
use super::{Api, wire};
use crate::eval::{Flag, Snapshot};
use crate::http::ApiError;
use crate::measure::{Batch, BatchId, Once, Outcome, Recorded, parse_outcomes};
use crate::source::suggest;
use crate::telemetry::OutcomeResult;
use crate::units::UnixMillis;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// A body from so many bytes on, or one that has to be unpacked, is worked on beside the threads that answer.
const LARGE: usize = 64 << 10;

/// How many of them are worked on at once: some kilobytes may unpack to megabytes, and the memory for that must not
/// depend on how many send.
static AT_ONCE: Semaphore = Semaphore::const_new(8);

/// Says that a batch was counted before, and that this is the answer of then.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

pub(super) async fn record(State(api): State<Api>, posted: PostedOutcomes) -> Result<Response, ApiError> {
    if posted.sent() < LARGE && !posted.is_packed() {
        return taken(&api, &posted);
    }
    let waited = timeout(super::Limits::USUAL.body_time, AT_ONCE.acquire()).await;
    let Ok(Ok(place)) = waited else {
        return Err(ApiError::Unavailable("too many large batches are being read".to_owned()));
    };
    let work = spawn_blocking(move || {
        let answer = taken(&api, &posted);
        drop(place);
        answer
    });
    work.await.map_err(|_| ApiError::Unavailable("the outcomes could not be taken; see the log".to_owned()))?
}

fn taken(api: &Api, posted: &PostedOutcomes) -> Result<Response, ApiError> {
    let now = api.clock.now();
    let body = posted.unpacked()?;
    let batches = api.outcomes.batches();
    // A repeat is answered as before, whatever has become of its flags since.
    if let Some(before) = posted.id.and_then(|id| batches.before(id, &body, now)) {
        return told(api, before);
    }
    let mut then = ServedThen::new(&api.live, now);
    let batch = parse_outcomes(&body, posted.written, |flag, key, at| then.variant(flag, key, at))
        .map_err(|error| ApiError::malformed(error.to_string()))?;
    let id = same_id(posted.id, batch.id)?;
    if let Some(before) = id.and_then(|id| batches.before(id, &body, now)) {
        return told(api, before);
    }
    known(then.snapshot(), &batch)?;
    let count = || count(api, &batch, now);
    told(api, id.map_or_else(|| Once::Counted(count()), |id| batches.once(id, &body, now, count)))
}

fn told(api: &Api, once: Once) -> Result<Response, ApiError> {
    match once {
        Once::Counted(recorded) => Ok(answer(recorded)),
        Once::Repeated(recorded) => {
            api.metrics.outcomes(OutcomeResult::Repeated, recorded.all());
            let mut answer = answer(recorded);
            answer.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            Ok(answer)
        }
        Once::Different => Err(ApiError::Refused(
            "nothing was recorded: another batch with other outcomes had this name; give each batch a name of its own"
                .to_owned(),
        )),
    }
}

fn answer(recorded: Recorded) -> Response {
    (StatusCode::ACCEPTED, Json(wire::Accepted::from(recorded))).into_response()
}

/// Counts a batch, and what could not be counted of it.
fn count(api: &Api, batch: &Batch, now: UnixMillis) -> Recorded {
    let recorded = api.outcomes.record(&batch.outcomes, now);
    let recorded = Recorded { unattributed: batch.unattributed, ..recorded };
    counted(api, recorded);
    recorded
}

/// Tells in the metrics what was counted and what was not.
pub(super) fn counted(api: &Api, recorded: Recorded) {
    let Recorded { kept, late, future, dropped, unattributed } = recorded;
    api.metrics.outcomes(OutcomeResult::Accepted, kept);
    api.metrics.outcomes(OutcomeResult::Late, late);
    api.metrics.outcomes(OutcomeResult::Future, future);
    api.metrics.outcomes(OutcomeResult::Refused, dropped);
    api.metrics.outcomes(OutcomeResult::Unattributed, unattributed);
}

fn same_id(header: Option<BatchId>, member: Option<BatchId>) -> Result<Option<BatchId>, ApiError> {
    match (header, member) {
        (Some(header), Some(member)) if header != member => {
            let message = "nothing was recorded: `batch` and the header `Idempotency-Key` name different batches";
            Err(ApiError::malformed(message))
        }
        (header, member) => Ok(header.or(member)),
    }
}

/// Refuses a batch with flags or variants that do not exist: counted, they would be missed by nobody.
fn known(snapshot: &Snapshot, batch: &Batch) -> Result<(), ApiError> {
    // Outcomes of one flag and variant mostly come together or in turn.
    let mut seen: (Option<&Outcome>, Option<&Outcome>) = (None, None);
    for (outcome, place) in batch.outcomes.iter().zip(&batch.places) {
        let same = |seen: &Outcome| seen.variant == outcome.variant && seen.flag == outcome.flag;
        if seen.0.is_some_and(same) || seen.1.is_some_and(same) {
            continue;
        }
        let Some(flag) = snapshot.flag(outcome.flag.as_str()) else {
            let hint = suggest(outcome.flag.as_str(), snapshot.flags().map(Flag::key));
            let message = format!("nothing was recorded: {place}, `flag`: there is no flag `{}`", outcome.flag);
            return Err(ApiError::Malformed { message, hint });
        };
        if !flag.variants().any(|name| name == outcome.variant.as_str()) {
            let hint = suggest(outcome.variant.as_str(), flag.variants());
            let message = format!(
                "nothing was recorded: {place}, `variant`: `{}` has no variant `{}`",
                outcome.flag, outcome.variant
            );
            return Err(ApiError::Malformed { message, hint });
        }
        seen = (Some(outcome), seen.0);
    }
    Ok(())
}
