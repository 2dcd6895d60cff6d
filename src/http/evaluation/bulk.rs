//! The evaluation of all flags at once.

use super::answer::{self, Answer};
use super::events::Directory;
use super::tag;
use crate::eval::Context;
use crate::live::Published;
use hyper::header::{ETAG, HeaderValue};
use hyper::{HeaderMap, StatusCode};

/// Room per flag, so that the buffer seldom grows.
const USUAL_BYTES_PER_FLAG: usize = 160;

/// Evaluates every flag for the context in the body. A client that has this very answer already is
/// told so and is sent nothing.
pub(super) fn evaluate(
    published: &Published,
    streams: &Directory,
    headers: &HeaderMap,
    body: &[u8],
    unix_seconds: i64,
) -> Answer {
    let context = match Context::from_ofrep_body(body) {
        Ok(context) => context,
        Err(invalid) => return answer::invalid_context(None, &invalid.to_string()),
    };
    let bulk = published.snapshot().evaluate_all(&context.at(unix_seconds));
    for (position, outcome) in bulk.outcomes().iter().enumerate() {
        published.tallies().count(position, outcome.variant_index());
    }
    let tag = tag::of(bulk.tag() ^ streams.mark());
    let mut answer = match tag::is_known(&tag, headers) {
        true => answer::empty(StatusCode::NOT_MODIFIED),
        false => {
            let mut body = Vec::with_capacity(bulk.outcomes().len().saturating_mul(USUAL_BYTES_PER_FLAG));
            body.extend_from_slice(br#"{"flags":["#);
            bulk.write_ofrep(&mut body);
            body.push(b']');
            streams.write_member(published.changed(), &mut body);
            body.push(b'}');
            answer::json(StatusCode::OK, body)
        }
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.headers_mut().insert(ETAG, tag);
    }
    answer
}
