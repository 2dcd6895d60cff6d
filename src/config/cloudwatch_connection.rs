//! A connection to CloudWatch.

use super::section::{Section, Surroundings};
use crate::measure::{AwsPlaces, CloudWatchConnection};
use crate::source::Problems;
use std::sync::Arc;
use std::time::Duration;

/// The fields of such a connection beside those of every one.
pub(super) const FIELDS: [&str; 3] = ["region", "profile", "max_age"];

/// Reads what it has beside the fields of every connection. The keys themselves are in the environment or in AWS' own
/// files, as for every other program.
pub(super) fn read(
    section: &Section<'_>,
    surroundings: Surroundings<'_>,
    problems: &mut Problems<'_>,
) -> CloudWatchConnection {
    let usual = CloudWatchConnection::default();
    let region = section.text("region", problems).map(|text| text.trim().to_owned());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if let Some(region) = region.as_deref().filter(|text| text.len() > 40 || !text.chars().all(plain)) {
        let at = section.get("region").map_or(section.start(), |node| node.span);
        problems.add_with_hint(at, format!("`{region}` is no region of AWS"), "for instance `eu-central-1`");
    }
    let profile = section.text("profile", problems).map(str::to_owned);
    let (second, day) = (Duration::from_secs(1), Duration::from_secs(86_400));
    let max_age = section.duration("max_age", second..=day, problems).unwrap_or(usual.max_age);
    let places = AwsPlaces::new(surroundings.variables, profile);
    CloudWatchConnection { region: region.map(Arc::from), places, max_age }
}
