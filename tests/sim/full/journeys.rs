//! A train over two or three rollouts, in the same world: whatever fails around it, a member begins only when it is
//! stored that it may and the ones before it are open, and what must close with another does so at once.

use super::{Tools, World};
use crate::book::{Asked, Book, StoreMood, open};
use crate::history::live;
use crate::shape::{ALL_FLAGS, WatchShape};
use crate::violation::{Failure, Kept, Violation};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tidegate::controller::TrainVerb;
use tidegate::rollout::train::{Ride, Train, TrainState};
use tidegate::rollout::{Attachments, State, lower_train};
use tidegate::source::{Format, parse};
use tidegate::store::{Change, Origin, PlanSource};
use tidegate::units::RolloutName;
use tokio::time::sleep;

/// How many things happen.
const STEPS: u64 = 80;

/// How long whatever is to happen at once may take, for the way through the tasks.
const AT_ONCE: u64 = 5;

/// The train of a world.
#[derive(Debug)]
pub struct Journey {
    pub train: Train,
    text: String,
    /// What was seen not to be as it must be, and since when.
    wrong: Option<(String, u64)>,
}

pub fn run(seed: u64, tools: &Tools) -> Result<Kept, Failure> {
    let world = |tells| {
        let mut world = World::bare(seed, tools, tells);
        world.prepare_train();
        world
    };
    if let Ok(kept) = world(false).run_with(World::journey) {
        return Ok(kept);
    }
    let mut world = world(true);
    world.journey();
    let mut book = open(&world.book);
    let fallback = Violation::new("replay", "it failed, and did not when it was repeated");
    let violation = book.violation.take().unwrap_or(fallback);
    let trace = book.trace.take().unwrap_or_default();
    Err(Failure { driver: "journeys", seed, events: book.events, violation, trace })
}

