//! Reads a request's body within its limit.

use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::body::{Body, Bytes};
use hyper::header::EXPECT;

/// What is still taken from a client that sends too much, in bodies of the allowed size, so that it
/// gets to read the answer. A client that sends even more loses its connection.
const DISCARDED_BODIES: usize = 8;

/// Why there is no body.
#[derive(Debug, thiserror::Error)]
pub(in crate::http) enum BodyError {
    /// More than the limit.
    #[error("the body is too large")]
    TooLarge,
    /// The client stopped half way: nobody is left to answer.
    #[error("the body broke off")]
    BrokenOff,
}

/// The whole body, at most `limit` bytes; what is declared as larger is not read at all.
pub(in crate::http) async fn read<B>(mut body: B, headers: &HeaderMap, limit: usize) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
{
    if usize::try_from(body.size_hint().lower()).map_or(true, |declared| declared > limit) {
        return Err(too_large(body, headers, limit).await);
    }
    // Nearly every body comes in one piece, which is taken as it is.
    let Some(first) = next_piece(&mut body).await? else { return Ok(Bytes::new()) };
    if body.is_end_stream() && first.len() <= limit {
        return Ok(first);
    }
    let mut whole = Vec::from(first);
    while let Some(piece) = next_piece(&mut body).await? {
        if whole.len().saturating_add(piece.len()) > limit {
            return Err(too_large(body, headers, limit).await);
        }
        whole.extend_from_slice(&piece);
    }
    if whole.len() > limit { Err(BodyError::TooLarge) } else { Ok(Bytes::from(whole)) }
}

/// The next part of the data; trailers are passed over.
async fn next_piece(body: &mut (impl Body<Data = Bytes> + Unpin)) -> Result<Option<Bytes>, BodyError> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| BodyError::BrokenOff)?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Reads the rest away: an answer to a client that is still sending would be lost in the reset that
/// follows when its connection is closed. One that asked before sending gets its answer at once.
async fn too_large(mut body: impl Body<Data = Bytes> + Unpin, headers: &HeaderMap, limit: usize) -> BodyError {
    let mut budget = limit.saturating_mul(DISCARDED_BODIES);
    if headers.contains_key(EXPECT) || usize::try_from(body.size_hint().lower()).map_or(true, |rest| rest > budget) {
        return BodyError::TooLarge;
    }
    while let Ok(Some(piece)) = next_piece(&mut body).await {
        match budget.checked_sub(piece.len()) {
            Some(left) => budget = left,
            None => break,
        }
    }
    BodyError::TooLarge
}
