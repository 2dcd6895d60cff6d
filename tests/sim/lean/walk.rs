//! One rollout's life under events by dice.

use super::fits;
use super::look::{Given, names};
use super::model::{Expected, Model, Phase, Row};
use crate::dice::Dice;
use crate::shape::{FLAGS, Shape};
use crate::truth::{MetricsMood, Truth};
use crate::violation::{Failure, Kept, Reached, Violation};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tidegate::analysis::Alert;
use tidegate::flag::Rank;
use tidegate::rollout::{self, Event, Finding, Plan, PostedEvent, State};
use tidegate::store::Stored as _;
use tidegate::units::{MetricName, UnixMillis};

pub const ORIGIN: i64 = 1_780_000_000_000;

/// How many events one seed gives.
const EVENTS: u64 = 500;

/// Somebody sets the clock by an hour, as where the time of the year changes, or by a day.
pub const JUMPS: [i64; 4] = [3_600_000, -3_600_000, 86_400_000, -86_400_000];

pub fn run(seed: u64) -> Result<Kept, Failure> {
    let failed = match Walk::new(seed, false).go() {
        Ok(kept) => return Ok(kept),
        Err((events, _)) => events,
    };
    // Once more, and this time everything is told.
    let mut walk = Walk::new(seed, true);
    let violation = match walk.steps() {
        Err(violation) => violation,
        Ok(()) => {
            Violation::new("replay", format!("it failed after {failed} events, and did not when it was repeated"))
        }
    };
    Err(Failure { driver: "lean", seed, events: walk.events, violation, trace: walk.trace })
}

pub struct Walk {
    pub dice: Dice,
    pub shape: Shape,
    pub plan: Arc<Plan>,
    pub names: Vec<MetricName>,
    pub truth: Truth,
    pub mood: MetricsMood,
    pub state: State,
    pub model: Model,
    pub world: u64,
    /// What the process's clock shows more than the world's.
    shift: i64,
    pub highest: Option<Rank>,
    pub alerts: BTreeMap<u64, &'static str>,
    /// What the world gave the check that is being judged.
    pub given: Given,
    /// The row that the event must leave.
    pub row: Row,
    /// A condition that means something else to the program than to the simulator.
    pub differs: Option<String>,
    pub events: u64,
    pub ledger: u64,
    pub reached: Reached,
    tells: bool,
    trace: Vec<String>,
}

/// Where a rollout stood before an event.
#[derive(Debug, Clone, Copy)]
pub struct Before {
    pub phase: Phase,
    pub attempt: u32,
}

impl Walk {
    fn new(seed: u64, tells: bool) -> Self {
        let mut dice = Dice::new(seed);
        let shape = Shape::by_dice(&mut dice, "r", FLAGS[0], 1, ORIGIN);
        let unit = u64::try_from(shape.waves[0].every.as_millis()).unwrap();
        let truth = Truth::by_dice(&mut dice, unit, unit * EVENTS);
        let mut walk = Self {
            plan: shape.plan(),
            dice,
            names: names(&shape),
            shape,
            truth,
            mood: MetricsMood::Fine,
            state: State::Pending { attempts: 0 },
            model: Model::new(),
            world: 0,
            shift: 0,
            highest: None,
            alerts: BTreeMap::new(),
            given: Given::default(),
            row: Row::None,
            differs: None,
            events: 0,
            ledger: 0xcbf2_9ce4_8422_2325,
            reached: Reached::default(),
            tells,
            trace: Vec::new(),
        };
        if tells {
            walk.trace.push(walk.shape.text.clone());
        }
        walk
    }

    fn go(mut self) -> Result<Kept, (u64, Violation)> {
        match self.steps() {
            Ok(()) => {
                Ok(Kept { events: self.events, ledger: self.ledger.to_be_bytes().to_vec(), reached: self.reached })
            }
            Err(violation) => Err((self.events, violation)),
        }
    }

