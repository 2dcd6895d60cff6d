//! Bodies, read within bounds of size and time.

use crate::http::ApiError;
use crate::http::connection::Limits;
use crate::http::connection::body::{self, BodyError};
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

/// A request's whole body.
#[derive(Debug)]
pub(super) struct Payload(pub(super) Bytes);

impl<S: Sync> FromRequest<S> for Payload {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (head, body) = request.into_parts();
        let limit = Limits::USUAL.body;
        match timeout(Limits::USUAL.body_time, body::read(body, &head.headers, limit)).await {
            Ok(Ok(bytes)) => Ok(Self(bytes)),
            Ok(Err(BodyError::TooLarge)) => Err(ApiError::TooLarge { limit }),
            Ok(Err(BodyError::BrokenOff)) => Err(ApiError::malformed("the body broke off")),
            Err(_) => Err(ApiError::TooSlow),
        }
    }
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
