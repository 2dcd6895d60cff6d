//! Bodies, read within bounds of size and time.

use crate::http::ApiError;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::timeout;

/// The largest body that is read, in bytes.
pub const LARGEST_BODY: usize = 1_000_000;

/// How much more of a too large body is taken in and thrown away: a client that is still writing
/// would otherwise see a broken connection instead of the answer.
const LARGEST_DISCARDED: usize = 8_000_000;

/// How long a body may take.
const LONGEST: Duration = Duration::from_secs(10);

/// A request's whole body.
#[derive(Debug)]
pub(super) struct Payload(pub(super) Vec<u8>);

impl<S: Sync> FromRequest<S> for Payload {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        timeout(LONGEST, read(request.into_body())).await.unwrap_or(Err(ApiError::TooSlow)).map(Self)
    }
}

async fn read(mut body: Body) -> Result<Vec<u8>, ApiError> {
    let (mut bytes, mut total) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::malformed("the body broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        total = total.saturating_add(data.len());
        if total <= LARGEST_BODY {
            bytes.extend_from_slice(&data);
        } else if total <= LARGEST_DISCARDED {
            bytes = Vec::new();
        } else {
            break;
        }
    }
    if total <= LARGEST_BODY { Ok(bytes) } else { Err(ApiError::TooLarge { limit: LARGEST_BODY }) }
}

impl Payload {
    /// The body as JSON of a known shape.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_slice(&self.0).map_err(|error| {
            let what = if error.is_data() { "does not fit" } else { "is not JSON" };
            ApiError::malformed(format!("the body {what}: {error}"))
        })
    }

    /// The same where a body may be left out.
    pub(super) fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, ApiError> {
        if self.0.trim_ascii().is_empty() { Ok(T::default()) } else { self.json() }
    }
}
