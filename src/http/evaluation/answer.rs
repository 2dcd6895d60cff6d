//! The door's own answers: everything that is not a flag's evaluation.

use super::body::AnswerBody;
use super::events::Events;
use crate::eval::{ErrorCode, write_failure};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::{Response, StatusCode};

/// A whole answer, or one that goes on.
pub(super) type Answer = Response<AnswerBody>;

/// Asks nginx to pass on what it gets at once.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// An answer with a JSON body.
pub(super) fn json(status: StatusCode, body: Vec<u8>) -> Answer {
    let mut answer = empty(status);
    *answer.body_mut() = AnswerBody::Whole(Full::new(Bytes::from(body)));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Answer {
    let mut answer = Answer::new(AnswerBody::Whole(Full::default()));
    *answer.status_mut() = status;
    answer
}

/// 200 without an end: whatever happens from now on.
pub(super) fn events(events: Events) -> Answer {
    let mut answer = Answer::new(AnswerBody::Events(events));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(UNBUFFERED, HeaderValue::from_static("no"));
    answer
}

/// 503: as many listen as may.
pub(super) fn too_many_streams() -> Answer {
    let message = "too many clients follow the event stream of this server; try again later";
    let mut answer = json(StatusCode::SERVICE_UNAVAILABLE, details(message));
    // Streams last long, so that asking again at once is in vain.
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
    answer
}

/// 400: what the request says of its context cannot be used. The key is the flag's, none for all flags.
pub(super) fn invalid_context(key: Option<&str>, details: &str) -> Answer {
    failure(StatusCode::BAD_REQUEST, key, ErrorCode::InvalidContext, details)
}

/// 400: the request selects flags in a way that cannot be understood.
pub(super) fn wrong_selector(key: Option<&str>, details: &str) -> Answer {
    failure(StatusCode::BAD_REQUEST, key, ErrorCode::General, details)
}

/// 404: there is no such flag.
pub(super) fn flag_not_found(key: &str) -> Answer {
    failure(StatusCode::NOT_FOUND, Some(key), ErrorCode::FlagNotFound, &format!("there is no flag `{key}`"))
}

/// 404: there is no such path.
pub(super) fn nowhere(path: &str) -> Answer {
    let known = "POST /ofrep/v1/evaluate/flags/{key} or POST /ofrep/v1/evaluate/flags, changes at GET /ofrep/v1/events";
    json(StatusCode::NOT_FOUND, details(&format!("nothing is at `{path}`; evaluations are at {known}")))
}

/// 405: evaluations are posted.
pub(super) fn only_post() -> Answer {
    let mut answer = json(StatusCode::METHOD_NOT_ALLOWED, details("evaluations take POST only"));
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    answer
}

/// 405: events are read.
pub(super) fn only_get() -> Answer {
    let mut answer = json(StatusCode::METHOD_NOT_ALLOWED, details("the event stream takes GET only"));
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
    answer
}

/// 404: there are event streams, but not at this server.
pub(super) fn no_streams() -> Answer {
    json(StatusCode::NOT_FOUND, details("this server has no event stream: its setting `event_streams` is 0"))
}

/// 403: a page of this origin may not ask.
pub(super) fn foreign_origin(origin: &str) -> Answer {
    let message = format!("pages of `{origin}` may not use this server; its setting `cors_origins` names who may");
    json(StatusCode::FORBIDDEN, details(&message))
}

/// 401: the evaluation key is missing or wrong.
pub(super) fn unauthorized() -> Answer {
    let message = "the evaluation key is missing or wrong; send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`";
    let mut answer = json(StatusCode::UNAUTHORIZED, details(message));
    answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    answer
}

/// 413: the body is over the limit. The connection ends, for what follows on it is the rest of that body.
pub(super) fn too_large(limit: usize) -> Answer {
    let mut answer =
        json(StatusCode::PAYLOAD_TOO_LARGE, details(&format!("the body is over the limit of {limit} bytes")));
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// OFREP's failure object.
fn failure(status: StatusCode, key: Option<&str>, code: ErrorCode, details: &str) -> Answer {
    let mut body = Vec::new();
    write_failure(key, code, details, &mut body);
    json(status, body)
}

/// OFREP's general error object.
fn details(message: &str) -> Vec<u8> {
    serde_json::json!({ "errorDetails": message }).to_string().into_bytes()
}