impl World<'_> {
    fn prepare_train(&mut self) {
        let count = usize::try_from(self.dice.between(2, 3)).unwrap();
        let mut shortest = Duration::MAX;
        for (number, flag) in ALL_FLAGS.iter().enumerate().take(count) {
            let (name, now) = (format!("r{number}"), crate::process::ORIGIN);
            let watch = self.dice.between(2, 8);
            let shape =
                crate::shape::Shape::by_dice_with(&mut self.dice, &name, flag, self.next_revision, now, |shape| {
                    shape.start = None;
                    let every = shape.waves[0].every;
                    let watch = every * u32::try_from(watch).unwrap();
                    let holdback = shape.watch.map_or(0, |watch| watch.holdback);
                    shape.watch = Some(WatchShape { watch, every, holdback });
                    shortest = shortest.min(watch);
                });
            self.next_revision += 1;
            let shape = self.known(shape);
            self.measure(&shape, number == 0);
            self.rollouts.push((shape.name.clone(), shape.text.clone()));
        }
        self.truths();
        let watch = shortest.mul_f64(0.5).max(Duration::from_secs(1)).as_secs();
        let extent = self.dice.of(&["all", "all", "dependents"]);
        let mut text = format!("kind: Train\nname: t\nwatch: {watch}s\nrollback: {extent}\nrollouts:\n");
        for number in 0..count {
            let needs: Vec<String> =
                (0..number).filter(|_| self.dice.percent(40)).map(|needed| format!("r{needed}")).collect();
            writeln!(text, "  - {{ rollout: r{number}, needs: [ {} ] }}", needs.join(", ")).unwrap();
        }
        let parsed = parse("train.yaml", text.as_bytes(), Format::Yaml).unwrap();
        let train = lower_train(&parsed.documents[0], &parsed.text).unwrap();
        let mut book = open(&self.book);
        book.note(|| text.clone());
        book.journey = Some(Journey { train, text, wrong: None });
    }

    fn journey(&mut self) {
        self.boot(0);
        for index in 0..self.rollouts.len() {
            self.apply(index);
        }
        self.pass(50);
        self.apply_train();
        self.pass(50);
        for _ in 0..STEPS {
            if self.broken() {
                return;
            }
            open(&self.book).events += 1;
            self.journey_step();
            self.look();
            self.look_at_journey();
        }
        if !self.broken() {
            self.settle_down();
            self.look_at_journey();
            self.pass(AT_ONCE + 1);
            self.look_at_journey();
            open(&self.book).journey_is_settled();
        }
    }

    fn journey_step(&mut self) {
        let span = match self.dice.below(10) {
            0 | 1 => 0,
            2 | 3 => self.dice.between(1, 2_000),
            4..7 => self.dice.between(1, self.unit),
            _ => self.dice.between(self.unit, self.unit * 8),
        };
        self.pass(span);
        match self.dice.below(100) {
            0..40 => self.train_person(),
            40..50 => self.person(),
            50..58 => self.alerts(),
            58..70 => self.store_mood(),
            70..75 => self.metrics_mood(),
            75..79 => self.disk_mood(),
            79..83 => self.clock(),
            83..90 => self.restart(),
            // Good times, so that it gets somewhere.
            _ => open(&self.book).store_moods = [StoreMood::Fine; crate::book::SLOTS],
        }
    }

    fn apply_train(&mut self) {
        let text = open(&self.book).journey.as_ref().map(|journey| journey.text.clone()).unwrap_or_default();
        let source = PlanSource {
            text,
            format: Format::Yaml,
            origin: Origin::Api,
            attachments: Attachments::none(),
            revision: 1,
        };
        let Some(process) = &self.slots[self.holder].process else { return };
        let controller = process.controller.clone();
        process.spawn(async move { drop(controller.apply_train_text(source, "ada".to_owned()).await) });
    }

    fn train_person(&mut self) {
        let slot = self.holder;
        let Some(process) = &self.slots[slot].process else { return };
        let Some(view) = process.controller.train("t") else { return self.apply_train() };
        let sensible = match &view.state {
            TrainState::Pending => TrainVerb::Start,
            TrainState::Paused { .. } => TrainVerb::Resume,
            TrainState::Stopped { .. } => self.dice.of(&[TrainVerb::Reenable, TrainVerb::Retry]),
            TrainState::Running(_) | TrainState::Completed { .. } => {
                self.dice.of(&[TrainVerb::Pause, TrainVerb::Rollback, TrainVerb::Resume])
            }
        };
        let verb = match self.dice.below(100) {
            0..60 => sensible,
            60..75 => self.dice.of(&TrainVerb::ALL),
            // Most of the time nobody does anything.
            _ => return,
        };
        let mut members = BTreeSet::new();
        if matches!(verb, TrainVerb::Rollback | TrainVerb::Reenable) && self.dice.percent(40) {
            let names: Vec<RolloutName> = self.rollouts.iter().map(|(name, _)| name.clone()).collect();
            members.insert(names[usize::try_from(self.dice.below(names.len() as u64)).unwrap()].clone());
        }
        self.tell_train(verb, members);
        if self.dice.percent(30) {
            // And something else before that is done.
            let span = self.dice.of(&[0, 1, 2, 20, 200, 1_000]);
            self.pass(span);
            let second = self.dice.of(&[TrainVerb::Rollback, TrainVerb::Rollback, TrainVerb::Pause, TrainVerb::Retry]);
            self.tell_train(second, BTreeSet::new());
        }
    }

    fn tell_train(&mut self, verb: TrainVerb, members: BTreeSet<RolloutName>) {
        let delay = self.delay();
        let what = format!("train {} {members:?} after {delay} ms", verb.as_str());
        let Some(door) = self.door(self.holder, what) else { return };
        let Some(process) = &self.slots[self.holder].process else { return };
        let (controller, seat) = (process.controller.clone(), Arc::clone(&process.seat));
        process.spawn(async move {
            sleep(Duration::from_millis(delay)).await;
            let name = RolloutName::new("t").unwrap();
            let answer = controller.command_train(&name, verb, "ada".to_owned(), None, members).await;
            let mut book = open(&seat.book);
            let Asked { .. } = book.asked.remove(&door).unwrap();
            let world = seat.world();
            book.note(|| format!("{world:>9} door {door}: {:?}", answer.map(|view| view.reason)));
        });
    }

    /// What is to be closed with another is not served, and a train knows that a member has closed.
    fn look_at_journey(&mut self) {
        let Some(process) = self.slots[self.holder].process.as_ref().filter(|process| !process.frozen) else { return };
        let Some(view) = process.controller.train("t") else { return };
        let mut book = open(&self.book);
        let mut wrong = None;
        for member in &view.members {
            let (Some(ride), Some(rollout)) = (member.ride, &member.view) else { continue };
            let sight = book.served.last(process.seat.process, rollout.plan.flag.as_str());
            let Some(sight) = sight.filter(|sight| sight.rollout == member.rollout) else { continue };
            let told = match ride {
                Ride::Closed(attempt) if !sight.closed && sight.attempt == attempt => "is open",
                Ride::Begun(attempt) if sight.closed && sight.attempt >= attempt => {
                    "is closed, and its train does not know"
                }
                Ride::Waiting | Ride::Left if !sight.closed => "is open before its turn",
                Ride::Closed(_) | Ride::Begun(_) | Ride::Waiting | Ride::Left => continue,
            };
            wrong = Some(format!("{} {told}: {ride:?}, {sight:?}", member.rollout));
        }
        let world = self.world;
        let journey = book.journey.as_mut().unwrap();
        journey.wrong = match (wrong, journey.wrong.take()) {
            (None, _) => None,
            (Some(what), Some((before, since))) if before == what => Some((what, since)),
            (Some(what), _) => Some((what, world)),
        };
        if let Some((what, since)) = journey.wrong.clone()
            && world > since + AT_ONCE
            && since > process.up
        {
            book.broken("train-closes-at-once", format!("{what}, since {since}"));
        }
    }
}

