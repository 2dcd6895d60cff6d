//! What people, alerts and reports do to the controllers.

use super::{AT_ONCE, World};
use crate::book::{Asked, SLOTS, open};
use crate::history::live;
use crate::shape::FLAGS;
use crate::truth::MetricsMood;
use std::sync::Arc;
use std::time::Duration;
use tidegate::analysis::Alert;
use tidegate::controller::{Addressee, Posting, Verb, View};
use tidegate::rollout::{PostedEvent, State};
use tidegate::units::RolloutName;
use tokio::time::sleep;

impl World<'_> {
    pub(super) fn rollout(&mut self) -> (RolloutName, String) {
        let index = usize::try_from(self.dice.below(self.rollouts.len() as u64)).unwrap();
        self.rollouts[index].clone()
    }

    pub(super) fn view(&self, slot: usize, name: &RolloutName) -> Option<View> {
        let process = self.slots[slot].process.as_ref()?;
        process.controller.get(name.as_str())
    }

    /// The slot that is spoken to: mostly the holder, sometimes one that was it before.
    pub(super) fn addressed(&mut self) -> usize {
        let other = usize::try_from(self.dice.below(SLOTS as u64)).unwrap();
        let awake = self.slots[other].process.as_ref().is_some_and(|process| !process.frozen);
        if awake && self.dice.percent(15) { other } else { self.holder }
    }

    pub(super) fn person(&mut self) {
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
        if verb == Verb::Rollback || self.dice.percent(50) {
            self.think_better(slot, &name, verb);
        }
    }

    /// A person's command; what it closes is closed at once.
    pub(super) fn tell(&mut self, slot: usize, name: &RolloutName, verb: Verb, delay: u64) {
        let serving = self.view(slot, name).filter(|view| verb == Verb::Rollback && delay == 0 && serving(view));
        self.command(slot, name, verb, delay);
        if let Some(view) = serving {
            self.closes_at_once(slot, &view);
        }
    }

    /// Somebody takes a command back before it is carried out: the first may be on its way to the store.
    pub(super) fn think_better(&mut self, slot: usize, name: &RolloutName, verb: Verb) {
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
    pub(super) fn delay(&mut self) -> u64 {
        self.dice.of(&[0, 0, 0, 0, 1, 40, 300, 2_000])
    }

    pub(super) fn door(&mut self, slot: usize, what: String) -> Option<u64> {
        let process = self.slots[slot].process.as_ref()?.seat.process;
        let door = self.next_door;
        self.next_door += 1;
        self.note(|| format!("door {door} at process {process}: {what}"));
        open(&self.book).asked.insert(door, Asked { process, world: self.world, what });
        Some(door)
    }

    pub(super) fn command(&mut self, slot: usize, name: &RolloutName, verb: Verb, delay: u64) {
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
    pub(super) fn alerts(&mut self) {
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

    pub(super) fn send_alert(&mut self, slot: usize, alert: Alert, fires: bool, delay: u64) {
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
    pub(super) fn reports(&mut self) {
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
    pub(super) fn closes_at_once(&mut self, slot: usize, view: &View) {
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
}

/// Whether a rollback takes the candidate from somebody.
fn serving(view: &View) -> bool {
    live(&view.state) || matches!(view.state, State::Completed { .. })
}
