//! Whether and when an attempt is repeated.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::time::Duration;

/// How often a request is sent at most.
pub(super) const MOST_ATTEMPTS: u32 = 3;

/// About how long it takes to the second attempt; to the third it takes four times as long.
const FIRST_PAUSE: Duration = Duration::from_millis(150);

/// What is waited after an attempt that failed. Some more or less, so that those who failed together do not come back
/// together.
pub(super) fn pause(attempt: u32, asked_for: Option<Duration>) -> Duration {
    let usual = FIRST_PAUSE.saturating_mul(4_u32.saturating_pow(attempt.saturating_sub(1)));
    match asked_for {
        Some(asked_for) => asked_for.saturating_add(usual.mul_f64(rand::random_range(0.0..1.0))),
        None => usual.mul_f64(rand::random_range(0.5..1.5)),
    }
}

/// Whether the answer says that another attempt may go well.
pub(super) fn passes(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// How long the other side wants to be left alone, where it says so in seconds. A date is longer than anybody waits here.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    Some(value.trim().parse().map_or(Duration::MAX, Duration::from_secs))
}
