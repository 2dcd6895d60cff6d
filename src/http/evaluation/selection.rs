//! Which flags a request is about: the header `Flagd-Selector`.

use crate::eval::Selector;
use hyper::HeaderMap;

/// What the request selects; `None` when it does not say.
///
/// # Errors
/// When what it says is no selector, in a sentence for whoever asked.
pub(super) fn asked(headers: &HeaderMap) -> Result<Option<Selector>, String> {
    let Some(value) = headers.get("flagd-selector") else { return Ok(None) };
    let text = value.to_str().map_err(|_| "the header `Flagd-Selector` has other characters than ASCII".to_owned())?;
    Selector::parse(text).map(Some)
}
