//! One Tidegate process: everything wired together, started in order and stopped in order.

use super::exposed;
use super::feed::Feed;
use super::keeper::Keeper;
use super::loader::Loader;
use super::metrics::connections;
use super::open_files;
use super::watch::Watch;
use crate::clock::Clock;
use crate::config::{Settings, StoreChoice};
use crate::controller::{Controller, World};
use crate::eval::Snapshot;
use crate::http::{Gate, api, evaluation};
use crate::live::Live;
use crate::measure::{Outcomes, Providers};
use crate::notify;
use crate::publish::Publisher;
use crate::store::journal::{self, Closings, Journal};
use crate::store::{LedgerCheck, OutcomeStore, Store, StoreError, sqlite};
use crate::telemetry::Metrics;
use crate::triggers::{Triggers, probe};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often the ledger's hash chain is recomputed.
const VERIFY_EVERY: Duration = Duration::from_secs(3_600);

/// How long what goes on is waited for at the end. Answers on their way have five seconds of it.
const QUIET_WITHIN: Duration = Duration::from_secs(8);

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// Where flags are evaluated.
    pub evaluation: SocketAddr,
    /// Where it is controlled.
    pub control: SocketAddr,
    controller: Controller,
    tasks: TaskTracker,
    /// None when nothing is to outlive the process.
    keeper: Option<Arc<Keeper>>,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address is taken or not this machine's.
    #[error("cannot listen on {address} for {purpose}: {source}")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// What for.
        purpose: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The local record of closings cannot be used.
    #[error("{} cannot be used: {source}", place.display())]
    Journal {
        /// Which file.
        place: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The files have problems and `--strict` was asked for.
    #[error("the files have {0} problem(s), and --strict refuses to start with any")]
    Strict(usize),
    /// Tidegate's own metrics cannot be set up.
    #[error("the metrics cannot be set up: {0}")]
    Metrics(#[from] prometheus::Error),
}

impl Server {
    /// Starts a server. When this returns it answers on both doors, every flag that is right is served,
    /// and every rollout stands where it stood.
    ///
    /// # Errors
    /// When it cannot: nothing keeps running then.
    pub async fn start(settings: &Settings, clock: Clock, shutdown: CancellationToken) -> Result<Self, StartError> {
        // The doors first: a second server on the same ports must not touch the first one's data.
        let evaluation = bind(settings.evaluation.address, "evaluation").await?;
        let control = bind(settings.control.address, "control").await?;
        let Opened { store, outcomes: kept, journal } = open_store(&settings.store).await?;
        let live = Arc::new(Live::new(Snapshot::empty(settings.bucketing)));
        let publisher = Arc::new(Publisher::new(Arc::clone(&live), settings.bucketing).by(clock));
        let metrics = Metrics::new(Arc::clone(&live))?;
        let outcomes = Arc::new(Outcomes::new());
        let readings = Arc::new(Providers::new(Arc::clone(&outcomes), connections(settings)));
        let keeper = kept.map(|kept| Keeper::new(kept, Arc::clone(&outcomes), Arc::clone(&live), clock));
        if let Some(keeper) = &keeper {
            // Before the rollouts are taken up: the first check may come at once.
            keeper.restore_outcomes().await;
        }

        let watch = Watch::new(&settings.paths);
        let loader = first_look(settings)?;
        publisher.definitions(loader.catalog());
        let world = World {
            store: Arc::clone(&store),
            journal,
            publisher: Arc::clone(&publisher),
            readings,
            metrics: metrics.clone(),
            clock,
        };
        let (controller, unreadable) = Controller::recover(world, shutdown.clone()).await?;
        for rollout in &unreadable {
            tracing::error!(rollout = %rollout.rollout, why = rollout.why, "a stored rollout cannot be taken up");
        }
        let tasks = TaskTracker::new();
        if let Some(keeper) = &keeper {
            keeper.restore_served().await;
            tasks.spawn(Arc::clone(keeper).run(shutdown.clone()));
        }
        let feed = Feed::new(loader, publisher, controller.clone(), metrics.clone(), unreadable);
        let problems = feed.problems();
        let first = feed.announce().await;
        watch.wake_by_signal(shutdown.clone());
        tasks.spawn(first.run(watch, shutdown.clone()));
        tasks.spawn(notify::deliver(Arc::clone(&store), clock, controller.changes(), shutdown.clone()));
        let counted =
            exposed::count(Arc::clone(&live), Arc::clone(&outcomes), metrics.clone(), clock, shutdown.clone());
        tasks.spawn(counted);
        let (verified, ledger) = watch::channel("not verified yet".to_owned());
        tasks.spawn(verify_ledger(Arc::clone(&store), verified, shutdown.clone()));

        let server = Self {
            evaluation: local(&evaluation, settings.evaluation.address),
            control: local(&control, settings.control.address),
            controller: controller.clone(),
            tasks,
            keeper,
        };
        let door = evaluation_door(settings, clock);
        server.tasks.spawn(evaluation::serve(evaluation, Arc::clone(&live), door, metrics.clone(), shutdown.clone()));
        let triggers = Triggers::new(settings.triggers.clone(), controller.clone(), metrics.clone(), clock);
        for desk in triggers.desks() {
            server.tasks.spawn(probe::watch(triggers.clone(), Arc::clone(desk), shutdown.clone()));
        }
        let state = api::Api {
            triggers,
            controller,
            live,
            metrics,
            outcomes,
            intake: api::Intake::default(),
            store,
            problems,
            ledger,
            clock,
            gate: Gate::new(settings.control.key.as_ref()),
            shutdown,
        };
        server.tasks.spawn(api::serve(control, state));
        Ok(server)
    }

    /// The rollouts of this server.
    #[must_use]
    pub const fn controller(&self) -> &Controller {
        &self.controller
    }

    /// Waits until everything has stopped, after the token given at the start was cancelled, and keeps what was counted
    /// last. What hangs is waited for only so long that there is time left for that.
    pub async fn stopped(&self) {
        let all = async {
            self.controller.stopped().await;
            self.tasks.close();
            self.tasks.wait().await;
        };
        if timeout(QUIET_WITHIN, all).await.is_err() {
            tracing::warn!("not everything stopped within {}s", QUIET_WITHIN.as_secs());
        }
        if let Some(keeper) = &self.keeper {
            // Nothing comes in any more.
            if let Err(lost) = keeper.keep_last().await {
                tracing::error!("{lost}");
            }
        }
    }
}

/// The files as they are when the server starts.
fn first_look(settings: &Settings) -> Result<Loader, StartError> {
    let mut loader = Loader::new(settings.paths.clone());
    loader.look();
    let problems = loader.problems().len();
    if settings.strict && problems > 0 {
        for problem in loader.problems() {
            tracing::error!("{problem}");
        }
        return Err(StartError::Strict(problems));
    }
    Ok(loader)
}

/// Evaluations get half of the open files that the system allows, and streams half of those connections: an
/// alert is heard however many applications ask, and a flag is evaluated however many pages listen.
fn evaluation_door(settings: &Settings, clock: Clock) -> evaluation::EvaluationSettings {
    let mut door = evaluation::EvaluationSettings::new(Arc::new(move || clock.now()));
    door.gate = Gate::new(settings.evaluation.key.as_ref());
    door.threads = std::thread::available_parallelism().map_or(1, usize::from);
    door.origins = settings.cors_origins.clone();
    if let Some(files) = open_files::allowed() {
        door.limits.connections = door.limits.connections.min(files / 2);
    }
    let wanted = settings.event_streams.unwrap_or(door.events.most);
    door.events.most = wanted.min(door.limits.connections / 2);
    if door.events.most < wanted {
        let connections = door.limits.connections;
        tracing::warn!(
            event_streams = door.events.most,
            wanted,
            connections,
            "fewer event streams than wanted: at most half of the connections, for which at most half of the open \
             files are there (LimitNOFILE)"
        );
    }
    door
}

async fn bind(address: SocketAddr, purpose: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Bind { address, purpose, source })
}

