//! Plans that are applied, and changed while their rollouts are under way.

use super::World;
use crate::book::open;
use crate::shape::FLAGS;
use std::sync::Arc;
use tidegate::rollout::Attachments;
use tidegate::source::Format;
use tidegate::store::{Origin, PlanSource};
use tidegate::units::RolloutName;

impl World<'_> {
    pub(super) fn plan(&mut self) {
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

    pub(super) fn book_flag(&self, index: usize) -> String {
        open(&self.book).shapes[&self.rollouts[index].1].flag.clone()
    }

    pub(super) fn apply_anew(&mut self, name: &RolloutName) {
        if let Some(index) = self.rollouts.iter().position(|(other, _)| other == name) {
            self.apply(index);
        }
    }

    pub(super) fn apply(&mut self, index: usize) {
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
}
