//! The full driver: real controllers over a virtual world, under people, alerts, faults, restarts and
//! zombies by dice.

mod answers;
mod moods;
mod people;
mod plans;
mod processes;
mod promises;
mod settled;

use crate::book::{Book, DiskMood, SLOTS, Shared, StoreMood, open};
use crate::database::Database;
use crate::dice::Dice;
use crate::history::millis;
use crate::process::{ORIGIN, Slot, catalog};
use crate::served::Served;
use crate::shape::{FLAGS, Shape};
use crate::truth::{MetricsMood, Truth};
use crate::violation::{Failure, Kept, Violation};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tidegate::flag::Catalog;
use tidegate::telemetry::Metrics;
use tidegate::units::RolloutName;

/// How many things happen to one seed's world, the checks apart.
const STEPS: u64 = 80;

/// With several processes at work none runs ahead of the others by more than this.
const SLICE: u64 = 200;

/// And by no more than this part of a check interval, where that is longer.
const SLICES_OF_AN_INTERVAL: u64 = 8;

/// How long closing may take: no time at all, but for the trigger's way through the tasks.
const AT_ONCE: u64 = 2;

/// Whatever a lane waits for, it waits less than this beyond its check intervals.
const PATIENCE: u64 = 40_000;

/// What every process of every seed may share: it decides nothing.
pub struct Tools {
    metrics: Metrics,
    catalog: Catalog,
}

impl Tools {
    pub fn new() -> Self {
        let live = tidegate::live::Live::new(tidegate::eval::Snapshot::empty(tidegate::eval::Bucketing::V3));
        Self { metrics: Metrics::new(Arc::new(live)).unwrap(), catalog: catalog() }
    }
}

pub fn run(seed: u64, tools: &Tools) -> Result<Kept, Failure> {
    if let Ok(kept) = World::new(seed, tools, false).run() {
        return Ok(kept);
    }
    // Once more, and this time everything is told.
    let mut world = World::new(seed, tools, true);
    world.steps();
    let mut book = open(&world.book);
    let fallback = Violation::new("replay", "it failed, and did not when it was repeated");
    let violation = book.violation.take().unwrap_or(fallback);
    Err(Failure { driver: "full", seed, events: book.events, violation, trace: book.trace.take().unwrap_or_default() })
}

struct World<'t> {
    tools: &'t Tools,
    dice: Dice,
    book: Shared,
    slots: Vec<Slot>,
    /// The slot whose process has the lease: people and alerts come here.
    holder: usize,
    world: u64,
    next_process: u32,
    next_door: u64,
    next_revision: u64,
    rollouts: Vec<(RolloutName, String)>,
    unit: u64,
}

impl<'t> World<'t> {
    fn new(seed: u64, tools: &'t Tools, tells: bool) -> Self {
        let mut dice = Dice::new(seed);
        let slots: Vec<Slot> = (0..SLOTS).map(|_| Slot::new()).collect();
        let book = Book {
            disks: slots.iter().map(|slot| Arc::clone(&slot.disk)).collect(),
            dice: dice.fork(),
            database: Database::default(),
            late: Default::default(),
            store_moods: [StoreMood::Fine; SLOTS],
            disk_moods: [DiskMood::Fine; SLOTS],
            metrics_mood: MetricsMood::Fine,
            shapes: BTreeMap::new(),
            salts: BTreeMap::new(),
            truths: BTreeMap::new(),
            histories: Default::default(),
            served: Served::new(),
            asked: BTreeMap::new(),
            promises: Vec::new(),
            live_since: BTreeMap::new(),
            slice: 0,
            told: BTreeMap::new(),
            reported: BTreeMap::new(),
            violation: None,
            reached: Default::default(),
            events: 0,
            trace: tells.then(Vec::new),
        };
        let mut world = Self {
            tools,
            dice,
            book: Arc::new(Mutex::new(book)),
            slots,
            holder: 0,
            world: 0,
            next_process: 1,
            next_door: 1,
            next_revision: 1,
            rollouts: Vec::new(),
            unit: 0,
        };
        world.prepare();
        world
    }

    /// One to three rollouts, of which two may want the same flag.
    fn prepare(&mut self) {
        for number in 0..self.dice.of(&[1, 2, 2, 3, 3]) {
            // Mostly they want the same one.
            let flag = self.dice.of(&[FLAGS[0], FLAGS[1], FLAGS[1]]);
            let name = format!("r{number}");
            let shape = self.shape(&name, flag);
            let every = millis(shape.waves[0].every);
            self.unit = self.unit.max(every);
            let slice = SLICE.max(every / SLICES_OF_AN_INTERVAL);
            let mut book = open(&self.book);
            book.slice = if number == 0 { slice } else { book.slice.min(slice) };
            drop(book);
            self.rollouts.push((shape.name.clone(), shape.text.clone()));
        }
        let until = self.unit * STEPS * 4;
        for flag in FLAGS {
            let truth = Truth::by_dice(&mut self.dice, self.unit, until);
            open(&self.book).truths.insert(flag.to_owned(), truth);
        }
    }

    fn shape(&mut self, name: &str, flag: &str) -> Arc<Shape> {
        let now = ORIGIN + i64::try_from(self.world).unwrap();
        let shape = Shape::by_dice(&mut self.dice, name, flag, self.next_revision, now);
        self.next_revision += 1;
        self.known(shape)
    }

    fn known(&self, shape: Shape) -> Arc<Shape> {
        let shape = Arc::new(shape);
        let mut book = open(&self.book);
        book.note(|| shape.text.clone());
        book.shapes.insert(shape.text.clone(), Arc::clone(&shape));
        book.salts.insert(shape.salt.clone(), Arc::clone(&shape));
        shape
    }

    fn run(mut self) -> Result<Kept, Violation> {
        self.steps();
        for slot in &mut self.slots {
            if let Some(process) = slot.process.take() {
                process.kill();
            }
        }
        let mut book = open(&self.book);
        match book.violation.take() {
            Some(violation) => Err(violation),
            None => Ok(Kept { events: book.events, ledger: book.database.bytes(), reached: book.reached }),
        }
    }

    fn broken(&self) -> bool {
        open(&self.book).violation.is_some()
    }

    fn note(&self, told: impl FnOnce() -> String) {
        let world = self.world;
        open(&self.book).note(|| format!("{world:>9} {}", told()));
    }

    fn steps(&mut self) {
        self.boot(0);
        for index in 0..self.rollouts.len() {
            self.apply(index);
        }
        self.pass(50);
        for _ in 0..STEPS {
            if self.broken() {
                return;
            }
            open(&self.book).events += 1;
            self.step();
            self.look();
        }
        if !self.broken() {
            self.settle_down();
        }
    }

    fn step(&mut self) {
        let span = match self.dice.below(10) {
            0 => 0,
            1 => self.dice.between(1, 5),
            2 | 3 => self.dice.between(1, 2_000),
            4..7 => self.dice.between(1, self.unit),
            _ => self.dice.between(self.unit, self.unit * 6),
        };
        self.pass(span);
        match self.dice.below(100) {
            0..36 => self.person(),
            36..46 => self.alerts(),
            46..51 => self.reports(),
            51..56 => self.plan(),
            56..58 => self.definitions(),
            58..68 => self.store_mood(),
            68..74 => self.metrics_mood(),
            74..77 => self.disk_mood(),
            77..80 => self.clock(),
            80..88 => self.restart(),
            88..92 => self.lose_lease(),
            92..96 => self.wake_zombie(),
            _ => {}
        }
    }
}