fn local(listener: &TcpListener, asked: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(asked)
}

/// What is kept, and where.
struct Opened {
    store: Arc<dyn Store>,
    /// None when nothing is to outlive the process.
    outcomes: Option<Arc<dyn OutcomeStore>>,
    journal: Option<Arc<dyn Closings>>,
}

async fn open_store(choice: &StoreChoice) -> Result<Opened, StartError> {
    match choice {
        StoreChoice::Ephemeral => {
            Ok(Opened { store: Arc::new(sqlite::ephemeral().await?), outcomes: None, journal: None })
        }
        StoreChoice::Folder(folder) => {
            let store = Arc::new(sqlite::open(folder).await?);
            let journal = open_journal(folder)?;
            let outcomes: Arc<dyn OutcomeStore> = Arc::clone(&store) as _;
            Ok(Opened { store, outcomes: Some(outcomes), journal: Some(Arc::new(journal)) })
        }
    }
}

fn open_journal(folder: &Path) -> Result<Journal, StartError> {
    let place = folder.join(journal::FILE_NAME);
    Journal::open(&place).map_err(|source| StartError::Journal { place, source })
}

/// Recomputes the ledger's hash chain at the start and then every hour, beside the serving.
async fn verify_ledger(store: Arc<dyn Store>, verified: watch::Sender<String>, shutdown: CancellationToken) {
    loop {
        let found = match store.verify().await {
            Ok(LedgerCheck::Sound { rows }) => format!("sound, {rows} rows"),
            Ok(broken @ LedgerCheck::Broken { .. }) => {
                tracing::error!("{broken}");
                broken.to_string()
            }
            Err(error) => {
                tracing::error!(%error, "the ledger could not be verified");
                error.to_string()
            }
        };
        verified.send_replace(found);
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = sleep(VERIFY_EVERY) => {}
        }
    }
}
