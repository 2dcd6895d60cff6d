//! One flag's evaluation.

use super::answer::{self, Answer};
use super::selection;
use crate::eval::{Context, ErrorCode, Flag};
use crate::live::Published;
use hyper::{HeaderMap, StatusCode};

/// Room for the usual answer, so that its buffer is allocated once.
const USUAL_BYTES: usize = 256;

/// Evaluates the flag `key` for the context in the body.
pub(super) fn evaluate(
    published: &Published,
    headers: &HeaderMap,
    key: &str,
    body: &[u8],
    unix_seconds: i64,
) -> Answer {
    let mut context = Context::empty().at(unix_seconds);
    if let Err(invalid) = published.snapshot().read_context(&mut context, body) {
        return answer::invalid_context(Some(key), &invalid.to_string());
    }
    let selector = match selection::asked(headers) {
        Ok(selector) => selector,
        Err(wrong) => return answer::wrong_selector(Some(key), &wrong),
    };
    let admitted = |flag: &Flag<'_>| selector.as_ref().is_none_or(|selector| selector.admits(*flag));
    let Some(flag) = published.snapshot().flag(key).filter(admitted) else { return answer::flag_not_found(key) };
    let resolution = flag.resolve(&context);
    published.tallies().count(flag.position(), resolution.variant_index());
    if let Some(counting) = published.counting() {
        counting.note(flag.position(), resolution.variant_index(), context.targeting_key());
    }
    let status = match resolution.error() {
        None => StatusCode::OK,
        Some((ErrorCode::FlagNotFound, _)) => StatusCode::NOT_FOUND,
        Some((
            ErrorCode::ParseError | ErrorCode::TargetingKeyMissing | ErrorCode::InvalidContext | ErrorCode::General,
            _,
        )) => StatusCode::BAD_REQUEST,
    };
    let mut body = Vec::with_capacity(USUAL_BYTES);
    resolution.write_ofrep(&mut body);
    answer::json(status, body)
}
