//! The train driver: the real decision of a train over members that go their own ways, a store that loses answers, a
//! process that ends at any point, and people, all by dice. What is promised is checked on what the members themselves
//! did, not on what the train thinks of them.

use crate::dice::Dice;
use crate::violation::{Failure, Kept, Reached, Violation};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;
use tidegate::rollout::train::{
    Extent, Member, MemberStanding, Order, Phase, Standings, Train, TrainChange, TrainDecision, TrainEvent, TrainState,
    decide_train,
};
use tidegate::units::{RolloutName, UnixMillis};

/// How many things happen to one train.
const STEPS: u64 = 300;

/// How many looks in a world that does what it is told bring everything to rest.
const AT_REST: usize = 60;

pub fn run(seed: u64) -> Result<Kept, Failure> {
    if let Ok(kept) = World::new(seed, false).run() {
        return Ok(kept);
    }
    let mut world = World::new(seed, true);
    let violation = world.steps().expect_err("it failed, and does so again");
    Err(Failure { driver: "trains", seed, events: world.events, violation, trace: world.trace.unwrap_or_default() })
}

/// A member as it really is.
#[derive(Debug, Clone)]
struct Car {
    attempt: u32,
    phase: Phase,
    /// This process has seen a check of it.
    looked: bool,
}

impl Car {
    fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open { .. } | Phase::Completed)
    }
}

struct World {
    dice: Dice,
    train: Train,
    /// What the process has in memory, and what the store has.
    state: TrainState,
    stored: TrainState,
    cars: BTreeMap<RolloutName, Car>,
    /// Beginnings on their way to members, each with the run in which it was ordered.
    on_their_way: Vec<Order>,
    now: i64,
    events: u64,
    reached: Reached,
    ledger: String,
    trace: Option<Vec<String>>,
}

impl World {
    fn new(seed: u64, tells: bool) -> Self {
        let mut dice = Dice::new(seed);
        let train = by_dice(&mut dice);
        let car = |member: &Member| (member.rollout.clone(), Car { attempt: 0, phase: Phase::Waiting, looked: true });
        let cars = train.members.iter().map(car).collect();
        Self {
            dice,
            train,
            state: TrainState::Pending,
            stored: TrainState::Pending,
            cars,
            on_their_way: Vec::new(),
            now: 1_780_000_000_000,
            events: 0,
            reached: Reached::default(),
            ledger: String::new(),
            trace: tells.then(Vec::new),
        }
    }

    fn run(mut self) -> Result<Kept, Violation> {
        self.steps()?;
        Ok(Kept { events: self.events, ledger: self.ledger.into_bytes(), reached: self.reached })
    }

    fn steps(&mut self) -> Result<(), Violation> {
        for _ in 0..STEPS {
            self.events += 1;
            self.now += i64::try_from(self.dice.between(0, 60_000)).unwrap();
            match self.dice.below(100) {
                0..35 => self.a_car_goes_on(),
                35..70 => self.look(true)?,
                70..80 => self.an_order_arrives(),
                80..93 => self.person()?,
                _ => self.restart(),
            }
        }
        self.comes_to_rest()
    }

