//! The systems that metrics are asked from, as the settings name them.

use crate::config::Settings;
use crate::measure::{ConnectionKind, ConnectionSettings, Connections, FetcherSettings, PrometheusConnection};
use std::sync::Arc;

/// What metrics may be asked from. The server that is named alone is the connection `prometheus`.
#[must_use]
pub fn connections(settings: &Settings) -> Connections {
    let alone = settings.prometheus.clone().map(|address| ConnectionSettings {
        name: Arc::from("prometheus"),
        address: Some(address),
        fetch: FetcherSettings::default(),
        kind: ConnectionKind::Prometheus(PrometheusConnection::default()),
    });
    let all = settings.connections.iter().cloned().chain(alone).collect();
    Connections::new(all, settings.metric_addresses.clone())
}
