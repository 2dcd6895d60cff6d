//! The evaluation key: what an application shows to be answered.

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// A secret that applications send as `Authorization: Bearer KEY` or `X-API-Key: KEY`.
#[derive(Clone)]
pub struct EvaluationKey(Arc<[u8]>);

impl EvaluationKey {
    /// Takes a secret; `None` when it is empty, which would let everybody in.
    #[must_use]
    pub fn new(secret: &str) -> Option<Self> {
        (!secret.is_empty()).then(|| Self(Arc::from(secret.as_bytes())))
    }

    /// Whether one of the request's headers shows this key. The time it takes tells nothing of the
    /// key but its length.
    pub(super) fn is_shown_in(&self, headers: &HeaderMap) -> bool {
        let bearer = headers.get(AUTHORIZATION).and_then(|value| bearer_token(value.as_bytes()));
        let header = headers.get("x-api-key").map(|value| value.as_bytes());
        [bearer, header].into_iter().flatten().any(|shown| bool::from(shown.ct_eq(&self.0)))
    }
}

/// The secret stays out of logs and panics.
impl std::fmt::Debug for EvaluationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EvaluationKey(..)")
    }
}

/// The scheme's name is case-insensitive.
fn bearer_token(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[test]
    fn the_key_is_taken_from_either_header_and_nothing_else() {
        let key = EvaluationKey::new("s3cret").unwrap();
        for (name, value, shown) in [
            ("authorization", "Bearer s3cret", true),
            ("authorization", "bearer  s3cret ", true),
            ("x-api-key", "s3cret", true),
            ("authorization", "Basic s3cret", false),
            ("authorization", "Bearer s3cre", false),
            ("authorization", "Bearer", false),
            ("x-api-key", "", false),
            ("x-key", "s3cret", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            assert_eq!(key.is_shown_in(&headers), shown, "{name}: {value}");
        }
        assert!(EvaluationKey::new("").is_none());
        assert_eq!(format!("{key:?}"), "EvaluationKey(..)");
    }
}
