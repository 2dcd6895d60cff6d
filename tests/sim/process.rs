//! A process: the real controller with all its lanes, the real publisher and the real served snapshot, on
//! a runtime of its own. It can be driven, frozen, and ended at any millisecond.

use crate::book::{Shared, open};
use crate::seat::{Disk, Gauges, Journal, Seat, Session};
use crate::shape::{ALL_FLAGS, DEFINITIONS};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tidegate::clock::Clock;
use tidegate::controller::{Controller, World};
use tidegate::eval::{Bucketing, Snapshot};
use tidegate::flag::{Catalog, lower};
use tidegate::live::Live;
use tidegate::publish::Publisher;
use tidegate::source::{Format, parse};
use tidegate::telemetry::Metrics;
use tidegate::units::UnixMillis;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, advance, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// The world's beginning on a clock that nobody set.
pub const ORIGIN: i64 = 1_780_000_000_000;

/// How long a process that does not come up is waited for before it is ended.
const BOOTS_WITHIN: Duration = Duration::from_secs(10);

pub struct Process {
    pub seat: Arc<Seat>,
    pub controller: Controller,
    pub publisher: Arc<Publisher>,
    pub frozen: bool,
    pub born: u64,
    /// When it had come up.
    pub up: u64,
    /// Until when it was frozen last.
    pub thawed: u64,
    runtime: Runtime,
}

/// What processes of one slot have in common.
pub struct Slot {
    pub disk: Arc<Disk>,
    /// What its clock shows more than the world's, in milliseconds.
    pub shift: &'static AtomicI64,
    pub process: Option<Process>,
}

pub fn catalog() -> Catalog {
    let mut catalog = Catalog::new();
    let parsed = parse("flags.yaml", DEFINITIONS.as_bytes(), Format::Yaml);
    catalog.update("flags.yaml", parsed.and_then(|parsed| lower(&parsed)));
    catalog
}

impl Process {
    /// A process that takes up what is stored; none when the store does not let it.
    pub fn boot(
        id: u32,
        slot: usize,
        place: &Slot,
        book: &Shared,
        metrics: &Metrics,
        catalog: &Catalog,
        world: u64,
    ) -> Option<Self> {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let booted = runtime.block_on(async {
            let live = Arc::new(Live::new(Snapshot::empty(Bucketing::V3)));
            let publisher = Arc::new(Publisher::new(Arc::clone(&live), Bucketing::V3));
            publisher.definitions(catalog);
            let seat = Arc::new(Seat::new(id, slot, Arc::clone(book), live, world));
            let now = ORIGIN + i64::try_from(world).unwrap();
            let controller_world = World {
                store: Arc::new(Session(Arc::clone(&seat))),
                journal: Some(Arc::new(Journal(Arc::clone(&seat), Arc::clone(&place.disk)))),
                publisher: Arc::clone(&publisher),
                readings: Arc::new(Gauges(Arc::clone(&seat))),
                metrics: metrics.clone(),
                clock: Clock::adjustable(UnixMillis::new(now), place.shift),
            };
            let recovered =
                timeout(BOOTS_WITHIN, Controller::recover(controller_world, CancellationToken::new())).await;
            let (controller, unreadable) = recovered.ok()?.ok()?;
            assert!(unreadable.is_empty(), "{unreadable:?}");
            open(book).look(id, &seat.live, &ALL_FLAGS);
            // Only in here the time is that of the simulation.
            let up = seat.world();
            Some((seat, controller, publisher, up))
        });
        let Some((seat, controller, publisher, up)) = booted else {
            runtime.shutdown_background();
            return None;
        };
        Some(Self { seat, controller, publisher, frozen: false, born: world, up, thawed: world, runtime })
    }

    /// Lets it run until the world is there.
    pub fn drive(&mut self, world: u64) {
        if !self.frozen {
            let until = self.seat.moment(world);
            self.runtime.block_on(async { sleep_until(until).await });
        }
    }

    /// Goes on after a freeze: for the process everything that was due meanwhile is due at this moment.
    pub fn thaw(&mut self, world: u64) {
        self.frozen = false;
        self.thawed = world;
        let until = self.seat.moment(world);
        self.runtime.block_on(async { advance(until.saturating_duration_since(Instant::now())).await });
    }

    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(self.runtime.spawn(work));
    }

    /// Ends it without a word, at whatever it was doing.
    pub fn kill(self) {
        drop(self.controller);
        self.runtime.shutdown_background();
    }
}

impl Slot {
    pub fn new() -> Self {
        Self { disk: Arc::default(), shift: Box::leak(Box::new(AtomicI64::new(0))), process: None }
    }

    pub fn set_clock(&self, by: i64) {
        self.shift.fetch_add(by, Ordering::Relaxed);
    }
}
