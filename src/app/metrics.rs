//! The systems that metrics are asked from, as the settings name them.

use crate::config::Settings;
use crate::measure::{
    ConnectionKind, ConnectionSettings, Connections, FetcherSettings, Outcomes, PrometheusConnection, Providers,
};
use std::sync::Arc;

/// What metrics may be asked from. The server that is named alone is the connection `prometheus`.
#[must_use]
pub(super) fn connections(settings: &Settings) -> Connections {
    let alone = settings.prometheus.clone().map(|address| ConnectionSettings {
        name: Arc::from("prometheus"),
        address: Some(address),
        fetch: FetcherSettings::default(),
        kind: ConnectionKind::Prometheus(PrometheusConnection::default()),
    });
    let all = settings.connections.iter().cloned().chain(alone).collect();
    Connections::new(all, settings.metric_addresses.clone())
}

/// The providers of metrics that settings name, without a server around them: nothing is posted here.
#[must_use]
pub fn metric_providers(settings: &Settings) -> Providers {
    Providers::new(Arc::new(Outcomes::new()), connections(settings))
}
