//! The evaluation of all flags at once.

use super::answer::{self, Answer};
use super::events::Directory;
use super::{selection, tag};
use crate::eval::{Bulk, Context, Selector};
use crate::live::Published;
use hyper::header::{ETAG, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use xxhash_rust::xxh3::xxh3_128;

/// Room per flag, so that the buffer seldom grows.
const USUAL_BYTES_PER_FLAG: usize = 128;

/// Evaluates every flag that is asked for, for the context in the body. A client that has this very answer
/// already is told so and is sent nothing.
pub(super) fn evaluate(
    published: &Published,
    streams: &Directory,
    headers: &HeaderMap,
    body: &[u8],
    unix_seconds: i64,
) -> Answer {
    let mut context = Context::empty().at(unix_seconds);
    if let Err(invalid) = published.snapshot().read_context(&mut context, body) {
        return answer::invalid_context(None, &invalid.to_string());
    }
    let selector = match selection::asked(headers) {
        Ok(selector) => selector,
        Err(wrong) => return answer::wrong_selector(None, &wrong),
    };
    let bulk = published.snapshot().evaluate_all(&context);
    match selector {
        None => all(published, streams, headers, &bulk, &context),
        Some(selector) => selected(published, streams, headers, &bulk, &selector, &context),
    }
}

/// All flags. Whether the client has them already is known before anything is written.
fn all(
    published: &Published,
    streams: &Directory,
    headers: &HeaderMap,
    bulk: &Bulk<'_>,
    context: &Context<'_>,
) -> Answer {
    published.tallies().count_all(bulk.outcomes().iter().map(|outcome| outcome.variant_index()));
    if let Some(counting) = published.counting() {
        let variant = |position: usize| bulk.outcomes().get(position).and_then(|outcome| outcome.variant_index());
        counting.note_all(variant, context.targeting_key());
    }
    let write = |out: &mut Vec<u8>| bulk.write_ofrep(out);
    answered(published, streams, headers, bulk.tag(), bulk.outcomes().len(), write)
}

/// Some of the flags.
fn selected(
    published: &Published,
    streams: &Directory,
    headers: &HeaderMap,
    bulk: &Bulk<'_>,
    selector: &Selector,
    context: &Context<'_>,
) -> Answer {
    let mut objects = Vec::new();
    for resolution in bulk.resolutions() {
        let Some(flag) = resolution.flag().filter(|flag| selector.admits(*flag)) else { continue };
        published.tallies().count(flag.position(), resolution.variant_index());
        if let Some(counting) = published.counting() {
            counting.note(flag.position(), resolution.variant_index(), context.targeting_key());
        }
        if !objects.is_empty() {
            objects.push(b',');
        }
        resolution.write_ofrep(&mut objects);
    }
    let tag = xxh3_128(&objects);
    answered(published, streams, headers, tag, 0, |out| out.extend_from_slice(&objects))
}

/// The answer with these flags, unless the client has it.
fn answered(
    published: &Published,
    streams: &Directory,
    headers: &HeaderMap,
    answers: u128,
    flags: usize,
    write: impl FnOnce(&mut Vec<u8>),
) -> Answer {
    let tag = tag::of(answers ^ streams.mark());
    let mut answer = match tag::is_known(&tag, headers) {
        true => answer::empty(StatusCode::NOT_MODIFIED),
        false => {
            let mut body = Vec::with_capacity(flags.saturating_mul(USUAL_BYTES_PER_FLAG));
            body.extend_from_slice(br#"{"flags":["#);
            write(&mut body);
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
