//! Bodies, read within bounds of size and time.

use super::access::{content_type, is_plan_with_files};
use crate::http::ApiError;
use crate::http::connection::Limits;
use crate::http::connection::body::{self, BodyError};
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

/// The longest body of a plan with its files, in bytes: as much as they may have together, written as JSON.
const LONGEST_WITH_FILES: usize = 12 << 20;

/// A request's whole body.
#[derive(Debug)]
pub(super) struct Payload(pub(super) Bytes);

/// The same of a request that may bring files.
#[derive(Debug)]
pub(super) struct PlanPayload(pub(super) Bytes);

impl<S: Sync> FromRequest<S> for Payload {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        whole(request, Limits::USUAL.body).await.map(Self)
    }
}

impl<S: Sync> FromRequest<S> for PlanPayload {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let with_files = content_type(request.headers()).is_some_and(is_plan_with_files);
        whole(request, if with_files { LONGEST_WITH_FILES } else { Limits::USUAL.body }).await.map(Self)
    }
}

pub(super) async fn whole(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    let (head, body) = request.into_parts();
    match timeout(Limits::USUAL.body_time, body::read(body, &head.headers, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(BodyError::TooLarge)) => Err(ApiError::TooLarge { limit }),
        Ok(Err(BodyError::BrokenOff)) => Err(ApiError::malformed("the body broke off")),
        Err(_) => Err(ApiError::TooSlow),
    }
}

impl Payload {
    /// The body as JSON of a known shape.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        json(&self.0)
    }

    /// The same where a body may be left out.
    pub(super) fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, ApiError> {
        if self.0.trim_ascii().is_empty() { Ok(T::default()) } else { self.json() }
    }
}

/// Bytes as JSON of a known shape.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        let what = if error.is_data() { "does not fit" } else { "is not JSON" };
        ApiError::malformed(format!("the body {what}: {error}"))
    })
}
