//! A control door alone: over a store of the test's own, within limits of the test's own.

use super::evaluation_door::snapshot;
use super::scripted_store::ScriptedStore;
use std::net::SocketAddr;
use std::sync::Arc;
use tidegate::clock::Clock;
use tidegate::config::Secret;
use tidegate::controller::{Controller, World};
use tidegate::eval::Bucketing;
use tidegate::http::Gate;
use tidegate::http::api::{Api, Intake, Limits, serve_within};
use tidegate::live::Live;
use tidegate::measure::{Connections, Outcomes, Providers};
use tidegate::publish::Publisher;
use tidegate::source::Problem;
use tidegate::telemetry::Metrics;
use tidegate::triggers::Triggers;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A door that serves until it is dropped.
#[derive(Debug)]
pub(crate) struct BareControl {
    pub(crate) address: SocketAddr,
    shutdown: CancellationToken,
}

impl Drop for BareControl {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// What is special about a door.
#[derive(Debug)]
pub(crate) struct Special {
    pub(crate) store: ScriptedStore,
    pub(crate) limits: Limits,
    pub(crate) problems: Vec<Problem>,
    pub(crate) key: Option<&'static str>,
}

impl Default for Special {
    fn default() -> Self {
        Self { store: ScriptedStore::default(), limits: Limits::USUAL, problems: Vec::new(), key: None }
    }
}

impl BareControl {
    pub(crate) async fn open(special: Special) -> Self {
        let store = Arc::new(special.store);
        let live = Arc::new(Live::new(snapshot(1, "flags: {}")));
        let metrics = Metrics::new(Arc::clone(&live)).unwrap();
        let outcomes = Arc::new(Outcomes::new());
        let clock = Clock::system();
        let world = World {
            store: Arc::clone(&store) as _,
            journal: None,
            publisher: Arc::new(Publisher::new(Arc::clone(&live), Bucketing::V3)),
            readings: Arc::new(Providers::new(Arc::clone(&outcomes), Connections::new(Vec::new(), Vec::new()))),
            metrics: metrics.clone(),
            clock,
        };
        let shutdown = CancellationToken::new();
        let (controller, _) = Controller::recover(world, shutdown.clone()).await.unwrap();
        let key = special.key.map(|key| Secret::new(key).unwrap());
        let triggers = Triggers::new(Vec::new(), controller.clone(), metrics.clone(), clock);
        let api = Api {
            triggers,
            controller,
            live,
            outcomes,
            intake: Intake::default(),
            store,
            metrics,
            problems: watch::channel(Arc::new(special.problems)).1,
            ledger: watch::channel(String::new()).1,
            clock,
            gate: Gate::new(key.as_ref()),
            shutdown: shutdown.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve_within(special.limits, listener, api));
        Self { address, shutdown }
    }
}
