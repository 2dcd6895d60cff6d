//! A connection to InfluxDB.

use super::section::Section;
use crate::measure::InfluxConnection;
use crate::source::Problems;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use std::sync::Arc;
use std::time::Duration;

/// The fields of such a connection beside those of every one.
pub(super) const FIELDS: [&str; 5] = ["token_file", "token_env", "database", "organization", "max_age"];

/// Reads what it has beside the fields of every connection.
pub(super) fn read(section: &Section<'_>, problems: &mut Problems<'_>) -> InfluxConnection {
    let usual = InfluxConnection::default();
    let database = section.text("database", problems).map(Arc::from);
    let organization = section.text("organization", problems).map(Arc::from);
    let (second, day) = (Duration::from_secs(1), Duration::from_secs(86_400));
    let max_age = section.duration("max_age", second..=day, problems).unwrap_or(usual.max_age);
    InfluxConnection { database, organization, max_age }
}

/// Its token, which InfluxDB wants in a way of its own.
pub(super) fn token(section: &Section<'_>, headers: &mut HeaderMap, problems: &mut Problems<'_>) {
    let Some(token) = section.credential("token", problems) else { return };
    if headers.contains_key(AUTHORIZATION) {
        let hint = "keep one of the two ways";
        return problems.add_with_hint(section.start(), "both a token and another way to sign in are given", hint);
    }
    match HeaderValue::from_str(&format!("Token {}", token.reveal())) {
        Ok(mut value) => {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Err(_) => problems.add(section.start(), "the token has characters that no header can have"),
    }
}
