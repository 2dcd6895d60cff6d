//! What the controllers answer, and what they promise by it.

use crate::book::{Book, Promise};
use tidegate::controller::{AlertAnswer, CommandError, PostAnswer, Verb, View};
use tidegate::rollout::State;
use tidegate::units::RolloutName;

impl Book {
    pub(super) fn command_answered(
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
    pub(super) fn promised(&mut self, slot: usize, closed: Vec<View>) {
        for view in closed {
            if let State::RolledBack { attempt, .. } = view.state {
                self.promises.push(Promise { slot, rollout: view.plan.name.clone(), attempt });
            }
        }
    }

    pub(super) fn report_answered(
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

    pub(super) fn alert_answered(
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
