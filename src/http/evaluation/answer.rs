//! The door's own answers: everything that is not a flag's evaluation.

use crate::eval::{ErrorCode, write_failure};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};

/// An answer in one buffer; its length is sent along always.
pub(super) type Answer = Response<Full<Bytes>>;

/// An answer with a JSON body.
pub(super) fn json(status: StatusCode, body: Vec<u8>) -> Answer {
    let mut answer = empty(status);
    *answer.body_mut() = Full::new(Bytes::from(body));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Answer {
    let mut answer = Answer::new(Full::default());
    *answer.status_mut() = status;
    answer
}

/// 400: what the request says of its context cannot be used. The key is the flag's, none for all flags.
pub(super) fn invalid_context(key: Option<&str>, details: &str) -> Answer {
    failure(StatusCode::BAD_REQUEST, key, ErrorCode::InvalidContext, details)
}

/// 404: there is no such flag.
pub(super) fn flag_not_found(key: &str) -> Answer {
    failure(StatusCode::NOT_FOUND, Some(key), ErrorCode::FlagNotFound, &format!("there is no flag `{key}`"))
}

/// 404: there is no such path.
pub(super) fn nowhere(path: &str) -> Answer {
    let known = "POST /ofrep/v1/evaluate/flags/{key} or POST /ofrep/v1/evaluate/flags";
    json(StatusCode::NOT_FOUND, details(&format!("nothing is at `{path}`; evaluations are at {known}")))
}

/// 405: evaluations are posted.
pub(super) fn only_post() -> Answer {
    let mut answer = json(StatusCode::METHOD_NOT_ALLOWED, details("evaluations take POST only"));
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    answer
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
