//! A question to a system outside: to which, over how long, and what.

use super::prometheus::AskPrometheus;
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
}

impl Ask {
    /// The word for the kind in documents and settings.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Prometheus(_) => "prometheus",
        }
    }

    /// Whether it can be asked for the candidate and for the control.
    #[must_use]
    pub fn tells_variants(&self) -> bool {
        match self {
            Self::Prometheus(ask) => ask.tells_variants(),
        }
    }

    /// Whether it looks back as long as it is told to.
    #[must_use]
    pub fn any_window(&self) -> bool {
        match self {
            Self::Prometheus(ask) => ask.any_window(),
        }
    }

    /// Below how many samples it has no data, where its answer is counted from samples: then the groups can be put
    /// to a test.
    #[must_use]
    pub const fn counts(&self) -> Option<u64> {
        match self {
            Self::Prometheus(ask) => ask.counts(),
        }
    }

    /// What is asked, as the plan has it: for people, and for the ledger.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Prometheus(ask) => ask.text(),
        }
    }
}
