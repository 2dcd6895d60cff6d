//! One number, now.

use super::answer::{mean, newest};
use super::question::query;
use crate::analysis::{NoData, Reading};
use crate::measure::asking::Asking;
use crate::measure::connections::{Connection, ConnectionKind};
use crate::measure::fetch::Asked;
use crate::measure::judge::{enough, fresh};
use crate::measure::refusal;
use crate::rollout::{Ask, AskGraphite};
use std::time::Duration;

/// The largest answer, in bytes.
const MOST_BYTES: usize = 4_000_000;

/// What is to be known of a Graphite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphiteConnection {
    /// How old the newest value may be.
    pub max_age: Duration,
}

impl Default for GraphiteConnection {
    /// Five minutes.
    fn default() -> Self {
        Self { max_age: Duration::from_secs(300) }
    }
}

/// The newest value of the target's only series; over another time, where the target does not say how long itself, the
/// mean of all its values.
pub(in crate::measure) async fn read(connection: &Connection, ask: &AskGraphite, asking: &Asking) -> Reading {
    value(connection, ask, asking).await.unwrap_or_else(Reading::NoData)
}

/// What is asked, with all names filled in: for people.
pub(in crate::measure) fn question(ask: &AskGraphite, asking: &Asking) -> String {
    let filled = query(ask, asking).ok().and_then(|query| query.into_iter().find(|(name, _)| *name == "target"));
    filled.map_or_else(|| ask.target.to_string(), |(_, target)| target)
}

async fn value(connection: &Connection, ask: &AskGraphite, asking: &Asking) -> Result<Reading, NoData> {
    let ConnectionKind::Graphite(settings) = &connection.kind else {
        return Err(NoData::NoProvider(connection.name.to_string()));
    };
    let address = connection.address.as_ref().ok_or_else(|| NoData::NoProvider(connection.name.to_string()))?;
    let mut url = address.below(&["render"]);
    url.query_pairs_mut().extend_pairs(query(ask, asking)?);
    let asked = Asked { most: MOST_BYTES, ..Asked::get(url) };
    let answer = connection.fetcher.fetch(asked, asking.deadline).await?;
    // Graphite writes its errors as pages.
    let body = refusal::body(&answer, |_| None)?;
    let whole = asking.span.is_some() && !Ask::Graphite(ask.clone()).any_window();
    let (at, value) = if whole { mean(body)? } else { newest(body)? };
    fresh(at, asking.now, settings.max_age)?;
    enough(value, at, None, 0)
}
