//! Takes the evaluation context out of a request's body.

use crate::eval::{Context, ContextError};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Why a body has no usable context.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidContext {
    /// Not a JSON object but something else.
    #[error("the body must be a JSON object such as {{\"context\":{{\"targetingKey\":\"user-1\"}}}}")]
    NotAnObject,
    /// Not JSON.
    #[error("the body cannot be read as JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// The member `context` is no object, or goes too deep.
    #[error(transparent)]
    Context(#[from] ContextError),
}

/// A request's body. Members that are not known are passed over, for newer clients may send them.
#[derive(Deserialize)]
struct Envelope<'b> {
    #[serde(borrow, default)]
    context: Option<&'b RawValue>,
}

/// The context of a request. No body, no `context` member, and one that is null are an empty context:
/// clients that have nothing to say send these.
pub(super) fn read(body: &[u8]) -> Result<Context<'_>, InvalidContext> {
    match body.trim_ascii_start().first() {
        None => return Ok(Context::empty()),
        // A struct could be read from an array as well, member by member.
        Some(b'[') => return Err(InvalidContext::NotAnObject),
        Some(_) => {}
    }
    let envelope: Envelope<'_> = serde_json::from_slice(body)?;
    Ok(envelope.context.map_or_else(|| Ok(Context::empty()), |context| Context::from_json(context.get().as_bytes()))?)
}
