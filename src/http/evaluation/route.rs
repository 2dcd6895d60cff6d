//! Which question a path asks.

use crate::telemetry::RequestKind;
use std::borrow::Cow;

const BULK: &str = "/ofrep/v1/evaluate/flags";

/// Where the event stream is.
pub(super) const EVENTS: &str = "/ofrep/v1/events";

/// What a request's path asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route<'p> {
    /// One flag, by its key.
    Single(Cow<'p, str>),
    /// All flags.
    Bulk,
    /// To be told of changes.
    Events,
    /// Nothing that is here.
    Nowhere,
}

impl<'p> Route<'p> {
    /// Reads a path. A key may have `/` in it, as is or encoded: some clients do not encode keys.
    pub(super) fn of(path: &'p str) -> Self {
        match path.strip_prefix(BULK) {
            Some("") => Self::Bulk,
            Some(rest) => match rest.strip_prefix('/') {
                Some(key) if !key.is_empty() => Self::Single(percent_decoded(key)),
                Some(_) | None => Self::Nowhere,
            },
            None if path == EVENTS => Self::Events,
            None => Self::Nowhere,
        }
    }

    pub(super) fn kind(&self) -> RequestKind {
        match self {
            Self::Single(_) => RequestKind::Single,
            Self::Bulk => RequestKind::Bulk,
            Self::Events => RequestKind::Events,
            Self::Nowhere => RequestKind::Other,
        }
    }
}

/// The text with each `%41` replaced by its byte. What is no such escape stays as it is, and bytes
/// that are no UTF-8 become the replacement character: no flag has such a key.
fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        match (byte, tail) {
            (b'%', [high, low, after @ ..]) if let (Some(high), Some(low)) = (hex(*high), hex(*low)) => {
                bytes.push((high << 4) | low);
                rest = after;
            }
            _ => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_their_questions() {
        for (path, key) in [
            ("/ofrep/v1/evaluate/flags/checkout", "checkout"),
            ("/ofrep/v1/evaluate/flags/a%20b%2Fc", "a b/c"),
            ("/ofrep/v1/evaluate/flags/a/b", "a/b"),
            ("/ofrep/v1/evaluate/flags/%C3%A9t%c3%a9", "été"),
            ("/ofrep/v1/evaluate/flags/100%", "100%"),
            ("/ofrep/v1/evaluate/flags/%zz%4", "%zz%4"),
            ("/ofrep/v1/evaluate/flags/%ff", "\u{fffd}"),
        ] {
            assert_eq!(Route::of(path), Route::Single(Cow::Borrowed(key)), "{path}");
        }
        assert_eq!(Route::of("/ofrep/v1/evaluate/flags"), Route::Bulk);
        assert_eq!(Route::of("/ofrep/v1/events"), Route::Events);
        for path in [
            "/",
            "",
            "/ofrep/v1/events/",
            "/ofrep/v1/eventsource",
            "/ofrep/v1/evaluate/flags/",
            "/ofrep/v1/evaluate/flagship",
            "/ofrep/v1/configuration",
        ] {
            assert_eq!(Route::of(path), Route::Nowhere, "{path}");
        }
    }
}