    fn steps(&mut self) -> Result<(), Violation> {
        while self.events < EVENTS {
            self.events += 1;
            if self.dice.below(1_000) < 3 {
                self.revise()?;
                continue;
            }
            let event = self.next_event();
            if matches!(event, Event::Recovered) {
                self.stored_comes_back()?;
            }
            self.take(&event)?;
        }
        Ok(())
    }

    pub fn now(&self) -> i64 {
        ORIGIN + i64::try_from(self.world).unwrap() + self.shift
    }

    fn pass(&mut self, span: Duration) {
        self.world += u64::try_from(span.as_millis()).unwrap();
    }

    /// What happens next, and when.
    fn next_event(&mut self) -> Event {
        let by = || "ada".to_owned();
        let every = self.shape.every(self.model.wave, self.model.watching());
        if self.dice.percent(1) {
            self.jump(every);
        }
        if self.dice.percent(2) {
            self.mood = self.dice.of(&[MetricsMood::Fine, MetricsMood::Fine, MetricsMood::Rough, MetricsMood::Away]);
        }
        if self.model.live() && self.shape.metric("escalations").is_some() && self.dice.percent(5) {
            return self.reports();
        }
        if self.model.live() && self.dice.percent(85) {
            let due = rollout::next_check_in(&self.plan, &self.state, UnixMillis::new(self.now())).unwrap_or(every);
            let late = Duration::from_millis(self.dice.of(&[0, 0, 0, 1, 250, 15_000]));
            self.pass(due + late);
            return Event::Checked(self.evidence());
        }
        if self.model.phase == Phase::Pending && self.dice.percent(50) {
            let due = rollout::next_check_in(&self.plan, &self.state, UnixMillis::new(self.now()));
            self.pass(due.unwrap_or(every));
            return Event::Due(self.beginning());
        }
        let millis = u64::try_from(every.as_millis()).unwrap();
        let span = self.dice.below(millis);
        self.pass(Duration::from_millis(span));
        match self.dice.below(100) {
            0..22 if self.model.phase == Phase::Pending => Event::Start(self.beginning()),
            0..22 if self.model.phase == Phase::Closed => Event::Retry(self.beginning()),
            0..5 => Event::Start(self.beginning()),
            5..10 => Event::Retry(self.beginning()),
            10..20 => Event::Checked(self.evidence()),
            20..28 => Event::Pause { by: by() },
            28..43 => Event::Resume { by: by() },
            43..57 => Event::Promote { by: by(), evidence: self.evidence() },
            57..60 => Event::Rollback { by: by(), reason: None },
            60..71 => self.fires(),
            71..86 => self.ends(),
            86..93 => self.reports(),
            _ => {
                let away = self.dice.of(&[1, 2, 3, 4, 10, 1_000]);
                self.pass(every * away);
                self.reached.restarts += 1;
                Event::Recovered
            }
        }
    }

    /// Somebody sets the clock: a little, by an hour, or by a day.
    fn jump(&mut self, every: Duration) {
        let every = i64::try_from(every.as_millis()).unwrap();
        let kind = usize::try_from(self.dice.below(6)).unwrap();
        let by = match JUMPS.get(kind) {
            Some(by) => *by,
            None => self.dice.of(&[every, 3 * every, 3 * every + 1, -every, -3 * every, -3 * every - 1]),
        };
        self.shift += by;
        if kind < JUMPS.len() {
            self.reached.jumps[self.model.phase as usize][kind] += 1;
        }
        self.reached.clock_jumps += 1;
    }

    pub fn alert(&self, number: u64, severity: &str) -> Alert {
        let labels = [("severity", severity), ("flag", self.shape.flag.as_str())];
        let labels = labels.map(|(label, value)| (label.to_owned(), value.to_owned()));
        Alert { fingerprint: number.to_string(), labels: labels.into() }
    }

    fn fires(&mut self) -> Event {
        let number = self.dice.below(4);
        let severity = ["warning", "page", "info", "critical"][usize::try_from(number).unwrap()];
        self.alerts.insert(number, severity);
        Event::Firing(self.alert(number, severity))
    }

    fn ends(&mut self) -> Event {
        let number = self.dice.below(4);
        self.alerts.remove(&number);
        Event::Resolved { fingerprint: number.to_string() }
    }

