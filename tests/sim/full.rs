//! The full driver: real controllers over a virtual world, under people, alerts, faults, restarts and
//! zombies by dice.

use crate::book::{Asked, Book, DiskMood, Promise, SLOTS, Shared, StoreMood, open};
use crate::database::Database;
use crate::dice::Dice;
use crate::history::{live, millis};
use crate::lean::{JUMPS, Phase};
use crate::process::{ORIGIN, Process, Slot, catalog};
use crate::served::Served;
use crate::shape::{FLAGS, Shape};
use crate::truth::{MetricsMood, Truth};
use crate::violation::{Failure, Kept, Violation};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidegate::analysis::Alert;
use tidegate::controller::{Addressee, AlertAnswer, CommandError, PostAnswer, Posting, Verb, View};
use tidegate::flag::Catalog;
use tidegate::rollout::{Attachments, PostedEvent, State};
use tidegate::source::Format;
use tidegate::store::{Origin, PlanSource};
use tidegate::telemetry::Metrics;
use tidegate::units::RolloutName;
use tokio::time::sleep;

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
        for number in 0..self.dice.between(1, 3) {
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

    // --- what happens ---

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

    fn rollout(&mut self) -> (RolloutName, String) {
        let index = usize::try_from(self.dice.below(self.rollouts.len() as u64)).unwrap();
        self.rollouts[index].clone()
    }

    fn view(&self, slot: usize, name: &RolloutName) -> Option<View> {
        let process = self.slots[slot].process.as_ref()?;
        process.controller.get(name.as_str())
    }

    /// The slot that is spoken to: mostly the holder, sometimes one that was it before.
    fn addressed(&mut self) -> usize {
        let other = usize::try_from(self.dice.below(SLOTS as u64)).unwrap();
        let awake = self.slots[other].process.as_ref().is_some_and(|process| !process.frozen);
        if awake && self.dice.percent(15) { other } else { self.holder }
    }

    fn person(&mut self) {
        let (name, _) = self.rollout();
        let slot = self.addressed();
        let Some(view) = self.view(slot, &name) else { return self.apply_anew(&name) };
        let sensible = match &view.state {
            State::Pending { .. } => Verb::Start,
            State::RolledBack { .. } => Verb::Retry,
            State::Paused { .. } => Verb::Resume,
            _ => Verb::Promote,
        };
        // Promotions meet checks that are under way.
        let slow = open(&self.book).metrics_mood == MetricsMood::Slow;
        let verb = match self.dice.below(if slow { 60 } else { 100 }) {
            0..55 => sensible,
            55..63 => Verb::Rollback,
            63..70 => Verb::Pause,
            _ => self.dice.of(&Verb::ALL),
        };
        let delay = self.delay();
        self.tell(slot, &name, verb, delay);
        if self.dice.percent(50) {
            self.think_better(slot, &name, verb);
        }
    }

    /// A person's command; what it closes is closed at once.
    fn tell(&mut self, slot: usize, name: &RolloutName, verb: Verb, delay: u64) {
        let serving = self.view(slot, name).filter(|view| verb == Verb::Rollback && delay == 0 && serving(view));
        self.command(slot, name, verb, delay);
        if let Some(view) = serving {
            self.closes_at_once(slot, &view);
        }
    }

    /// Somebody takes a command back before it is carried out: the first may be on its way to the store.
    fn think_better(&mut self, slot: usize, name: &RolloutName, verb: Verb) {
        let span = self.dice.of(&[0, 1, 2, 3, 10, 50, 200, 1_000]);
        self.pass(span);
        if verb == Verb::Rollback && self.dice.percent(70) {
            // The flag is wanted by another one as soon as this one is over.
            let (other, _) = self.rollout();
            let closed = |view: View| matches!(view.state, State::RolledBack { .. });
            let again = self.view(slot, &other).is_some_and(closed);
            return self.tell(slot, &other, if again { Verb::Retry } else { Verb::Start }, 0);
        }
        let other = match verb {
            Verb::Rollback => Verb::Retry,
            Verb::Pause => Verb::Resume,
            Verb::Start | Verb::Retry | Verb::Resume => self.dice.of(&[Verb::Rollback, Verb::Promote, Verb::Pause]),
            Verb::Promote => self.dice.of(&[Verb::Rollback, Verb::Rollback, Verb::Pause, Verb::Promote]),
        };
        self.tell(slot, name, other, 0);
    }

    /// On its way for as long: two things sent one after the other may come the other way round.
    fn delay(&mut self) -> u64 {
        self.dice.of(&[0, 0, 0, 0, 1, 40, 300, 2_000])
    }

    fn door(&mut self, slot: usize, what: String) -> Option<u64> {
        let process = self.slots[slot].process.as_ref()?.seat.process;
        let door = self.next_door;
        self.next_door += 1;
        self.note(|| format!("door {door} at process {process}: {what}"));
        open(&self.book).asked.insert(door, Asked { process, world: self.world, what });
        Some(door)
    }

    fn command(&mut self, slot: usize, name: &RolloutName, verb: Verb, delay: u64) {
        let Some(door) = self.door(slot, format!("{} {name} after {delay} ms", verb.as_str())) else { return };
        open(&self.book).was_told(name, verb);
        let Some(process) = &self.slots[slot].process else { return };
        let (controller, seat, name) = (process.controller.clone(), Arc::clone(&process.seat), name.clone());
        process.spawn(async move {
            sleep(Duration::from_millis(delay)).await;
            let answer = controller.command(&name, verb, "ada".to_owned(), None).await;
            let world = seat.world();
            open(&seat.book).command_answered(door, seat.slot, &name, verb, &answer, world);
        });
    }

    /// Alerts by a few names, so that they repeat, end and fire again.
    fn alerts(&mut self) {
        let number = self.dice.below(5);
        let severity = ["warning", "page", "info", "critical", "critical"][usize::try_from(number).unwrap()];
        let flag = self.dice.of(&FLAGS);
        let labels = [("severity", severity), ("flag", flag), ("alertname", "A")];
        let labels = labels.map(|(label, value)| (label.to_owned(), value.to_owned())).into();
        let alert = Alert { fingerprint: format!("{flag}-{number}"), labels };
        let fires = self.dice.percent(if severity == "critical" { 25 } else { 45 });
        let times = self.dice.of(&[1, 1, 1, 2, 3]);
        for _ in 0..times {
            let slot = self.addressed();
            let delay = self.delay();
            let views: Vec<View> =
                self.slots[slot].process.iter().flat_map(|process| process.controller.list()).collect();
            self.send_alert(slot, alert.clone(), fires, delay);
            let book = Arc::clone(&self.book);
            let closes = |view: &&View| {
                let shape = open(&book).shape(&view.source.text);
                view.plan.flag.as_str() == flag
                    && live(&view.state)
                    && shape.is_some_and(|shape| shape.alert_closes("critical"))
            };
            if fires && delay == 0 && severity == "critical" {
                for view in views.iter().filter(closes) {
                    self.closes_at_once(slot, view);
                }
            }
        }
    }

    fn send_alert(&mut self, slot: usize, alert: Alert, fires: bool, delay: u64) {
        let what = format!("alert {} {} after {delay} ms", alert.fingerprint, if fires { "fires" } else { "ends" });
        let Some(door) = self.door(slot, what) else { return };
        *open(&self.book).told.entry((self.rollouts[0].0.clone(), "alert")).or_default() += 1;
        let Some(process) = &self.slots[slot].process else { return };
        let (controller, seat) = (process.controller.clone(), Arc::clone(&process.seat));
        process.spawn(async move {
            sleep(Duration::from_millis(delay)).await;
            let (firing, resolved) = if fires { (vec![alert], vec![]) } else { (vec![], vec![alert]) };
            let answer = controller.alert(&firing, &resolved).await;
            // The attempt that was closed is the one that this process knows, whatever others know.
            let closed = answer.iter().flat_map(|answer| &answer.closed);
            let closed = closed.filter_map(|name| controller.get(name.as_str())).collect();
            open(&seat.book).alert_answered(door, seat.slot, &answer, closed);
        });
    }

    /// Somebody reports something: again and again, of one rollout or of whoever counts it.
    fn reports(&mut self) {
        let (name, _) = self.rollout();
        let (id, count) = (self.dice.below(12), self.dice.of(&[1_u32, 1, 1, 2]));
        let to = if self.dice.percent(60) { Addressee::Rollout(name.clone()) } else { Addressee::All };
        let (slot, delay) = (self.addressed(), self.delay());
        let what = format!("report {id} of {count} to {to:?} after {delay} ms");
        let Some(door) = self.door(slot, what) else { return };
        let told: Vec<RolloutName> = match &to {
            Addressee::Rollout(name) => vec![name.clone()],
            _ => self.rollouts.iter().map(|(name, _)| name.clone()).collect(),
        };
        for name in told {
            // The same report may come with another number: the first that is taken counts.
            let reports = &mut open(&self.book).reported;
            let most = reports.entry(name).or_default().entry(id).or_default();
            *most = (*most).max(u64::from(count));
        }
        let Some(process) = &self.slots[slot].process else { return };
        let (controller, seat) = (process.controller.clone(), Arc::clone(&process.seat));
        process.spawn(async move {
            sleep(Duration::from_millis(delay)).await;
            let event = PostedEvent { name: "escalations".to_owned(), id: id.to_string(), count };
            let posting = Posting { event, to, environment: None, message: None };
            let answer = controller.post(&[posting]).await;
            let closed = answer.iter().flat_map(|answer| &answer.closed);
            let closed = closed.filter_map(|name| controller.get(name.as_str())).collect();
            open(&seat.book).report_answered(door, seat.slot, &answer, closed);
        });
    }

    /// What a trigger closes is closed the moment it is there, whatever the lane is waiting for.
    fn closes_at_once(&mut self, slot: usize, view: &View) {
        let Some(process) = &self.slots[slot].process else { return };
        if process.frozen {
            return;
        }
        let (id, flag, attempt) = (process.seat.process, view.plan.flag.to_string(), view.state.attempt());
        let open_now = |world: &Self| {
            let book = open(&world.book);
            let sight = book.served.last(id, &flag)?;
            let same = sight.rollout == view.plan.name && sight.attempt == attempt && !sight.closed;
            same.then(|| format!("{sight:?}"))
        };
        self.look();
        if open_now(self).is_none() {
            return;
        }
        self.pass(AT_ONCE);
        self.look();
        if let Some(sight) = open_now(self) {
            let what = format!("{} was to be closed {AT_ONCE} ms ago and is served: {sight}", view.plan.name);
            open(&self.book).broken("closing-is-at-once", what);
        }
    }

    fn plan(&mut self) {
        let index = usize::try_from(self.dice.below(self.rollouts.len() as u64)).unwrap();
        if self.dice.percent(50) {
            // What has not begun of the plan in force changes, or what has: that is refused.
            let shape = open(&self.book).shape(&self.rollouts[index].1);
            if let Some(shape) = shape {
                let (shape, _) = shape.revised(&mut self.dice);
                let shape = self.known(shape);
                self.rollouts[index].1.clone_from(&shape.text);
            }
        } else if self.dice.percent(60) {
            let name = self.rollouts[index].0.clone();
            let flag = if self.dice.percent(80) { self.book_flag(index) } else { self.dice.of(&FLAGS).to_owned() };
            let shape = self.shape(name.as_str(), &flag);
            self.rollouts[index].1.clone_from(&shape.text);
        }
        self.apply(index);
    }

    fn book_flag(&self, index: usize) -> String {
        open(&self.book).shapes[&self.rollouts[index].1].flag.clone()
    }

    fn apply_anew(&mut self, name: &RolloutName) {
        if let Some(index) = self.rollouts.iter().position(|(other, _)| other == name) {
            self.apply(index);
        }
    }

    fn apply(&mut self, index: usize) {
        let (name, text) = self.rollouts[index].clone();
        let holder = self.holder;
        let Some(door) = self.door(holder, format!("apply {name}")) else { return };
        let Some(process) = &self.slots[holder].process else { return };
        let (controller, seat) = (process.controller.clone(), Arc::clone(&process.seat));
        process.spawn(async move {
            let source = PlanSource {
                text,
                format: Format::Yaml,
                origin: Origin::Api,
                attachments: Attachments::default(),
                revision: 1,
            };
            let answer = controller.apply(source, "ada".to_owned()).await;
            let mut book = open(&seat.book);
            book.asked.remove(&door);
            book.note(|| format!("          door {door}: {:?}", answer.map(|applied| applied.outcome)));
        });
    }

    fn definitions(&mut self) {
        self.note(|| "the definitions are read again".to_owned());
        for process in self.slots.iter().filter_map(|slot| slot.process.as_ref()) {
            process.publisher.definitions(&self.tools.catalog);
        }
    }

    fn store_mood(&mut self) {
        use StoreMood::{Away, Fine, Forgetful, Hanging, Rough};
        let mood = self.dice.weighted(&[(45, Fine), (30, Rough), (10, Away), (8, Hanging), (7, Forgetful)]);
        // The store itself is in trouble, or one process's way to it.
        let whom = self.dice.below(2 * SLOTS as u64);
        self.note(|| format!("the store is {mood:?} (for slot {whom}, or for all)"));
        let mut book = open(&self.book);
        match usize::try_from(whom).unwrap() {
            slot if slot < SLOTS => book.store_moods[slot] = mood,
            _ => book.store_moods = [mood; SLOTS],
        }
    }

    fn metrics_mood(&mut self) {
        use MetricsMood::{Away, Fine, Rough, Slow};
        let mood = self.dice.of(&[Fine, Fine, Fine, Slow, Slow, Rough, Rough, Away]);
        self.note(|| format!("the metrics are {mood:?}"));
        open(&self.book).metrics_mood = mood;
    }

    fn disk_mood(&mut self) {
        let mood = self.dice.of(&[DiskMood::Fine, DiskMood::Fine, DiskMood::Failing, DiskMood::Hanging]);
        let slot = usize::try_from(self.dice.below(SLOTS as u64)).unwrap();
        self.note(|| format!("the disk of slot {slot} is {mood:?}"));
        open(&self.book).disk_moods[slot] = mood;
    }

    /// Somebody sets a clock: a little, by an hour as where the time of the year changes, by a day.
    fn clock(&mut self) {
        let unit = i64::try_from(self.unit).unwrap();
        let kind = usize::try_from(self.dice.below(8)).unwrap();
        let little = [1_000, unit, 3 * unit + 1, -1_000, -unit, -3 * unit - 1];
        let by = JUMPS.get(kind).copied().unwrap_or_else(|| self.dice.of(&little));
        let slot =
            if self.dice.percent(70) { self.holder } else { usize::try_from(self.dice.below(SLOTS as u64)).unwrap() };
        self.note(|| format!("the clock of slot {slot} is set by {by} ms"));
        self.slots[slot].set_clock(by);
        let mut book = open(&self.book);
        book.clocks_differ();
        book.reached.clock_jumps += 1;
        if kind < JUMPS.len() {
            let phases: Vec<usize> = book.database.records.values().map(|record| phase(&record.state)).collect();
            for phase in phases {
                book.reached.jumps[phase][kind] += 1;
            }
        }
    }

    // --- processes ---

    fn boot(&mut self, slot: usize) {
        let id = self.next_process;
        self.next_process += 1;
        let Tools { metrics, catalog } = self.tools;
        let place = &self.slots[slot];
        let process = Process::boot(id, slot, place, &self.book, metrics, catalog, self.world);
        self.note(|| {
            format!("process {id} in slot {slot} {}", if process.is_some() { "is up" } else { "does not come up" })
        });
        // What waited for a disk or the store took its time: nothing is to be asked of a process in its future.
        let up = process.as_ref().map_or(self.world, |process| process.up.max(self.world));
        self.slots[slot].process = process;
        self.pass(up - self.world);
        self.after_boot(slot);
    }

    fn kill(&mut self, slot: usize) {
        let Some(process) = self.slots[slot].process.take() else { return };
        let id = process.seat.process;
        process.kill();
        self.note(|| format!("process {id} in slot {slot} is ended"));
        let world = self.world;
        let mut book = open(&self.book);
        book.settle_or_forget(id, world);
        book.asked.retain(|_, asked| asked.process != id);
        book.reached.restarts += 1;
    }

    fn restart(&mut self) {
        let slot = self.holder;
        self.kill(slot);
        let span = self.dice.of(&[0, 0, 1, 1_000, self.unit, 10 * self.unit]);
        self.pass(span);
        self.boot(slot);
    }

    /// The holder freezes, and another one takes over.
    fn lose_lease(&mut self) {
        if let Some(process) = &mut self.slots[self.holder].process {
            process.frozen = self.dice.percent(80);
        }
        self.holder = (self.holder + 1) % SLOTS;
        let (holder, world) = (self.holder, self.world);
        self.note(|| format!("slot {holder} has the lease now"));
        {
            let mut book = open(&self.book);
            book.clocks_differ();
            book.reached.zombies += 1;
        }
        match &mut self.slots[holder].process {
            Some(process) if process.frozen => process.thaw(world),
            Some(_) => {}
            None => self.boot(holder),
        }
    }

    /// A former holder wakes up and goes on with what it was doing; or it is ended at last.
    fn wake_zombie(&mut self) {
        let slot = usize::try_from(self.dice.below(SLOTS as u64)).unwrap();
        if slot == self.holder {
            return;
        }
        if self.dice.percent(40) {
            return self.kill(slot);
        }
        let world = self.world;
        if let Some(process) = self.slots[slot].process.as_mut().filter(|process| process.frozen) {
            process.thaw(world);
            self.note(|| format!("slot {slot} wakes up"));
        }
    }

    /// Lets the world go on for that long.
    fn pass(&mut self, span: u64) {
        let until = self.world + span;
        let awake =
            self.slots.iter().filter(|slot| slot.process.as_ref().is_some_and(|process| !process.frozen)).count();
        let several = open(&self.book).slice;
        while self.world < until && !self.broken() {
            let slice = if awake > 1 { several } else { span };
            self.world = (self.world + slice).min(until);
            for slot in &mut self.slots {
                if let Some(process) = &mut slot.process {
                    process.drive(self.world);
                }
            }
        }
        open(&self.book).settle(self.world);
        if span == 0 {
            for process in self.slots.iter_mut().filter_map(|slot| slot.process.as_mut()) {
                process.drive(self.world);
            }
        }
    }

    // --- what must be true ---

    /// After every step.
    fn look(&mut self) {
        let mut book = open(&self.book);
        for slot in &self.slots {
            let Some(process) = &slot.process else { continue };
            book.look(process.seat.process, &process.seat.live, &FLAGS);
            if process.frozen {
                continue;
            }
            for view in process.controller.list() {
                look_at_checks(&mut book, process, &view, self.world);
            }
        }
        self.promises_are_kept(&mut book);
    }

    /// What was answered as closed is in the store, or on the disk of who answered, from then on.
    fn promises_are_kept(&self, book: &mut Book) {
        let mut lost = Vec::new();
        for promise in &book.promises {
            let stored = book
                .database
                .records
                .get(&promise.rollout)
                .is_some_and(|record| closed_since(&record.state, promise.attempt));
            let disk = self.slots[promise.slot].disk.pending.lock().unwrap();
            let kept = disk.iter().any(|record| record.rollout == promise.rollout && record.attempt >= promise.attempt);
            if !stored && !kept {
                lost.push(format!("{promise:?}"));
            }
        }
        for promise in lost {
            book.broken("answered-is-durable", promise);
        }
    }

    /// A process that has just come up serves what is stored, and no closing that is on its disk is open.
    fn after_boot(&mut self, slot: usize) {
        let Some(process) = &self.slots[slot].process else { return };
        let mut book = open(&self.book);
        for record in self.slots[slot].disk.pending.lock().unwrap().iter() {
            let Some(stored) = book.database.records.get(&record.rollout) else { continue };
            let Some(shape) = book.shape(&stored.plan.text) else { continue };
            let Some(sight) = book.served.last(process.seat.process, &shape.flag).cloned() else { continue };
            if sight.rollout == record.rollout && sight.attempt <= record.attempt && !sight.closed {
                book.broken("a-restart-remembers-the-closing", format!("{record:?} and {sight:?}"));
            }
        }
    }

    /// All trouble ends, everybody wakes up, and after a while everything must agree.
    fn settle_down(&mut self) {
        self.note(|| "all trouble ends".to_owned());
        {
            let mut book = open(&self.book);
            book.store_moods = [StoreMood::Fine; SLOTS];
            book.disk_moods = [DiskMood::Fine; SLOTS];
            book.metrics_mood = MetricsMood::Fine;
        }
        let world = self.world;
        for process in self.slots.iter_mut().filter_map(|slot| slot.process.as_mut()).filter(|process| process.frozen) {
            process.thaw(world);
        }
        if self.slots[self.holder].process.is_none() {
            self.boot(self.holder);
        }
        self.pass(PATIENCE + 3 * self.unit);
        self.look();
        self.everybody_is_answered();
        let zombies = open(&self.book).reached.zombies > 0;
        if !zombies {
            self.stored_is_served();
        }
        for slot in 0..SLOTS {
            self.kill(slot);
        }
        self.boot(self.holder);
        self.pass(AT_ONCE);
        self.look();
        self.stored_is_served();
        let mut book = open(&self.book);
        if let Some(row) = book.database.broken_row() {
            book.broken("the-ledger-is-sound", format!("row {row} is not as it was written"));
        }
    }

    fn everybody_is_answered(&self) {
        let mut book = open(&self.book);
        if let Some((door, asked)) = book.asked.iter().next() {
            let what = format!("door {door}, asked at {}: {}", asked.world, asked.what);
            book.broken("everybody-is-answered", what);
        }
    }

    /// What the holder serves is what the store says.
    fn stored_is_served(&self) {
        let Some(process) = &self.slots[self.holder].process else {
            return open(&self.book).broken("a-process-comes-up", "with everything well it does not");
        };
        let mut book = open(&self.book);
        let records: Vec<_> = book.database.records.values().cloned().collect();
        for record in records {
            let Some(shape) = book.shape(&record.plan.text) else { continue };
            let Some(sight) = book.served.last(process.seat.process, &shape.flag).cloned() else {
                if live(&record.state) {
                    book.broken("stored-is-served", format!("{} is live and not served", record.name));
                }
                continue;
            };
            if sight.rollout != record.name {
                if live(&record.state) && !book.live_elsewhere(&sight.rollout, &shape.flag) {
                    book.broken("stored-is-served", format!("{} is live and {sight:?}", record.name));
                }
                continue;
            }
            let (wave, completed) = match &record.state {
                State::Completed { .. } => (usize::MAX - 1, true),
                State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => (stage.wave, false),
                State::Pending { .. } | State::RolledBack { .. } => (0, false),
            };
            let (share, named) = shape.open_in(wave, completed);
            let missing = if share == 1_000_000 { !sight.users } else { named & !sight.users };
            if (live(&record.state) || completed) && missing != 0 {
                let what = format!("{missing:b} of {} do not have it: {sight:?}", record.name);
                book.broken("the-plan's-users-have-it", what);
            }
            let agrees = match &record.state {
                State::Pending { .. } => true,
                State::RolledBack { attempt, .. } => sight.closed && sight.attempt == *attempt && sight.users == 0,
                State::Completed { attempt, .. } => !sight.closed && sight.attempt == *attempt,
                State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => {
                    !sight.closed && sight.attempt == stage.attempt && sight.step == stage.step
                }
            };
            if !agrees {
                book.broken("stored-is-served", format!("stored {:?}, served {sight:?}", record.state));
            }
        }
    }
}