impl Book {
    /// A member begins for its train only when the store has it that it is its turn, and what comes before it is open.
    pub fn judge_journey(&mut self, change: &Change) {
        let by_train = change.entries.iter().any(|entry| entry.kind == "started" && entry.actor == "train t");
        let State::Running(stage) = &change.state else { return };
        if !by_train || stage.wave != 0 {
            return;
        }
        let Some(journey) = &self.journey else { return };
        let name = &change.rollout;
        let Some(record) = self.database.trains.get(&journey.train.name) else { return };
        let wanted = record.state.run().and_then(|run| run.ride(name)) == Some(Ride::Begun(stage.attempt));
        if !wanted || !record.state.is_on_its_way() {
            let what = format!("{name} begins attempt {} while {:?}", stage.attempt, record.state);
            return self.broken("train-begins-what-is-stored", what);
        }
        let run = record.state.run().unwrap();
        for before in journey.train.members.iter().take_while(|member| member.rollout != *name) {
            let Some(Ride::Begun(attempt)) = run.ride(&before.rollout) else { continue };
            let state = self.database.records.get(&before.rollout).map(|record| &record.state);
            let done = match state {
                Some(State::Watching(stage)) => stage.attempt == attempt,
                Some(State::Completed { attempt: other, .. }) => *other == attempt,
                _ => false,
            };
            if !done {
                let what = format!("{name} begins while {} is {state:?}", before.rollout);
                return self.broken("train-waits-for-the-one-before", what);
            }
        }
    }

    /// With all trouble over, what the train closed is closed in the store, and nobody is open without what it needs.
    fn journey_is_settled(&mut self) {
        let Some(journey) = &self.journey else { return };
        let Some(record) = self.database.trains.get(&journey.train.name) else { return };
        let Some(run) = record.state.run() else { return };
        let open = |name: &RolloutName| match self.database.records.get(name).map(|record| &record.state) {
            Some(State::Completed { attempt, .. }) => Some(*attempt),
            Some(state) if live(state) => Some(state.attempt()),
            _ => None,
        };
        let mut wrong = None;
        for member in &journey.train.members {
            let is_open = open(&member.rollout);
            match run.ride(&member.rollout) {
                Some(Ride::Closed(attempt)) if is_open == Some(attempt) => {
                    wrong = Some(("train-closings-arrive", format!("{} is open: {:?}", member.rollout, record.state)));
                }
                Some(Ride::Begun(_)) if is_open.is_some() => {
                    if let Some(needed) = member.needs.iter().find(|needed| open(needed).is_none()) {
                        let what = format!("{} is open without {needed}: {:?}", member.rollout, record.state);
                        wrong = Some(("train-needs-are-open", what));
                    }
                }
                _ => {}
            }
        }
        if let Some((promise, what)) = wrong {
            self.broken(promise, what);
        }
    }
}
