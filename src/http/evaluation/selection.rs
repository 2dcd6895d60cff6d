//! Which flags a request is about: the header `Flagd-Selector`.

use crate::eval::Selector;
use hyper::HeaderMap;
use hyper::header::HeaderValue;
use std::borrow::Cow;

/// What the request selects; `None` when it does not say. Several lines are one, joined by commas.
///
/// # Errors
/// When what it says is no selector, in a sentence for whoever asked.
pub(super) fn asked(headers: &HeaderMap) -> Result<Option<Selector>, String> {
    let mut lines = headers.get_all("flagd-selector").iter();
    let Some(first) = lines.next() else { return Ok(None) };
    let mut whole = Cow::Borrowed(text(first)?);
    for line in lines {
        whole = Cow::Owned(format!("{whole},{}", text(line)?));
    }
    Selector::parse(&whole).map(Some)
}

fn text(line: &HeaderValue) -> Result<&str, String> {
    line.to_str().map_err(|_| "the header `Flagd-Selector` has other characters than ASCII".to_owned())
}