/// Which of the phases a state is, in their order.
const fn phase(state: &State) -> usize {
    let phase = match state {
        State::Pending { .. } => Phase::Pending,
        State::Running(_) => Phase::Running,
        State::Paused { .. } => Phase::Paused,
        State::Watching(_) => Phase::Watching,
        State::Completed { .. } => Phase::Completed,
        State::RolledBack { .. } => Phase::Closed,
    };
    phase as usize
}

/// Whether a rollback takes the candidate from somebody.
fn serving(view: &View) -> bool {
    live(&view.state) || matches!(view.state, State::Completed { .. })
}

fn closed_since(state: &State, attempt: u32) -> bool {
    match state {
        State::RolledBack { attempt: stored, .. } => *stored >= attempt,
        other => other.attempt() > attempt,
    }
}

/// A live rollout is looked at again and again, whatever else happens.
fn look_at_checks(book: &mut Book, process: &Process, view: &View, world: u64) {
    let id = process.seat.process;
    let (State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage)) = &view.state else { return };
    let key = (id, view.plan.name.clone(), stage.attempt, stage.step);
    let since = *book.live_since.entry(key).or_insert(world);
    let Some(shape) = book.shape(&view.source.text) else { return };
    let watching = matches!(view.state, State::Watching(_));
    let every = millis(shape.every(stage.wave, watching));
    let asked = book.histories.last_asked.get(&(id, view.plan.name.clone())).copied().unwrap_or(0);
    let last = asked.max(since).max(process.born).max(process.thawed);
    if world > last + 3 * every + PATIENCE {
        book.broken("checks-go-on", format!("{} was looked at {} ms ago", view.plan.name, world - last));
    }
    // Answers that close at once have closed, when they were of this stage.
    if let Some(asked) = book.closing_answers(id, &shape, since)
        && asked > since
        && asked > process.thawed
        && asked + PATIENCE < world
    {
        book.broken(
            "bad-answers-close",
            format!("{} is {:?} after bad answers at {asked}", view.plan.name, view.state),
        );
    }
}

