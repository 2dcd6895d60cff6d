//! What a door says about itself, so that its connections can be driven.

use super::limits::Limits;
use super::progress::Progress;
use hyper::body::{Body, Bytes, Incoming};
use hyper::{Request, Response};
use std::error::Error;
use std::sync::Arc;

/// A listener's answers and what its clients may use.
pub(in crate::http) trait Door: Send + Sync + 'static {
    /// The answers' bodies.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;
    /// Why a request has no answer: its connection ends.
    type Fault: Into<Box<dyn Error + Send + Sync>>;

    /// What it is called in the log.
    const NAME: &'static str;
    /// The JSON body for a client that there is no place for.
    const REFUSAL: &'static str;
    /// Who has to go when there are as many connections as may be.
    const WHEN_FULL: WhenFull;

    /// What its clients may use.
    fn limits(&self) -> &Limits;

    /// Notes a connection that there was no room for.
    fn refused(&self);

    /// Answers one request. Notes in `progress` when the head is read and when the answer is built.
    fn answer<'c>(
        &'c self,
        progress: &'c Arc<Progress>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response<Self::Body>, Self::Fault>> + Send + 'c;
}

/// Who has to go when there are as many connections as may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum WhenFull {
    /// The new connection is refused: many clients keep theirs, and all are worth the same.
    Refuse,
    /// The connection that has waited the longest for its client gives way, so that whoever does
    /// nothing but hold connections keeps nobody out.
    GiveWay,
}
