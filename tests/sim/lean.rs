//! The lean driver: the real decision alone, under events by dice, compared step by step with the model.
//! It has no store and no tasks, and so it is where the great number of events comes from.

use crate::dice::Dice;
use crate::model::{Expected, Model, Phase, Seen};
use crate::shape::{FLAGS, Shape};
use crate::truth::{Answering, MetricsMood, Truth, answering, no_data, not_a_number};
use crate::violation::{Failure, Kept, Reached, Violation};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tidegate::analysis::{Alert, Reading};
use tidegate::flag::{Gate, Rank, Share};
use tidegate::rollout::{self, Beginning, Cause, Change, Decision, Effect, Event, Evidence, Plan, State};
use tidegate::units::{MetricName, UnixMillis};

const ORIGIN: i64 = 1_780_000_000_000;

/// How many events one seed gives.
pub const EVENTS: u64 = 500;

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

struct Walk {
    dice: Dice,
    shape: Shape,
    plan: Arc<Plan>,
    names: BTreeMap<&'static str, MetricName>,
    truth: Truth,
    mood: MetricsMood,
    state: State,
    model: Model,
    world: u64,
    /// What the process's clock shows more than the world's.
    shift: i64,
    highest: Option<Rank>,
    alerts: BTreeMap<u64, &'static str>,
    events: u64,
    ledger: u64,
    reached: Reached,
    tells: bool,
    trace: Vec<String>,
}

impl Walk {
    fn new(seed: u64, tells: bool) -> Self {
        let mut dice = Dice::new(seed);
        let shape = Shape::by_dice(&mut dice, "r", FLAGS[0], 1);
        let unit = u64::try_from(shape.waves[0].every.as_millis()).unwrap();
        let truth = Truth::by_dice(&mut dice, unit, unit * EVENTS);
        let names = shape.metrics.iter().map(|metric| (metric.name, MetricName::new(metric.name).unwrap())).collect();
        let mut walk = Self {
            plan: shape.plan(),
            dice,
            shape,
            names,
            truth,
            mood: MetricsMood::Fine,
            state: State::Pending { attempts: 0 },
            model: Model::new(),
            world: 0,
            shift: 0,
            highest: None,
            alerts: BTreeMap::new(),
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
            let event = self.next_event();
            self.take(&event)?;
        }
        Ok(())
    }

    fn now(&self) -> i64 {
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
        if self.model.live() && self.dice.percent(85) {
            let due = rollout::next_check_in(&self.plan, &self.state, UnixMillis::new(self.now())).unwrap_or(every);
            let late = Duration::from_millis(self.dice.of(&[0, 0, 0, 1, 250, 15_000]));
            self.pass(due + late);
            return Event::Checked(self.evidence());
        }
        let millis = u64::try_from(every.as_millis()).unwrap();
        let span = self.dice.below(millis);
        self.pass(Duration::from_millis(span));
        match self.dice.below(100) {
            0..22 if self.model.phase == Phase::Pending => Event::Start(self.beginning()),
            0..22 if self.model.phase == Phase::Closed => Event::Retry(self.beginning()),
            0..5 => Event::Start(self.beginning()),
            5..10 => Event::Retry(self.beginning()),
            10..22 => Event::Checked(self.evidence()),
            22..30 => Event::Pause { by: by() },
            30..46 => Event::Resume { by: by() },
            46..60 => Event::Promote { by: by(), evidence: self.evidence() },
            60..64 => Event::Rollback { by: by(), reason: None },
            64..76 => self.fires(),
            76..92 => self.ends(),
            _ => {
                let away = self.dice.of(&[1, 2, 3, 4, 10, 1_000]);
                self.pass(every * away);
                self.reached.restarts += 1;
                Event::Recovered
            }
        }
    }

    /// Somebody sets the clock: a little, by an hour as where the time of the year changes, by a day.
    fn jump(&mut self, every: Duration) {
        let every = i64::try_from(every.as_millis()).unwrap();
        let by = self.dice.of(&[every, 3 * every, 3 * every + 1, 3_600_000, 86_400_000]);
        self.shift += if self.dice.percent(50) { by } else { -by };
        self.reached.clock_jumps += 1;
    }

