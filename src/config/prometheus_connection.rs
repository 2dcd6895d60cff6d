//! A connection to Prometheus, or what speaks its query API.

use super::section::Section;
use crate::measure::PrometheusConnection;
use crate::source::Problems;
use std::time::Duration;

/// The fields of such a connection beside those of every one.
pub(super) const FIELDS: [&str; 2] = ["max_age", "lag"];

/// Reads what it has beside the fields of every connection.
pub(super) fn read(section: &Section<'_>, problems: &mut Problems<'_>) -> PrometheusConnection {
    let usual = PrometheusConnection::default();
    let (second, day) = (Duration::from_secs(1), Duration::from_secs(86_400));
    let max_age = section.duration("max_age", second..=day, problems).unwrap_or(usual.max_age);
    let hour = Duration::from_secs(3_600);
    let lag = section.duration("lag", Duration::ZERO..=hour, problems).unwrap_or(usual.lag);
    PrometheusConnection { max_age, lag }
}
