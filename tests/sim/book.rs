//! What is really so: the book that the simulator keeps of everything that was seen, said and stored, and
//! in which the first broken promise is written down.

use crate::database::Database;
use crate::dice::Dice;
use crate::history::Histories;
use crate::seat::Disk;
use crate::served::Served;
use crate::shape::Shape;
use crate::truth::{MetricsMood, Truth};
use crate::violation::{Reached, Violation};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tidegate::controller::Verb;
use tidegate::store::Change;
use tidegate::units::RolloutName;

/// The places where a process can run: each has a disk of its own.
pub const SLOTS: usize = 3;

/// How a process gets on with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreMood {
    Fine,
    Rough,
    Away,
    Hanging,
    Forgetful,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskMood {
    Fine,
    Failing,
    Hanging,
}

/// Something that was asked of the controller and is not answered yet.
#[derive(Debug, Clone)]
pub struct Asked {
    pub process: u32,
    pub world: u64,
    pub what: String,
}

/// One closing that was answered as durable.
#[derive(Debug, Clone)]
pub struct Promise {
    pub slot: usize,
    pub rollout: RolloutName,
    pub attempt: u32,
}

#[derive(Debug)]
pub struct Book {
    pub dice: Dice,
    pub database: Database,
    /// Commits that the store carries out later, when nobody waits for them any more.
    pub late: VecDeque<(u64, u32, u64, Change)>,
    pub disks: Vec<Arc<Disk>>,
    pub store_moods: [StoreMood; SLOTS],
    pub disk_moods: [DiskMood; SLOTS],
    pub metrics_mood: MetricsMood,
    /// Every plan that was ever applied, by its text.
    pub shapes: BTreeMap<String, Arc<Shape>>,
    /// The same by their salts, of which each plan has its own.
    pub salts: BTreeMap<String, Arc<Shape>>,
    pub truths: BTreeMap<String, Truth>,
    pub histories: Histories,
    pub served: Served,
    pub asked: BTreeMap<u64, Asked>,
    pub promises: Vec<Promise>,
    /// Since when a process has had a rollout in a wave, as far as that was seen.
    pub live_since: BTreeMap<(u32, RolloutName, u32, u32), u64>,
    /// By so much one process's world may be behind another's.
    pub slice: u64,
    /// How often people gave each command.
    pub told: BTreeMap<(RolloutName, &'static str), u64>,
    /// What people reported to each rollout: how many, by the report's identity.
    pub reported: BTreeMap<RolloutName, BTreeMap<u64, u64>>,
    pub violation: Option<Violation>,
    pub reached: Reached,
    pub events: u64,
    pub trace: Option<Vec<String>>,
}

pub type Shared = Arc<Mutex<Book>>;

/// Nobody panics while he holds the book, except to end the run.
pub fn open(book: &Shared) -> MutexGuard<'_, Book> {
    book.lock().unwrap()
}

impl Book {
    pub fn broken(&mut self, invariant: &'static str, what: impl Into<String>) {
        let violation = Violation::new(invariant, what);
        self.note(|| format!("BROKEN {invariant}: {}", violation.what));
        self.violation.get_or_insert(violation);
    }

    pub fn note(&mut self, told: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(told());
        }
    }

    pub fn shape(&self, text: &str) -> Option<Arc<Shape>> {
        self.shapes.get(text).cloned()
    }

    /// The plan that is stored for a rollout.
    pub fn stored_shape(&self, rollout: &RolloutName) -> Option<Arc<Shape>> {
        self.shape(&self.database.records.get(rollout)?.plan.text)
    }

    pub fn was_told(&mut self, rollout: &RolloutName, verb: Verb) {
        *self.told.entry((rollout.clone(), verb.as_str())).or_default() += 1;
    }

    pub fn told(&self, rollout: &RolloutName, verb: Verb) -> u64 {
        self.told.get(&(rollout.clone(), verb.as_str())).copied().unwrap_or(0)
    }
}
