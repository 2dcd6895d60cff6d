//! One system outside.

use super::address::Address;
use crate::analysis::NoData;
use crate::measure::cloudwatch::CloudWatchConnection;
use crate::measure::exec::ExecConnection;
use crate::measure::fetch::{Fetcher, FetcherSettings, redacted};
use crate::measure::graphite::GraphiteConnection;
use crate::measure::influx::InfluxConnection;
use crate::measure::web::WebConnection;
use std::sync::Arc;
use std::time::Duration;

/// A connection of the server's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionSettings {
    /// What plans call it.
    pub name: Arc<str>,
    /// Where it is; kinds that know their address themselves may have none.
    pub address: Option<Address>,
    /// How it is reached.
    pub fetch: FetcherSettings,
    /// What it is.
    pub kind: ConnectionKind,
}

/// What a connection leads to, with what only that kind needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionKind {
    /// Prometheus, or what speaks its query API.
    Prometheus(PrometheusConnection),
    /// Amazon CloudWatch.
    CloudWatch(CloudWatchConnection),
    /// Datadog, whose keys are among the headers.
    Datadog,
    /// An endpoint that answers in JSON.
    Web(WebConnection),
    /// Graphite.
    Graphite(GraphiteConnection),
    /// InfluxDB, whose token is among the headers.
    Influx(InfluxConnection),
    /// Commands of the server's own machine.
    Exec(ExecConnection),
}

impl ConnectionKind {
    /// The word for it in documents and settings.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Prometheus(_) => "prometheus",
            Self::CloudWatch(_) => "cloudwatch",
            Self::Datadog => "datadog",
            Self::Web(_) => "web",
            Self::Graphite(_) => "graphite",
            Self::Influx(_) => "influxdb",
            Self::Exec(_) => "exec",
        }
    }

    /// What an address in a plan leads to when a metric of that kind names it; `None` where an address is not enough.
    #[must_use]
    pub(super) fn at_address(kind: &str) -> Option<Self> {
        match kind {
            "prometheus" => Some(Self::Prometheus(PrometheusConnection::default())),
            "web" => Some(Self::Web(WebConnection::default())),
            "graphite" => Some(Self::Graphite(GraphiteConnection::default())),
            "influxdb" => Some(Self::Influx(InfluxConnection::default())),
            _ => None,
        }
    }
}

/// What is to be known of a Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrometheusConnection {
    /// How far its clock, or a cache before it, may be behind.
    pub max_age: Duration,
    /// How long it takes until a sample can be read: what is counted is counted up to that long ago.
    pub lag: Duration,
}

impl Default for PrometheusConnection {
    /// Five minutes of age, 15 seconds behind.
    fn default() -> Self {
        Self { max_age: Duration::from_secs(300), lag: Duration::from_secs(15) }
    }
}

/// A system outside, and the means to ask it.
#[derive(Debug, Clone)]
pub struct Connection {
    /// What it is called: its name in the settings, or its address.
    pub name: Arc<str>,
    /// Where it is.
    pub address: Option<Address>,
    /// What asks it.
    pub fetcher: Fetcher,
    /// What it is.
    pub kind: ConnectionKind,
}

impl Connection {
    /// A connection that has asked nothing yet.
    #[must_use]
    pub fn new(settings: ConnectionSettings) -> Self {
        let ConnectionSettings { name, address, fetch, kind } = settings;
        Self { name, address, fetcher: Fetcher::new(fetch), kind }
    }

    /// The reason without the secrets of the headers and the address, should the other side have repeated one.
    #[must_use]
    pub fn without_secrets(&self, why: NoData) -> NoData {
        let of_address = self.address.as_ref().map(Address::secrets).unwrap_or_default();
        let of_address: Vec<&str> = of_address.iter().map(String::as_str).collect();
        self.fetcher.without_secrets(redacted(why, &of_address))
    }
}
