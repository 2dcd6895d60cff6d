//! Bodies of posted outcomes: JSON or lines of it, packed or not, within bounds.

use super::access::{content_type, is_lines};
use super::body::whole;
use crate::http::ApiError;
use crate::measure::{BatchId, Written};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use std::io::Read as _;

/// The longest body, also after it was unpacked, in bytes: 10,000 outcomes of 800 bytes.
const LONGEST: usize = 8 << 20;

/// How a client tells a request that it sends again from a new one (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Outcomes as they were sent.
#[derive(Debug)]
pub(super) struct PostedOutcomes {
    body: Bytes,
    packed: bool,
    /// How the unpacked body is written.
    pub(super) written: Written,
    /// What the header calls the batch.
    pub(super) id: Option<BatchId>,
}

impl<S: Sync> FromRequest<S> for PostedOutcomes {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let packed = is_packed(request.headers())?;
        let written = match content_type(request.headers()).is_some_and(is_lines) {
            true => Written::Lines,
            false => Written::Json,
        };
        let id = batch_id(request.headers())?;
        Ok(Self { body: whole(request, LONGEST).await?, packed, written, id })
    }
}

impl PostedOutcomes {
    /// How long the body is as it was sent.
    pub(super) fn sent(&self) -> usize {
        self.body.len()
    }

    /// Whether it was packed.
    pub(super) const fn is_packed(&self) -> bool {
        self.packed
    }

    /// The body as it was before it was packed. What unpacks to more than the limit is let go as soon as that is seen.
    pub(super) fn unpacked(&self) -> Result<Bytes, ApiError> {
        if !self.packed {
            return Ok(self.body.clone());
        }
        let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
        let mut unpacked = Vec::with_capacity(self.body.len().saturating_mul(4).min(LONGEST));
        let read = MultiGzDecoder::new(&*self.body).take(most).read_to_end(&mut unpacked);
        read.map_err(|_| ApiError::malformed("the body is not gzip, or a part of it is missing"))?;
        match unpacked.len() <= LONGEST {
            true => Ok(unpacked.into()),
            false => Err(ApiError::TooLarge { limit: LONGEST }),
        }
    }
}

fn is_packed(headers: &HeaderMap) -> Result<bool, ApiError> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    match (encodings.next().map(|one| one.to_str().unwrap_or_default().trim()), encodings.next()) {
        (None, _) => Ok(false),
        (Some(one), None) if one.is_empty() || one.eq_ignore_ascii_case("identity") => Ok(false),
        (Some(one), None) if one.eq_ignore_ascii_case("gzip") || one.eq_ignore_ascii_case("x-gzip") => Ok(true),
        (Some(_), _) => Err(ApiError::WrongEncoding),
    }
}

/// The draft has the key as a quoted text; many clients leave the quotes out.
fn batch_id(headers: &HeaderMap) -> Result<Option<BatchId>, ApiError> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let wrong = |why: &dyn std::fmt::Display| ApiError::malformed(format!("the header `Idempotency-Key` {why}"));
    if keys.next().is_some() {
        return Err(wrong(&"is there twice"));
    }
    let text = key.to_str().unwrap_or_default().trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    BatchId::new(text).map(Some).map_err(|why| wrong(&why))
}