    /// Reports come again and again.
    fn reports(&mut self) -> Event {
        let name = self.dice.of(&["escalations", "escalations", "escalations", "rumours"]).to_owned();
        let (id, count) = (self.dice.below(8), self.dice.of(&[1, 1, 1, 2]));
        Event::Posted(PostedEvent { name, id: id.to_string(), count })
    }

    /// A state that does not come back from its encoding as it was is another one after a restart.
    fn stored_comes_back(&mut self) -> Result<(), Violation> {
        let broken = |what: String| Violation::new("what-is-stored-comes-back", what);
        let text = self.state.encode().map_err(|error| broken(error.to_string()))?;
        let state = State::decode(&text).map_err(|error| broken(format!("{error}: {text}")))?;
        if state != self.state {
            return Err(broken(format!("{state:?} came back for {:?}", self.state)));
        }
        self.state = state;
        Ok(())
    }

    /// Somebody changes the plan: what has not begun may change, and nothing else.
    fn revise(&mut self) -> Result<(), Violation> {
        let (shape, until) = self.shape.revised(&mut self.dice);
        let plan = shape.plan();
        let may = match self.model.phase {
            Phase::Pending | Phase::Closed => true,
            Phase::Running | Phase::Paused => until.is_some_and(|wave| wave > self.model.wave),
            Phase::Watching | Phase::Completed => false,
        };
        let done = rollout::may_revise(&self.plan, &plan, &self.state);
        if done.is_ok() != may {
            let what = format!("{done:?} in {:?}, wave {}:\n{}", self.model.phase, self.model.wave, shape.text);
            return Err(Violation::new("what-has-begun-stays", what));
        }
        if may {
            (self.shape, self.plan) = (shape, plan);
            self.reached.revisions += 1;
            if self.tells {
                self.trace.push(format!("{:>5} another plan:\n{}", self.events, self.shape.text));
            }
        }
        Ok(())
    }

    /// Takes an event, and compares what was decided with what should be.
    fn take(&mut self, event: &Event) -> Result<(), Violation> {
        let now = self.now();
        let Model { phase, attempt, .. } = self.model;
        let before = Before { phase, attempt };
        let decided = rollout::decide(&self.plan, &self.state, event, UnixMillis::new(now));
        // What a refused promotion saw is that of a check.
        let shadow = match (&decided, event) {
            (Err(_), Event::Promote { evidence, .. }) if phase == Phase::Running => {
                let check = Event::Checked(evidence.clone());
                rollout::decide(&self.plan, &self.state, &check, UnixMillis::new(now)).ok()
            }
            _ => None,
        };
        let findings: &[Finding] =
            decided.as_ref().ok().or(shadow.as_ref()).map_or(&[], |decision| decision.findings.as_slice());
        (self.row, self.differs) = (Row::None, None);
        let (expected, why) = self.expect(event, findings, now)?;
        if self.tells {
            let outcome = match &decided {
                Ok(decision) => match &decision.change {
                    Some(change) => change.to_string(),
                    None => rollout::sentence(&decision.waits),
                },
                Err(refusal) => format!("refused: {refusal}"),
            };
            self.trace.push(format!("{:>5} {:>12} {} -> {outcome}", self.events, now - ORIGIN, fits::told(event)));
        }
        let decision = match decided {
            Ok(decision) => decision,
            Err(_) if expected == Expected::Refused => return Ok(()),
            Err(refusal) => {
                let invariant = match expected {
                    Expected::Closes => "closing-wins",
                    _ => "refuses-only-what-is-not-legal",
                };
                return Err(Violation::new(invariant, format!("{refusal}, where {expected:?} was right")));
            }
        };
        let got = fits::outcome(&self.state, &decision);
        if got != expected {
            return Err(fits::mismatch(before, &expected, &got, why, &decision));
        }
        if let Some(what) = self.differs.take() {
            return Err(Violation::new("conditions-mean-what-they-say", what));
        }
        self.fits(before, &expected, &decision)?;
        self.write_down(&decision);
        self.state = decision.next;
        Ok(())
    }
}
