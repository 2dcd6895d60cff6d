//! One number, now.

use super::answer::{Timed, error_message, flux, influxql};
use super::question::query;
use crate::analysis::{NoData, Reading};
use crate::measure::asking::Asking;
use crate::measure::connections::{Connection, ConnectionKind};
use crate::measure::fetch::Asked;
use crate::measure::judge::{enough, fresh};
use crate::measure::refusal;
use crate::rollout::{Ask, AskInflux, InfluxLanguage};
use reqwest::header::{ACCEPT, HeaderValue};
use std::sync::Arc;
use std::time::Duration;

/// The largest answer, in bytes.
const MOST_BYTES: usize = 4_000_000;

/// What is to be known of an InfluxDB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InfluxConnection {
    /// The database that is asked in InfluxQL where a metric names none.
    pub database: Option<Arc<str>>,
    /// The organization that is asked in Flux where a metric names none.
    pub organization: Option<Arc<str>>,
    /// How old a value may be that says when it is from.
    pub max_age: Duration,
}

impl Default for InfluxConnection {
    /// Nothing in particular, and five minutes.
    fn default() -> Self {
        Self { database: None, organization: None, max_age: Duration::from_secs(300) }
    }
}

/// The newest value of the query's only series.
pub(in crate::measure) async fn read(connection: &Connection, ask: &AskInflux, asking: &Asking) -> Reading {
    value(connection, ask, asking).await.unwrap_or_else(Reading::NoData)
}

/// What is asked, with all names filled in: for people.
pub(in crate::measure) fn question(ask: &AskInflux, asking: &Asking) -> String {
    query(ask, asking).unwrap_or_else(|_| ask.query.to_string())
}

async fn value(connection: &Connection, ask: &AskInflux, asking: &Asking) -> Result<Reading, NoData> {
    let ConnectionKind::Influx(settings) = &connection.kind else {
        return Err(NoData::NoProvider(connection.name.to_string()));
    };
    if asking.span.is_some() && !Ask::Influx(ask.clone()).any_window() {
        let why = "its query is without `{{window}}`: it cannot be asked over another time";
        return Err(NoData::NotAsked(why.to_owned()));
    }
    let asked = request(connection, settings, ask, asking)?;
    let answer = connection.fetcher.fetch(asked, asking.deadline).await?;
    let body = refusal::body(&answer, error_message)?;
    let (at, value): Timed = match ask.language {
        InfluxLanguage::InfluxQl { .. } => influxql(body, bounds_time(&ask.query))?,
        InfluxLanguage::Flux { .. } => flux(body)?,
    };
    let at = at.unwrap_or(asking.now);
    fresh(at, asking.now, settings.max_age)?;
    enough(value, at, None, 0)
}

/// Whether an InfluxQL query says of when it wants values: then a function's one value has the beginning of that time.
/// Without it a point has its own time, and a function over all there ever was has none.
fn bounds_time(query: &str) -> bool {
    let mut words = query.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word.eq_ignore_ascii_case("time"))
}

fn request(
    connection: &Connection,
    settings: &InfluxConnection,
    ask: &AskInflux,
    asking: &Asking,
) -> Result<Asked, NoData> {
    let address = connection.address.as_ref().ok_or_else(|| NoData::NoProvider(connection.name.to_string()))?;
    let text = query(ask, asking)?;
    let missing =
        |what: &str| NoData::NotAsked(format!("no {what} is named, neither by the metric nor by the connection"));
    let asked = match &ask.language {
        InfluxLanguage::InfluxQl { database } => {
            let database = database.as_deref().or(settings.database.as_deref()).ok_or_else(|| missing("database"))?;
            let mut url = address.below(&["query"]);
            url.query_pairs_mut().append_pair("db", database).append_pair("epoch", "ms").append_pair("q", &text);
            Asked::get(url)
        }
        InfluxLanguage::Flux { organization } => {
            let organization = organization.as_deref().or(settings.organization.as_deref());
            let mut url = address.below(&["api", "v2", "query"]);
            url.query_pairs_mut().append_pair("org", organization.ok_or_else(|| missing("organization"))?);
            let mut asked = Asked::post(url, "application/vnd.flux", text);
            asked.headers.push((ACCEPT, HeaderValue::from_static("application/csv")));
            asked
        }
    };
    Ok(Asked { most: MOST_BYTES, ..asked })
}
