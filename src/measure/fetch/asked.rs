//! A request, and what came back.

use bytes::Bytes;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use std::fmt;

/// The largest answer that is read when nothing else is said. One number needs a few hundred bytes.
const USUAL_MOST: usize = 1_000_000;

/// A request. It may hold secrets, in its address and headers, and does not show them.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    /// How.
    pub method: Method,
    /// Where and what.
    pub url: Url,
    /// Beside those of the connection; of the same name they stand instead of the connection's.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What is sent along.
    pub body: Option<Bytes>,
    /// The largest answer that is read, in bytes: as it comes over the wire, and unpacked.
    pub most: usize,
}

impl Asked {
    /// A request without a body.
    #[must_use]
    pub const fn get(url: Url) -> Self {
        Self { method: Method::GET, url, headers: Vec::new(), body: None, most: USUAL_MOST }
    }

    /// A request with a body.
    #[must_use]
    pub fn post(url: Url, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = vec![(reqwest::header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
        Self { method: Method::POST, url, headers, body: Some(body.into()), most: USUAL_MOST }
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, url, headers, body, most } = self;
        let names: Vec<_> = headers.iter().map(|(name, _)| name).collect();
        let mut shown = f.debug_struct("Asked");
        shown.field("method", method).field("origin", &origin(url)).field("headers", &names);
        shown.field("body", &body.as_ref().map(Bytes::len)).field("most", most).finish()
    }
}

/// What came back, whatever its status says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it went well.
    pub status: StatusCode,
    /// What the body says that it is; empty when it does not.
    pub content_type: String,
    /// The whole body, unpacked.
    pub body: Bytes,
}

/// Whose address it is: scheme, host and port. Paths and queries may hold secrets.
pub(super) fn origin(url: &Url) -> String {
    let host = url.host_str().unwrap_or("");
    match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_not_shown() {
        let url = Url::parse("https://u:hunter2@h.example:9443/hunter2?key=hunter2").unwrap();
        let mut asked = Asked::post(url, "text/plain", "hunter2");
        asked.headers.push((reqwest::header::AUTHORIZATION, HeaderValue::from_static("Bearer hunter2")));
        let shown = format!("{asked:?}");
        assert!(shown.contains("https://h.example:9443") && shown.contains("authorization"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
