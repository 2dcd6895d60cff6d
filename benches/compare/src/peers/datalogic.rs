//! datalogic-rs: the JSONLogic engine with flagd's operators. It has no flags: the answer is the name that
//! the rule gives, without reason, default or value.

use crate::Peer;
use datalogic_rs::bumpalo::Bump;
use datalogic_rs::{Engine, Logic, ParsedData};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::hint::black_box;
use tidegate_cases::flags::{SUFFIX, Shape, VERSION, countries, joined};
use tidegate_cases::people::Person;

/// Its rules and who asks.
pub struct Datalogic {
    engine: Engine,
    rules: HashMap<String, Logic>,
    arena: Bump,
    contexts: Vec<ParsedData>,
}

impl std::fmt::Debug for Datalogic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Datalogic")
    }
}

pub(super) fn document(flags: usize) -> String {
    let each = joined(flags, |key, shape| {
        // What flagd's short form hashes, written out: the engine knows no flag key.
        let quarter =
            format!(r#"{{"fractional":[{{"cat":["{key}",{{"var":"targetingKey"}}]}},["on",25],["off",75]]}}"#);
        let rule = match shape {
            Shape::Rollout => quarter,
            Shape::Ruled => format!(
                r#"{{"if":[{{"and":[{{"ends_with":[{{"var":"email"}},"{SUFFIX}"]}},{{"in":[{{"var":"country"}},{}]}},{{"sem_ver":[{{"var":"version"}},">=","{VERSION}"]}}]}},"on",{quarter}]}}"#,
                countries()
            ),
        };
        format!(r#""{key}":{rule}"#)
    });
    format!("{{{each}}}")
}

impl Datalogic {
    pub(super) fn load(document: &str) -> Self {
        let engine = Engine::new();
        let rules: HashMap<String, &RawValue> = serde_json::from_str(document).expect("JSON");
        let compiled =
            rules.into_iter().map(|(key, rule)| (key, engine.compile(rule.get()).expect("a rule"))).collect();
        Self { engine, rules: compiled, arena: Bump::new(), contexts: Vec::new() }
    }
}

impl<'p> Peer<'p> for Datalogic {
    fn meet(&mut self, people: &'p [Person]) {
        let context = |person: &Person| {
            let text = person.body.strip_prefix(r#"{"context":"#).and_then(|text| text.strip_suffix('}'));
            ParsedData::from_json(text.expect("a body")).expect("a context")
        };
        self.contexts = people.iter().map(context).collect();
    }

    fn ask_each(&mut self, key: &str) {
        for context in &self.contexts {
            let rule = self.rules.get(black_box(key)).expect("a rule");
            let _ = black_box(self.engine.evaluate(rule, black_box(context), &self.arena));
            self.arena.reset();
        }
    }

    fn ask_all(&mut self, person: usize) {
        let context = black_box(&self.contexts[person]);
        let answers: Vec<_> = self
            .rules
            .iter()
            .map(|(key, rule)| (key.as_str(), self.engine.evaluate(rule, context, &self.arena)))
            .collect();
        assert_eq!(black_box(answers).len(), self.rules.len());
        self.arena.reset();
    }

    fn is_on(&mut self, key: &str, person: usize) -> bool {
        let answer = self.engine.evaluate(&self.rules[key], &self.contexts[person], &self.arena).expect("an answer");
        let on = answer.as_str() == Some("on");
        self.arena.reset();
        on
    }
}
