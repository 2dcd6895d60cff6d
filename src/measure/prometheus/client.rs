//! Asking, within bounds of time and size.

use super::address::Address;
use super::answer;
use crate::measure::message::shown;
use crate::analysis::{NoData, Reading};
use crate::units::UnixMillis;
use reqwest::{Client, ClientBuilder, Response, StatusCode, redirect};
use std::error::Error as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The largest answer that is read. One number needs a few hundred bytes.
const LONGEST_ANSWER: usize = 1_000_000;

/// How to ask Prometheus.
#[derive(Debug, Clone)]
pub struct PrometheusSettings {
    /// The server for metrics that name none themselves.
    pub address: Option<Address>,
    /// How long a complete answer may take.
    pub timeout: Duration,
    /// How far its clock, or a cache before it, may be behind.
    pub max_age: Duration,
}

impl Default for PrometheusSettings {
    /// No server, five seconds for an answer, five minutes of age.
    fn default() -> Self {
        Self { address: None, timeout: Duration::from_secs(5), max_age: Duration::from_secs(300) }
    }
}

/// A client of Prometheus' HTTP API, for any number of servers.
#[derive(Debug, Clone)]
pub struct Prometheus {
    /// Made when it is first needed: the certificates that it trusts would take memory of servers that ask nobody.
    http: Arc<OnceLock<Client>>,
    settings: PrometheusSettings,
}

impl Prometheus {
    /// A client; nothing is sent yet.
    #[must_use]
    pub fn new(settings: PrometheusSettings) -> Self {
        Self { http: Arc::default(), settings }
    }

    /// The server for metrics that name none themselves.
    #[must_use]
    pub const fn default_address(&self) -> Option<&Address> {
        self.settings.address.as_ref()
    }

    /// Asks an instant query, already filled, and gives its one value in the query's own unit.
    /// Prometheus evaluates at its own present; `now` is only compared with the time it answers.
    pub async fn read(&self, address: &Address, query: &str, now: UnixMillis) -> Reading {
        match tokio::time::timeout(self.settings.timeout, self.ask(address, query)).await {
            Ok(Ok(body)) => answer::reading(&body, now, self.settings.max_age),
            Ok(Err(why)) => Reading::NoData(why),
            Err(_) => Reading::NoData(NoData::TimedOut(self.settings.timeout)),
        }
    }

    async fn ask(&self, address: &Address, query: &str) -> Result<Vec<u8>, NoData> {
        let http = self.http().map_err(|error| unreachable(address, &error))?;
        let request = http.get(address.instant_query()).query(&[("query", query)]);
        let mut response = request.send().await.map_err(|error| unreachable(address, &error))?;
        let body = body(address, &mut response).await;
        match response.status() {
            StatusCode::OK => body,
            status => Err(refused(status, body.ok().as_deref())),
        }
    }

    fn http(&self) -> Result<&Client, reqwest::Error> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        // Without any CA certificate on the system TLS cannot be set up. Plain HTTP needs none: then
        // nobody is trusted, and only https addresses are out of reach.
        let http = client().build().or_else(|_| client().tls_certs_only([]).build())?;
        Ok(self.http.get_or_init(|| http))
    }
}

/// A redirect would take the credentials, or the question, to where nobody meant them to go.
fn client() -> ClientBuilder {
    let agent = concat!("tidegate/", env!("CARGO_PKG_VERSION"));
    Client::builder().redirect(redirect::Policy::none()).user_agent(agent)
}

async fn body(address: &Address, response: &mut Response) -> Result<Vec<u8>, NoData> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(address, &error))? {
        if body.len().saturating_add(chunk.len()) > LONGEST_ANSWER {
            return Err(NoData::Malformed("over 1 MB, where one number was asked for".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The innermost reason: the outer ones repeat the URL, which holds the query and may hold credentials.
fn unreachable(address: &Address, error: &reqwest::Error) -> NoData {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let why = match error.source() {
        None => "the request could not be made".to_owned(),
        Some(_) => shown(&innermost.to_string()),
    };
    NoData::Unreachable(format!("{address}: {why}"))
}

fn refused(status: StatusCode, body: Option<&[u8]>) -> NoData {
    if let Some(message) = body.and_then(answer::error_message) {
        return NoData::Refused(format!("HTTP {}: {message}", status.as_u16()));
    }
    NoData::Refused(match status.is_redirection() {
        true => format!("HTTP {}: redirects are not followed, give the final address", status.as_u16()),
        false => format!("HTTP {status}"),
    })
}
