//! What the bodies of verbs have in common: who asks, and why.

use crate::http::ApiError;

/// Who is named in the ledger when a request names nobody.
const NOBODY: &str = "api";

/// The longest that somebody may call themselves, and explain themselves.
const LONGEST_NAME: usize = 200;
const LONGEST_REASON: usize = 2_000;

/// Who asks.
pub(super) fn named(by: Option<String>) -> Result<String, ApiError> {
    match by {
        None => Ok(NOBODY.to_owned()),
        Some(by) if by.is_empty() || by.len() > LONGEST_NAME || by.chars().any(char::is_control) => {
            Err(ApiError::malformed(format!("`by` must be a name of at most {LONGEST_NAME} bytes")))
        }
        Some(by) => Ok(by),
    }
}

/// Why they ask.
pub(super) fn explained(reason: Option<String>) -> Result<Option<String>, ApiError> {
    match reason {
        Some(reason) if reason.len() > LONGEST_REASON => {
            Err(ApiError::malformed(format!("`reason` is longer than {LONGEST_REASON} bytes")))
        }
        reason => Ok(reason),
    }
}
