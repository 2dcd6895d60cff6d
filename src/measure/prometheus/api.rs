//! Prometheus' query API over HTTP.

use super::answer;
use crate::analysis::NoData;
use crate::measure::connections::{Address, Connection, ConnectionKind, PrometheusConnection};
use crate::measure::fetch::{Answer, Asked};
use crate::units::UnixMillis;
use reqwest::{StatusCode, Url};
use tokio::time::Instant;

/// Queries longer than this are sent as a form: proxies do not take longer addresses everywhere.
const LONGEST_IN_ADDRESS: usize = 1_500;

/// A Prometheus, and until when it is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Api<'c> {
    connection: &'c Connection,
    address: &'c Address,
    pub(super) settings: &'c PrometheusConnection,
    pub(super) deadline: Instant,
}

impl<'c> Api<'c> {
    /// # Errors
    /// When the connection has no address.
    pub(super) fn new(connection: &'c Connection, deadline: Instant) -> Result<Self, NoData> {
        let ConnectionKind::Prometheus(settings) = &connection.kind else {
            return Err(NoData::NoProvider(connection.name.to_string()));
        };
        let address = connection.address.as_ref().ok_or_else(|| NoData::NoProvider(connection.name.to_string()))?;
        Ok(Self { connection, address, settings, deadline })
    }

    /// What an instant query says, at its own present when no moment is named.
    pub(super) async fn instant(&self, query: &str, at: Option<UnixMillis>, most: usize) -> Result<Answer, NoData> {
        let at = at.map(seconds);
        let mut pairs = vec![("query", query)];
        pairs.extend(at.as_deref().map(|at| ("time", at)));
        self.ask("query", &pairs, most).await
    }

    /// What a range query says.
    pub(super) async fn range(
        &self,
        query: &str,
        (from, until, step): (UnixMillis, UnixMillis, std::time::Duration),
        most: usize,
    ) -> Result<Answer, NoData> {
        let (from, until, step) = (seconds(from), seconds(until), step.as_secs_f64().to_string());
        let pairs = [("query", query), ("start", from.as_str()), ("end", until.as_str()), ("step", step.as_str())];
        self.ask("query_range", &pairs, most).await
    }

    async fn ask(&self, endpoint: &str, pairs: &[(&str, &str)], most: usize) -> Result<Answer, NoData> {
        let mut url = self.address.below(&["api", "v1", endpoint]);
        let form = encoded(pairs);
        let asked = if form.len() > LONGEST_IN_ADDRESS {
            Asked::post(url, "application/x-www-form-urlencoded", form)
        } else {
            url.set_query(Some(&form));
            Asked::get(url)
        };
        let answer = self.connection.fetcher.fetch(Asked { most, ..asked }, self.deadline).await?;
        match answer.status {
            StatusCode::OK => Ok(answer),
            _ => Err(refused(&answer)),
        }
    }
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    // Any address will do: only what is put behind it is taken.
    let Ok(mut url) = Url::parse("http://h/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

/// Unix seconds with their milliseconds.
fn seconds(at: UnixMillis) -> String {
    let millis = at.get();
    let whole = millis.div_euclid(1_000);
    format!("{whole}.{:03}", millis.rem_euclid(1_000))
}

fn refused(answer: &Answer) -> NoData {
    let status = answer.status;
    if let Some(message) = answer::error_message(&answer.body) {
        return NoData::Refused(format!("HTTP {}: {message}", status.as_u16()));
    }
    NoData::Refused(match status.is_redirection() {
        true => format!("HTTP {}: redirects are not followed, give the final address", status.as_u16()),
        false => format!("HTTP {status}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_seconds() {
        for (millis, text) in [(0, "0.000"), (1_700_000_000_123, "1700000000.123"), (-1, "-1.999"), (1_050, "1.050")] {
            assert_eq!(seconds(UnixMillis::new(millis)), text);
        }
    }

    #[test]
    fn queries_are_encoded() {
        assert_eq!(
            encoded(&[("query", "a{b=\"c\"} > 1 & 2"), ("time", "1.5")]),
            "query=a%7Bb%3D%22c%22%7D+%3E+1+%26+2&time=1.5"
        );
    }
}