impl Book {
    fn live_elsewhere(&self, rollout: &RolloutName, flag: &str) -> bool {
        let record = self.database.records.get(rollout);
        let same_flag = self.stored_shape(rollout).is_some_and(|shape| shape.flag == flag);
        same_flag && record.is_some_and(|record| live(&record.state))
    }

    fn command_answered(
        &mut self,
        door: u64,
        slot: usize,
        name: &RolloutName,
        verb: Verb,
        answer: &Result<View, CommandError>,
        world: u64,
    ) {
        self.asked.remove(&door);
        self.note(|| {
            let told = match answer {
                Ok(view) => view.reason.clone(),
                Err(error) => error.to_string(),
            };
            format!("{world:>9} door {door}: {told}")
        });
        let Ok(view) = answer else { return };
        match (&view.state, verb) {
            (State::RolledBack { attempt, .. }, Verb::Rollback) => {
                self.promises.push(Promise { slot, rollout: name.clone(), attempt: *attempt });
            }
            (State::Running(stage), Verb::Start | Verb::Retry) => {
                let key = (name.clone(), stage.attempt, stage.step);
                if !self.served.opened.contains(&key) {
                    self.broken("answered-is-durable", format!("{key:?} was answered and is not stored"));
                }
            }
            _ => {}
        }
    }

