//! Pages of other origins: a browser asks whether they may before it lets them.

use super::answer::{self, Answer};
use crate::config::Origins;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use hyper::{HeaderMap, Method, StatusCode};

/// How long a browser may keep the answer to its question, in seconds: as long as any browser does.
const REMEMBERED: HeaderValue = HeaderValue::from_static("7200");

/// What pages may read of an answer besides its body.
const READABLE: HeaderValue = HeaderValue::from_static("ETag, Retry-After");

/// Answers the question that a browser asks before it sends a page's request. It comes without a key.
pub(super) fn preflight(origins: &Origins, method: &Method, headers: &HeaderMap) -> Option<Answer> {
    if method != Method::OPTIONS || !headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let origin = headers.get(ORIGIN)?;
    if !origins.allow(origin.as_bytes()) {
        return Some(answer::foreign_origin(&String::from_utf8_lossy(origin.as_bytes())));
    }
    let mut answer = answer::empty(StatusCode::NO_CONTENT);
    let sent = answer.headers_mut();
    sent.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, GET"));
    sent.insert(ACCESS_CONTROL_MAX_AGE, REMEMBERED);
    // Whatever a page of this origin wants to send: its instrumentation may add headers of its own.
    if let Some(asked) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        sent.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    Some(answer)
}

/// Lets a page of an allowed origin read the answer.
pub(super) fn mark(origins: &Origins, headers: &HeaderMap, answer: &mut Answer) {
    if origins.is_empty() {
        return;
    }
    let sent = answer.headers_mut();
    sent.insert(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = headers.get(ORIGIN).filter(|origin| origins.allow(origin.as_bytes())) {
        sent.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        sent.insert(ACCESS_CONTROL_EXPOSE_HEADERS, READABLE);
    }
}