    fn beginning(&mut self) -> Beginning {
        let flag_problems = if self.dice.percent(5) { vec!["the flag is not defined".to_owned()] } else { Vec::new() };
        let firing = self.alerts.iter().map(|(number, severity)| self.alert(*number, severity)).collect();
        Beginning { by: "ada".to_owned(), flag_problems, firing, ..Beginning::default() }
    }

    fn alert(&self, number: u64, severity: &str) -> Alert {
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

    fn evidence(&mut self) -> Evidence {
        let at = UnixMillis::new(self.now());
        let mut readings = BTreeMap::new();
        for metric in &self.shape.metrics {
            let tells = |value| Reading::Value { value, samples: Some(100), at };
            let reading = match answering(&mut self.dice, self.mood) {
                Answering::Tells | Answering::Slow(_) => tells(self.truth.value(metric, self.world)),
                Answering::Nothing(which) => Reading::NoData(no_data(which)),
                Answering::NotANumber(which) => not_a_number(which, at),
                Answering::Hangs => Reading::NoData(no_data(1)),
                // Nobody of that name was asked.
                Answering::Breaks => continue,
            };
            readings.insert(self.names[metric.name].clone(), reading);
        }
        let flag_problems = if self.dice.percent(1) { vec!["the flag is not defined".to_owned()] } else { Vec::new() };
        Evidence { readings, flag_problems, ..Evidence::default() }
    }

    /// Takes an event, and compares what was decided with what should be.
    fn take(&mut self, event: &Event) -> Result<(), Violation> {
        let now = self.now();
        let before = self.model.clone();
        let (expected, why) = self.expect(event, now);
        let decided = rollout::decide(&self.plan, &self.state, event, UnixMillis::new(now));
        if self.tells {
            let outcome = match &decided {
                Ok(decision) => match &decision.change {
                    Some(change) => change.to_string(),
                    None => rollout::sentence(&decision.waits),
                },
                Err(refusal) => format!("refused: {refusal}"),
            };
            self.trace.push(format!("{:>5} {:>12} {} -> {outcome}", self.events, now - ORIGIN, told(event)));
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
        let got = outcome(&self.state, &decision);
        if got != expected {
            return Err(mismatch(&before, &expected, &got, why, &decision));
        }
        self.fits(&before, &decision)?;
        self.write_down(&decision);
        self.state = decision.next;
        Ok(())
    }

    /// What the model makes of an event, and what kept it from going on, if anything did.
    fn expect(&mut self, event: &Event, now: i64) -> (Expected, &'static str) {
        let model = &mut self.model;
        match event {
            Event::Rollback { .. } | Event::Recalled { .. } => match model.phase {
                Phase::Pending => (Expected::Refused, ""),
                Phase::Closed => (Expected::Stays, ""),
                Phase::Running | Phase::Paused | Phase::Watching | Phase::Completed => {
                    model.close();
                    (Expected::Closes, "")
                }
            },
            Event::Firing(alert) => (self.expect_alert(alert, now), ""),
            Event::Resolved { fingerprint } => {
                model.firing.remove(&fingerprint.parse().unwrap());
                (Expected::Stays, "")
            }
            Event::Checked(evidence) => self.expect_check(evidence, now),
            Event::Promote { evidence, .. } => self.expect_promotion(evidence, now),
            Event::Start(beginning) => self.expect_beginning(Phase::Pending, beginning, now),
            Event::Retry(beginning) => self.expect_beginning(Phase::Closed, beginning, now),
            Event::Pause { .. } => match model.phase {
                Phase::Running => {
                    model.phase = Phase::Paused;
                    (Expected::Pauses, "")
                }
                Phase::Paused => (Expected::Stays, ""),
                _ => (Expected::Refused, ""),
            },
            Event::Resume { .. } => match model.phase {
                Phase::Paused => {
                    model.resume(now);
                    (Expected::Resumes, "")
                }
                Phase::Running => (Expected::Stays, ""),
                _ => (Expected::Refused, ""),
            },
            Event::Posted(_) | Event::Due(_) => (Expected::Stays, ""),
            Event::Recovered => {
                if model.live() {
                    model.recover(&self.shape, now);
                }
                (Expected::Stays, "")
            }
        }
    }

    fn expect_alert(&mut self, alert: &Alert, now: i64) -> Expected {
        let severity = self.alerts[&alert.fingerprint.parse::<u64>().unwrap()];
        let remembered = match severity {
            "critical" => self.shape.critical_closes,
            "warning" | "page" => true,
            _ => false,
        };
        if !self.model.live() || !remembered {
            return Expected::Stays;
        }
        self.model.hear(&self.shape, alert.fingerprint.parse().unwrap(), severity, now);
        match Model::alerts_close(&self.shape, self.model.severities()) {
            true => {
                self.model.close();
                Expected::Closes
            }
            false => Expected::Stays,
        }
    }

    fn look(&mut self, evidence: &Evidence, now: i64) -> Seen {
        let names = &self.names;
        let readings = |name: &str| names.get(name).and_then(|name| evidence.readings.get(name)).cloned();
        self.model.look(&self.shape, &readings, !evidence.flag_problems.is_empty(), now)
    }

    fn expect_check(&mut self, evidence: &Evidence, now: i64) -> (Expected, &'static str) {
        if !self.model.live() {
            return (Expected::Stays, "it-is-over");
        }
        let seen = self.look(evidence, now);
        if seen.closes {
            self.model.close();
            return (Expected::Closes, "");
        }
        if seen.verdict.goes_back {
            return (self.model.go_back(now), "");
        }
        let paused = self.model.phase == Phase::Paused;
        self.model.pass(&self.shape, seen, !paused, now);
        let watching = self.model.watching();
        let why = match () {
            () if paused => "pause-stands-still",
            () if seen.verdict.blind => "advance-needs-data",
            () if seen.holds => "hold-holds",
            () if !seen.verdict.good && !watching => "advance-needs-what-the-plan-asks-for",
            () if !self.model.baked_enough(&self.shape) => "bake-is-watched-time",
            () if self.model.returned && !watching => "stepped-back-waits-for-a-person",
            () if self.model.needs_approval(&self.shape) => "approval-is-a-person's",
            () => {
                self.model.go_on(&self.shape, now);
                return (Expected::GoesOn, "");
            }
        };
        (Expected::Stays, why)
    }

    fn expect_promotion(&mut self, evidence: &Evidence, now: i64) -> (Expected, &'static str) {
        if self.model.phase != Phase::Running {
            return (Expected::Refused, "promotion-is-legal-only-in-a-wave");
        }
        let before = self.model.clone();
        let seen = self.look(evidence, now);
        if seen.closes {
            self.model.close();
            return (Expected::Closes, "");
        }
        if seen.verdict.goes_back {
            return (self.model.go_back(now), "");
        }
        if seen.verdict.blind || seen.holds || !seen.verdict.good {
            self.model = before;
            return (Expected::Refused, "promotion-is-no-evidence");
        }
        self.model.go_on(&self.shape, now);
        (Expected::GoesOn, "")
    }

    fn expect_beginning(&mut self, from: Phase, beginning: &Beginning, now: i64) -> (Expected, &'static str) {
        let legal = self.model.phase == from && beginning.flag_problems.is_empty();
        if !legal || Model::alerts_close(&self.shape, self.alerts.values()) {
            return (Expected::Refused, "begins-only-where-it-may");
        }
        self.model.begin(now);
        let remembered = self.alerts.iter().filter(|(_, severity)| matches!(**severity, "warning" | "page"));
        self.model.firing = remembered.map(|(number, severity)| (*number, (*severity, now))).collect();
        if self.model.attempt > 1 {
            self.reached.retries += 1;
        }
        (Expected::Begins, "")
    }

    /// State, effect, overlay and row must all say the same.
    fn fits(&mut self, before: &Model, decision: &Decision) -> Result<(), Violation> {
        let broken = |invariant, what: String| Err(Violation::new(invariant, what));
        let (next, model) = (&decision.next, &self.model);
        let (phase, wave) = place(next);
        if next.attempt() != model.attempt {
            return broken("attempts-count-up", format!("attempt {} instead of {}", next.attempt(), model.attempt));
        }
        if phase != model.phase || (model.live() && wave != Some(model.wave)) {
            let what = format!("{phase:?} in wave {wave:?} instead of {:?} in wave {}", model.phase, model.wave);
            return broken("one-wave-at-a-time", what);
        }
        if let (Some(stage), true) = (stage(next), model.live()) {
            if (stage.step, stage.returned) != (model.step, model.returned) {
                let what = format!("step {}, returned {}, in {model:?}", stage.step, stage.returned);
                return broken("one-wave-at-a-time", what);
            }
            if stage.baked != model.baked {
                return broken("bake-is-watched-time", format!("{:?} baked instead of {:?}", stage.baked, model.baked));
            }
            if !stage.firing.keys().cloned().eq(model.firing.keys().map(u64::to_string)) {
                return broken(
                    "firing-alerts-are-remembered",
                    format!("{:?} instead of {:?}", stage.firing, model.firing),
                );
            }
            let every = self.shape.every(model.wave, model.watching());
            let due = rollout::next_check_in(&self.plan, next, UnixMillis::new(self.now()));
            if due.is_none_or(|due| due > every) {
                return broken("checks-go-on", format!("the next check is due in {due:?}"));
            }
        }
        let share = rollout::exposure(&self.plan, next);
        let percent = match model.phase {
            Phase::Pending | Phase::Closed => 0,
            Phase::Completed => self.shape.waves[self.shape.waves.len() - 1].percent,
            _ => self.shape.waves[model.wave].percent,
        };
        if share.to_string() != format!("{percent}%") {
            return broken("exposure-is-the-wave's", format!("{share} instead of {percent}%"));
        }
        let moved = before.phase != model.phase || before.wave != model.wave || before.attempt != model.attempt;
        let told = matches!(&decision.change, Some(change) if !matches!(change, Change::Held(_) | Change::Released));
        if moved != told {
            return broken(
                "one-row-per-change",
                format!("{:?} for a change from {before:?} to {model:?}", decision.change),
            );
        }
        if decision.waits.is_empty() != (model.phase == Phase::Completed) {
            return broken("what-stays-says-why", format!("{:?} in {:?}", decision.waits, model.phase));
        }
        self.overlay_fits(before, decision)
    }

    fn overlay_fits(&mut self, before: &Model, decision: &Decision) -> Result<(), Violation> {
        let broken = |invariant, what: String| Err(Violation::new(invariant, what));
        let lies = rollout::overlay(&self.plan, &decision.next);
        let (overlay, closes) = match &decision.effect {
            Effect::Keep => {
                let was = rollout::overlay(&self.plan, &self.state);
                if lies != was {
                    return broken("one-effect-per-change", format!("{was:?} became {lies:?} without an effect"));
                }
                return Ok(());
            }
            Effect::Open(opening) => (opening.clone().into_overlay(), false),
            Effect::Narrow(narrowing) => (narrowing.overlay().clone(), false),
            Effect::Close(closing) => (closing.overlay().clone(), true),
        };
        if lies.as_ref() != Some(&overlay) {
            return broken("a-restart-serves-the-same", format!("{overlay:?}, and after a restart {lies:?}"));
        }
        if self.highest.is_some_and(|highest| overlay.rank <= highest) {
            return broken("ranks-only-grow", format!("{:?} after {:?}", overlay.rank, self.highest));
        }
        if matches!(overlay.gate, Gate::Closed) != closes {
            return broken("closing-wins", format!("{overlay:?} for {:?}", decision.effect));
        }
        if !closes && before.attempt == self.model.attempt {
            let was = rollout::overlay(&self.plan, &self.state).map(|overlay| overlay.gate);
            let (Some(Gate::Open(was)), Gate::Open(is)) = (was, &overlay.gate) else {
                return broken("closed-stays-closed", format!("{overlay:?} in the same attempt"));
            };
            let back = matches!(decision.effect, Effect::Narrow(_));
            let widest = |share: &Share| share.parts.as_slice().iter().map(|part| part.exposure).max();
            if (widest(is) < widest(&was) && !back) || (&is.salt, &is.bucket_by) != (&was.salt, &was.bucket_by) {
                return broken("nobody-loses-it-while-it-grows", format!("{was:?} became {is:?}"));
            }
        }
        self.highest = Some(overlay.rank);
        Ok(())
    }

    fn write_down(&mut self, decision: &Decision) {
        match &decision.effect {
            Effect::Open(_) | Effect::Narrow(_) => self.reached.openings += 1,
            Effect::Close(_) => self.reached.closings += 1,
            Effect::Keep => {}
        }
        let Some(change) = &decision.change else { return };
        if matches!(change, Change::Completed { .. }) {
            self.reached.completions += 1;
        }
        // FNV-1a over the ledger's sentences.
        for byte in change.to_string().bytes() {
            self.ledger = (self.ledger ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

fn stage(state: &State) -> Option<&rollout::Stage> {
    match state {
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => Some(stage),
        _ => None,
    }
}

fn place(state: &State) -> (Phase, Option<usize>) {
    let wave = stage(state).map(|stage| stage.wave);
    match state {
        State::Pending { .. } => (Phase::Pending, wave),
        State::Running(_) => (Phase::Running, wave),
        State::Paused { .. } => (Phase::Paused, wave),
        State::Watching(_) => (Phase::Watching, wave),
        State::Completed { .. } => (Phase::Completed, wave),
        State::RolledBack { wave, .. } => (Phase::Closed, Some(*wave)),
        #[allow(unreachable_patterns, reason = "states may be added")]
        _ => (Phase::Pending, wave),
    }
}

/// What a decision came to.
fn outcome(before: &State, decision: &Decision) -> Expected {
    let (was, is) = (place(before), place(&decision.next));
    match (was.0, is.0) {
        (Phase::Closed, Phase::Closed) => Expected::Stays,
        (_, Phase::Closed) => Expected::Closes,
        (Phase::Pending | Phase::Closed, Phase::Running) => Expected::Begins,
        (Phase::Running, Phase::Paused) => Expected::Pauses,
        (Phase::Paused, Phase::Running) if was.1 == is.1 => Expected::Resumes,
        _ if is.1 < was.1 && is.1.is_some() => Expected::GoesBack,
        _ if was == is && before.attempt() == decision.next.attempt() => Expected::Stays,
        _ => Expected::GoesOn,
    }
}

/// The promise that is broken when one thing was right and another was done.
fn mismatch(before: &Model, expected: &Expected, got: &Expected, why: &'static str, decision: &Decision) -> Violation {
    let invariant = match (expected, got) {
        (Expected::Closes, _) => "closing-wins",
        (_, Expected::Closes) => "closes-only-for-a-reason",
        _ if matches!(before.phase, Phase::Completed | Phase::Closed) && before.phase != place(&decision.next).0 => {
            "terminal-is-terminal"
        }
        (Expected::Refused | Expected::Stays, _) if !why.is_empty() => why,
        (Expected::GoesOn, _) => "goes-on-when-it-may",
        (Expected::GoesBack, _) => "steps-back-when-it-must",
        (_, Expected::GoesBack) => "steps-back-only-for-a-reason",
        _ => "does-what-it-is-told",
    };
    let cause = match &decision.next {
        State::RolledBack { cause, .. } => format!(" ({})", said(cause)),
        _ => String::new(),
    };
    Violation::new(invariant, format!("{got:?}{cause} where {expected:?} was right ({why}); before: {before:?}"))
}

fn said(cause: &Cause) -> String {
    cause.to_string()
}

fn told(event: &Event) -> String {
    match event {
        Event::Checked(evidence) => format!("check {}", readings(evidence)),
        Event::Promote { evidence, .. } => format!("promote {}", readings(evidence)),
        other => format!("{other:?}"),
    }
}

fn readings(evidence: &Evidence) -> String {
    let told = evidence.readings.iter().map(|(name, reading)| match reading {
        Reading::Value { value, .. } => format!("{name}={value}"),
        Reading::NoData(why) => format!("{name}: {why}"),
    });
    let problems = evidence.flag_problems.iter().cloned();
    told.chain(problems).collect::<Vec<_>>().join(", ")
}