    /// What was answered as closed, as the process that answered sees it.
    fn promised(&mut self, slot: usize, closed: Vec<View>) {
        for view in closed {
            if let State::RolledBack { attempt, .. } = view.state {
                self.promises.push(Promise { slot, rollout: view.plan.name.clone(), attempt });
            }
        }
    }

    fn report_answered(
        &mut self,
        door: u64,
        slot: usize,
        answer: &Result<PostAnswer, CommandError>,
        closed: Vec<View>,
    ) {
        self.asked.remove(&door);
        self.note(|| format!("          door {door}: {answer:?}"));
        let Ok(answer) = answer else { return };
        self.reached.reports += 1;
        self.promised(slot, closed);
        for name in &answer.counted {
            let counts = match self.database.records.get(name).map(|record| &record.state) {
                Some(State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage)) => {
                    stage.memory.events.values().any(|posted| posted.total > 0)
                }
                // It may be over since.
                _ => true,
            };
            if !counts && self.reached.zombies == 0 {
                self.broken("answered-is-durable", format!("{name} has counted a report, and none is stored"));
            }
        }
    }

    fn alert_answered(
        &mut self,
        door: u64,
        slot: usize,
        answer: &Result<AlertAnswer, CommandError>,
        closed: Vec<View>,
    ) {
        self.asked.remove(&door);
        self.note(|| format!("          door {door}: {answer:?}"));
        self.promised(slot, closed);
    }
}
