//! A question to a system outside: to which, over how long, and what.

use super::cloudwatch::AskCloudWatch;
use super::datadog::AskDatadog;
use super::exec::AskExec;
use super::graphite::AskGraphite;
use super::influx::AskInflux;
use super::prometheus::AskPrometheus;
use super::web::AskWeb;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// A metric's question to a system outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The connection of the server's settings that is asked; `None` is the one called like the kind.
    pub connection: Option<Arc<str>>,
    /// Another address than that of the connection. It may lead only to where the settings allow it.
    pub address: Option<Arc<str>>,
    /// Over how long it looks back of itself.
    pub window: Duration,
    /// What is asked, in the system's own language.
    pub ask: Ask,
}

impl Query {
    /// The name of the connection that is asked.
    #[must_use]
    pub fn connection(&self) -> &str {
        self.connection.as_deref().unwrap_or(self.ask.kind())
    }
}

/// What is asked, by the kind of the system. The placeholders in each are known to be ones that are filled.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// PromQL: Prometheus itself, Mimir, Thanos and others that speak its query API.
    Prometheus(AskPrometheus),
    /// Amazon CloudWatch.
    CloudWatch(AskCloudWatch),
    /// Datadog.
    Datadog(AskDatadog),
    /// A command of the server's own machine, which the settings allow.
    Exec(AskExec),
    /// Graphite, and what speaks its render API.
    Graphite(AskGraphite),
    /// InfluxDB.
    Influx(AskInflux),
    /// Any endpoint that answers in JSON.
    Web(AskWeb),
}

impl Ask {
    /// The word for the kind in documents and settings.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Prometheus(_) => "prometheus",
            Self::CloudWatch(_) => "cloudwatch",
            Self::Datadog(_) => "datadog",
            Self::Exec(_) => "exec",
            Self::Graphite(_) => "graphite",
            Self::Influx(_) => "influxdb",
            Self::Web(_) => "web",
        }
    }

    /// Whether it can be asked for the candidate and for the control.
    #[must_use]
    pub fn tells_variants(&self) -> bool {
        match self {
            Self::Prometheus(ask) => ask.tells_variants(),
            Self::CloudWatch(ask) => ask.tells_variants(),
            Self::Datadog(ask) => ask.tells_variants(),
            Self::Exec(ask) => ask.tells_variants(),
            Self::Graphite(ask) => ask.tells_variants(),
            Self::Influx(ask) => ask.tells_variants(),
            Self::Web(ask) => ask.tells_variants(),
        }
    }

    /// Whether it looks back as long as it is told to.
    #[must_use]
    pub fn any_window(&self) -> bool {
        match self {
            Self::Prometheus(ask) => ask.any_window(),
            // It is asked over any time, and of each query there is one value for all of it.
            Self::Datadog(_) => true,
            // It is asked for whole periods.
            Self::CloudWatch(_) => false,
            Self::Exec(ask) => ask.any_window(),
            Self::Graphite(ask) => ask.any_window(),
            Self::Influx(ask) => ask.any_window(),
            Self::Web(ask) => ask.any_window(),
        }
    }

    /// Below how many samples it has no data, where its answer is counted from samples: then the groups can be put
    /// to a test.
    #[must_use]
    pub const fn counts(&self) -> Option<u64> {
        match self {
            Self::Prometheus(ask) => ask.counts(),
            // These tell how many samples a value rests on, and not how many of them went badly.
            Self::CloudWatch(_)
            | Self::Datadog(_)
            | Self::Exec(_)
            | Self::Graphite(_)
            | Self::Influx(_)
            | Self::Web(_) => None,
        }
    }

    /// What is asked, as the plan has it: for people, and for the ledger.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Prometheus(ask) => ask.text(),
            Self::CloudWatch(ask) => ask.text(),
            Self::Datadog(ask) => ask.text(),
            Self::Exec(ask) => ask.text(),
            Self::Graphite(ask) => ask.text(),
            Self::Influx(ask) => ask.text(),
            Self::Web(ask) => ask.text(),
        }
    }
}
