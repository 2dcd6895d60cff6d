//! An evaluation door on a free port, with flags given as a document.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tidegate::eval::{Bucketing, Snapshot};
use tidegate::flag::{Catalog, Overlay};
use tidegate::http::evaluation::{EvaluationSettings, serve};
use tidegate::live::Live;
use tidegate::source::{Format, parse};
use tidegate::telemetry::Metrics;
use tidegate::units::{FlagKey, Generation, UnixMillis};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// 2026-01-01T00:00:00Z, the time in every door of these tests.
pub(crate) const NOW_MILLIS: i64 = 1_767_225_600_000;

/// A door that serves until it is dropped.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    pub(crate) live: Arc<Live>,
    pub(crate) metrics: Metrics,
    pub(crate) shutdown: CancellationToken,
    pub(crate) task: JoinHandle<()>,
}

impl Door {
    /// Serves the flags of a YAML document with the usual settings.
    pub(crate) async fn serving(flags: &str) -> Self {
        Self::with(flags, |_| {}).await
    }

    /// Serves the flags of a YAML document; `change` may change the settings.
    pub(crate) async fn with(flags: &str, change: impl FnOnce(&mut EvaluationSettings)) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), flags, change)
    }

    /// The same on a listener that is there already.
    pub(crate) fn on(listener: TcpListener, flags: &str, change: impl FnOnce(&mut EvaluationSettings)) -> Self {
        let live = Arc::new(Live::new(snapshot(1, flags)));
        let metrics = Metrics::new(Arc::clone(&live)).unwrap();
        let mut settings = EvaluationSettings::new(Arc::new(|| UnixMillis::new(NOW_MILLIS)));
        change(&mut settings);
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(serve(listener, Arc::clone(&live), settings, metrics.clone(), shutdown.clone()));
        Self { address, live, metrics, shutdown, task }
    }
}

/// The flags of a YAML document, broken ones included.
pub(crate) fn snapshot(generation: u64, flags: &str) -> Snapshot {
    let parsed = parse("flags.yaml", flags.as_bytes(), Format::Yaml).unwrap();
    let mut catalog = Catalog::new();
    catalog.update("flags.yaml", tidegate::flag::lower(&parsed));
    let overlays: BTreeMap<FlagKey, Overlay> = BTreeMap::new();
    Snapshot::build(Generation::new(generation), catalog.flags(), &overlays, Bucketing::V3, None)
}