    fn note(&mut self, told: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(told());
        }
    }

    // --- what happens ---

    /// A member goes on in its own plan, or closes for a reason of its own.
    fn a_car_goes_on(&mut self) {
        let names: Vec<RolloutName> = self.cars.keys().cloned().collect();
        let name = names[usize::try_from(self.dice.below(names.len() as u64)).unwrap()].clone();
        let fails = self.dice.percent(6);
        let clear = self.dice.percent(85);
        let step = Duration::from_secs(self.dice.between(5, 90));
        let done = self.dice.percent(15);
        let Some(car) = self.cars.get_mut(&name) else { return };
        if !car.is_open() {
            return;
        }
        if fails {
            car.phase = Phase::Closed { because: "error_rate > 10%".to_owned(), recalled: false, alone: false };
            self.reached.closings += 1;
            return self.note(|| format!("{name} closes"));
        }
        car.looked = true;
        car.phase = match &car.phase {
            Phase::Open { all: false, .. } => open(done, Duration::ZERO, clear),
            Phase::Open { watched, .. } if done && *watched > Duration::from_secs(300) => Phase::Completed,
            Phase::Open { watched, clear: was, .. } => {
                open(true, if *was && clear { *watched + step } else { *watched }, clear)
            }
            other => other.clone(),
        };
        let told = format!("{name} is {:?}", car.phase);
        self.note(|| told);
    }

    /// A beginning reaches its member, which begins only as the attempt it was told, unless its train is stopped.
    fn an_order_arrives(&mut self) {
        let Some(order) = self.on_their_way.pop() else { return };
        let Order::Begin { rollout, attempt } = order else { return };
        let wanted = self.state.is_on_its_way();
        let Some(car) = self.cars.get_mut(&rollout) else { return };
        if wanted && !car.is_open() && car.attempt + 1 == attempt {
            car.attempt = attempt;
            car.phase = open(false, Duration::ZERO, false);
            self.reached.openings += 1;
            self.note(|| format!("{rollout} begins attempt {attempt}"));
        }
    }

    fn restart(&mut self) {
        self.reached.restarts += 1;
        self.state = self.stored.clone();
        if self.dice.percent(50) {
            self.on_their_way.clear();
        }
        self.cars.values_mut().for_each(|car| car.looked = false);
        self.note(|| "restart".to_owned());
    }

    fn person(&mut self) -> Result<(), Violation> {
        let by = "ann".to_owned();
        let some = |dice: &mut Dice, train: &Train| -> BTreeSet<RolloutName> {
            train.members.iter().filter(|_| dice.percent(30)).map(|member| member.rollout.clone()).collect()
        };
        let problem = None;
        let event = match self.dice.below(100) {
            0..30 => TrainEvent::Start { by, problem },
            30..40 => TrainEvent::Pause { by },
            40..55 => TrainEvent::Resume { by },
            55..60 => TrainEvent::Rollback { by, reason: None, members: BTreeSet::new() },
            60..66 => TrainEvent::Rollback { by, reason: None, members: some(&mut self.dice, &self.train) },
            66..85 => {
                let members = if self.dice.percent(60) { BTreeSet::new() } else { some(&mut self.dice, &self.train) };
                TrainEvent::Reenable { by, members, problem }
            }
            _ => TrainEvent::Retry { by, problem },
        };
        let standings = self.standings();
        let before = self.state.clone();
        match decide_train(&self.train, &before, &event, &standings, UnixMillis::new(self.now)) {
            Ok(decision) => self.take(&event, &before, decision, true),
            Err(refusal) => {
                self.note(|| format!("refused: {refusal}"));
                Ok(())
            }
        }
    }

    fn look(&mut self, rough: bool) -> Result<(), Violation> {
        let standings = self.standings();
        let before = self.state.clone();
        let decision =
            decide_train(&self.train, &before, &TrainEvent::Looked, &standings, UnixMillis::new(self.now)).unwrap();
        self.take(&TrainEvent::Looked, &before, decision, rough)
    }

    /// What the process sees: a check that it has not made itself is none.
    fn standings(&self) -> Standings {
        let seen = |car: &Car| {
            let mut phase = car.phase.clone();
            if let Phase::Open { clear, .. } = &mut phase {
                *clear &= car.looked;
            }
            MemberStanding { attempt: car.attempt, phase, problem: None }
        };
        self.cars.iter().map(|(name, car)| (name.clone(), seen(car))).collect()
    }

    /// Carries a decision out as the executor does, with the faults of the world around it.
    fn take(
        &mut self,
        event: &TrainEvent,
        before: &TrainState,
        decision: TrainDecision,
        rough: bool,
    ) -> Result<(), Violation> {
        self.note(|| format!("{event:?}: {:?} {:?}", decision.change, decision.orders));
        self.keeps_its_promises(event, before, &decision)?;
        let closes = matches!(decision.next, TrainState::Stopped { .. })
            || decision.orders.iter().any(|order| matches!(order, Order::Close { .. }));
        let lost = |dice: &mut Dice, percent| rough && dice.percent(percent);
        if closes {
            for order in &decision.orders {
                let Order::Close { rollout, because, alone } = order else { continue };
                if !lost(&mut self.dice, 10) {
                    let car = self.cars.get_mut(rollout).unwrap();
                    let (because, recalled, alone) = (because.clone(), true, *alone);
                    car.phase = Phase::Closed { because, recalled, alone };
                }
            }
            self.state = decision.next;
            if !lost(&mut self.dice, 20) {
                self.stored = self.state.clone();
                self.write(decision.change.as_ref());
            }
            return Ok(());
        }
        if decision.next != *before {
            match self.dice.below(if rough { 10 } else { 1 }) {
                0..7 => {
                    self.state = decision.next.clone();
                    self.stored = decision.next;
                }
                // It took place, and the answer is lost: the record is read again.
                7 => {
                    self.reached.lost_answers += 1;
                    self.state = decision.next.clone();
                    self.stored = decision.next;
                    self.write(decision.change.as_ref());
                    return Ok(());
                }
                _ => return Ok(()),
            }
            self.write(decision.change.as_ref());
        }
        for order in decision.orders {
            if matches!(order, Order::Begin { .. }) && !lost(&mut self.dice, 20) {
                self.on_their_way.push(order);
            }
        }
        Ok(())
    }

    fn write(&mut self, change: Option<&TrainChange>) {
        if let Some(change) = change {
            self.reached.completions += u64::from(matches!(change, TrainChange::Completed { .. }));
            self.reached.retries += u64::from(matches!(change, TrainChange::Started { run: 2.., .. }));
            writeln!(self.ledger, "{} {change}", self.now).unwrap();
        }
    }

    // --- what is promised ---

    fn keeps_its_promises(
        &self,
        event: &TrainEvent,
        before: &TrainState,
        decision: &TrainDecision,
    ) -> Result<(), Violation> {
        let broken = |promise, what: String| Err(Violation::new(promise, what));
        let begins: Vec<_> = decision.orders.iter().filter(|order| matches!(order, Order::Begin { .. })).collect();
        if begins.len() > 1 {
            return broken("train-one-at-a-time", format!("{begins:?}"));
        }
        if let Some(Order::Begin { rollout, attempt }) = begins.first() {
            if !before.is_on_its_way() {
                return broken("train-opens-only-on-its-way", format!("{rollout} begins in {before:?}"));
            }
            if self.cars[rollout].attempt + 1 != *attempt {
                return broken("train-attempts-count-up", format!("{rollout} begins attempt {attempt}"));
            }
            self.all_before_are_good(before, rollout)?;
            let train_member = self.train.member(rollout).unwrap();
            if let Some(missing) = train_member.needs.iter().find(|needed| !self.cars[*needed].is_open()) {
                return broken("train-needs-are-open", format!("{rollout} begins without {missing}"));
            }
        }
        // A beginning that is ordered again is no news; all else that changes has one row.
        let changed = decision.next != *before;
        if changed != decision.change.is_some() {
            return broken("train-one-row-per-change", format!("{before:?} {decision:?}"));
        }
        if let (TrainState::Stopped { .. } | TrainState::Completed { .. }, TrainState::Running(_)) =
            (before, &decision.next)
            && !matches!(event, TrainEvent::Reenable { .. } | TrainEvent::Retry { .. })
        {
            return broken("train-opens-again-only-for-a-person", format!("{event:?}"));
        }
        self.closes_what_it_must(event, before, decision)
    }

    /// Everybody aboard before a member is open to all, was watched long enough, and looked good in a check of now.
    fn all_before_are_good(&self, before: &TrainState, rollout: &RolloutName) -> Result<(), Violation> {
        let run = before.run().unwrap();
        for member in self.train.members.iter().take_while(|member| member.rollout != *rollout) {
            if !run.is_aboard(&member.rollout) {
                continue;
            }
            let car = &self.cars[&member.rollout];
            let good = match &car.phase {
                Phase::Completed => true,
                Phase::Open { all: true, watched, clear: true, .. } => car.looked && *watched >= member.watch,
                _ => false,
            };
            if !good {
                let what = format!("{rollout} begins while {} is {car:?}", member.rollout);
                return Err(Violation::new("train-waits-for-the-one-before", what));
            }
        }
        Ok(())
    }

    /// When one is closed, the same decision orders to close all that must close with it, the last one first.
    fn closes_what_it_must(
        &self,
        event: &TrainEvent,
        before: &TrainState,
        decision: &TrainDecision,
    ) -> Result<(), Violation> {
        let closed: Vec<&RolloutName> = decision
            .orders
            .iter()
            .filter_map(|order| if let Order::Close { rollout, .. } = order { Some(rollout) } else { None })
            .collect();
        let places: Vec<_> = closed
            .iter()
            .map(|name| self.train.members.iter().position(|member| member.rollout == **name).unwrap())
            .collect();
        if !places.is_sorted_by(|a, b| a > b) {
            return Err(Violation::new("train-closes-in-reverse", format!("{closed:?}")));
        }
        let Some(run) = before.run() else { return Ok(()) };
        if !matches!(event, TrainEvent::Looked) {
            return Ok(());
        }
        let aboard = |name: &RolloutName| {
            use tidegate::rollout::train::Ride;
            matches!(run.ride(name), Some(Ride::Begun(attempt)) if self.cars[name].attempt >= attempt)
        };
        let failed: Vec<&RolloutName> =
            self.cars.iter().filter(|(name, car)| aboard(name) && !car.is_open()).map(|(name, _)| name).collect();
        let all_alone = failed.iter().all(|name| matches!(self.cars[*name].phase, Phase::Closed { alone: true, .. }));
        let everybody = self.train.rollback == Extent::All && !all_alone;
        for (name, car) in self.cars.iter().filter(|(name, car)| aboard(name) && car.is_open()) {
            let needs_one = failed.iter().any(|one| needs(&self.train, name, one));
            let must = !failed.is_empty() && (everybody || needs_one);
            if must && !closed.contains(&name) {
                let what = format!("{failed:?} closed, and {name} is left {car:?}");
                return Err(Violation::new("train-closes-at-once", what));
            }
            if !must && closed.contains(&name) {
                let what = format!("{failed:?} closed, and {name} is closed without need");
                return Err(Violation::new("train-closes-only-for-a-reason", what));
            }
        }
        Ok(())
    }

    /// In a world that does what it is told, whatever must be closed is closed in the end, and nothing stands still for
    /// ever that could go on.
    fn comes_to_rest(&mut self) -> Result<(), Violation> {
        for _ in 0..AT_REST {
            self.events += 1;
            self.now += 60_000;
            for car in self.cars.values_mut() {
                if let Phase::Open { watched, .. } = &car.phase {
                    car.phase = open(true, *watched + Duration::from_secs(60), true);
                    car.looked = true;
                }
            }
            self.look(false)?;
            while !self.on_their_way.is_empty() {
                self.an_order_arrives();
            }
        }
        let dangling: Vec<_> = self
            .cars
            .iter()
            .filter(|(_, car)| car.is_open())
            .filter(|(name, _)| {
                let closed = |needed: &&Member| !self.cars[&needed.rollout].is_open();
                let aboard = self.state.run().is_some_and(|run| run.is_aboard(name));
                aboard && self.train.members.iter().filter(closed).any(|other| needs(&self.train, name, &other.rollout))
            })
            .map(|(name, _)| name.clone())
            .collect();
        if !dangling.is_empty() {
            let what = format!("{dangling:?} without what they need: {:?}", self.cars);
            return Err(Violation::new("train-needs-are-open", what));
        }
        if let TrainState::Stopped { run, .. } = &self.state {
            use tidegate::rollout::train::Ride;
            let left = self.cars.iter().find(|(name, car)| {
                matches!(run.ride(name), Some(Ride::Closed(attempt)) if car.attempt == attempt) && car.is_open()
            });
            if let Some((name, car)) = left {
                return Err(Violation::new("train-closings-arrive", format!("{name} is still {car:?}")));
            }
        }
        match &self.state {
            TrainState::Running(run) => {
                Err(Violation::new("train-arrives", format!("still {run:?} with {:?}", self.cars)))
            }
            _ => Ok(()),
        }
    }
}

/// Whether one cannot be open without the other, by whatever way.
fn needs(train: &Train, one: &RolloutName, other: &RolloutName) -> bool {
    train
        .member(one)
        .is_some_and(|member| member.needs.iter().any(|needed| needed == other || needs(train, needed, other)))
}

fn open(all: bool, watched: Duration, clear: bool) -> Phase {
    Phase::Open { all, watched, clear: clear && all, paused: false, where_: String::new() }
}

fn by_dice(dice: &mut Dice) -> Train {
    let names: Vec<RolloutName> =
        (0..dice.between(2, 5)).map(|number| RolloutName::new(&format!("m{number}")).unwrap()).collect();
    let member = |(index, name): (usize, &RolloutName)| Member {
        rollout: name.clone(),
        watch: Duration::from_secs(dice.between(10, 240)),
        needs: names[..index].iter().filter(|_| dice.percent(35)).cloned().collect(),
    };
    let members = names.iter().enumerate().map(member).collect();
    let rollback = dice.of(&[Extent::All, Extent::All, Extent::Dependents]);
    let name = RolloutName::new("train").unwrap();
    Train { name, environment: "default".into(), rollback, cohorts: None, members }
}
