//! Tidegate.

use crate::Peer;
use std::hint::black_box;
use tidegate_cases::people::Person;
use tidegate_cases::tidegate::{Context, Flags, context};

pub(super) use tidegate_cases::tidegate::{document, document_of_rollouts};

/// Its flags and who asks.
#[derive(Debug)]
pub struct Tidegate<'p> {
    flags: Flags,
    contexts: Vec<Context<'p>>,
}

impl Tidegate<'_> {
    pub(super) fn load(document: &str) -> Self {
        Self { flags: Flags::load(document), contexts: Vec::new() }
    }

    pub(super) fn load_with_rollouts(document: &str) -> Self {
        Self { flags: Flags::load_with_rollouts(document), contexts: Vec::new() }
    }
}

impl<'p> Peer<'p> for Tidegate<'p> {
    fn meet(&mut self, people: &'p [Person]) {
        self.contexts = people.iter().map(|person| context(&person.body).expect("a context")).collect();
    }

    fn ask_each(&mut self, key: &str) {
        for context in &self.contexts {
            black_box(self.flags.ask(black_box(key), black_box(context)));
        }
    }

    fn ask_all(&mut self, person: usize) {
        let context = black_box(&self.contexts[person]);
        let answers = self.flags.ask_all(context);
        black_box(answers.resolutions().collect::<Vec<_>>());
    }

    fn is_on(&mut self, key: &str, person: usize) -> bool {
        self.flags.ask(key, &self.contexts[person]).variant() == Some("on")
    }
}
