//! Bodies of posted outcomes: JSON or lines of it, packed or not, within bounds.

use super::access::{content_type, is_lines};
use super::body::whole;
use super::packed::Packing;
use crate::http::ApiError;
use crate::measure::{BatchId, Written};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use bytes::Bytes;

/// The longest body, also after it was unpacked, in bytes: 10,000 outcomes of 800 bytes.
const LONGEST: usize = 8 << 20;

/// How a client tells a request that it sends again from a new one (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Outcomes as they were sent.
#[derive(Debug)]
pub(super) struct PostedOutcomes {
    body: Bytes,
    packing: Packing,
    /// How the unpacked body is written.
    pub(super) written: Written,
    /// What the header calls the batch.
    pub(super) id: Option<BatchId>,
}

impl<S: Sync> FromRequest<S> for PostedOutcomes {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let packing = Packing::of(request.headers())?;
        let written = match content_type(request.headers()).is_some_and(is_lines) {
            true => Written::Lines,
            false => Written::Json,
        };
        let id = batch_id(request.headers())?;
        Ok(Self { body: whole(request, LONGEST).await?, packing, written, id })
    }
}

impl PostedOutcomes {
    /// How long the body is as it was sent.
    pub(super) fn sent(&self) -> usize {
        self.body.len()
    }

    /// Whether it was packed.
    pub(super) fn is_packed(&self) -> bool {
        self.packing != Packing::Plain
    }

    /// The body as it was before it was packed.
    pub(super) fn unpacked(&self) -> Result<Bytes, ApiError> {
        self.packing.unpacked(&self.body, LONGEST)
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
