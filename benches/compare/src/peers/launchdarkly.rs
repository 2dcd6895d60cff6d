//! LaunchDarkly's evaluation crate: flags in a hash map. Its SDK's own store would clone the flag for each
//! evaluation; that is left out.

use crate::Peer;
use launchdarkly_server_sdk_evaluation::{Context, ContextBuilder, Detail, Flag, FlagValue, Segment, Store, evaluate};
use std::collections::HashMap;
use std::hint::black_box;
use tidegate_cases::flags::{SUFFIX, Shape, VERSION, countries, joined};
use tidegate_cases::people::Person;

/// Its flags and who asks.
#[derive(Debug)]
pub struct LaunchDarkly {
    flags: HashMap<String, Flag>,
    contexts: Vec<Context>,
}

/// Prerequisites and segments are looked up in it; these flags have none.
struct Nothing;

impl Store for Nothing {
    fn flag(&self, _: &str) -> Option<Flag> {
        None
    }

    fn segment(&self, _: &str) -> Option<Segment> {
        None
    }
}

pub(super) fn document(flags: usize) -> String {
    let each = joined(flags, |key, shape| {
        let rules = match shape {
            Shape::Rollout => String::new(),
            Shape::Ruled => format!(
                r#"{{"id":"rule","trackEvents":false,"variation":0,"clauses":[
                    {{"attribute":"email","op":"endsWith","negate":false,"values":["{SUFFIX}"]}},
                    {{"attribute":"country","op":"in","negate":false,"values":{}}},
                    {{"attribute":"version","op":"semVerLessThan","negate":true,"values":["{VERSION}"]}}]}}"#,
                countries()
            ),
        };
        format!(
            r#""{key}":{{"key":"{key}","version":1,"on":true,"targets":[],"rules":[{rules}],"prerequisites":[],
                "fallthrough":{{"rollout":{{"variations":[{{"variation":0,"weight":25000}},{{"variation":1,"weight":75000}}]}}}},
                "offVariation":1,"variations":[true,false],"clientSide":false,"salt":"{key}"}}"#
        )
    });
    format!("{{{each}}}")
}

impl LaunchDarkly {
    pub(super) fn load(document: &str) -> Self {
        Self { flags: serde_json::from_str(document).expect("flags"), contexts: Vec::new() }
    }

    fn ask<'a>(&'a self, key: &str, context: &'a Context) -> Option<Detail<&'a FlagValue>> {
        self.flags.get(key).map(|flag| evaluate(&Nothing, flag, context, None))
    }
}

impl<'p> Peer<'p> for LaunchDarkly {
    fn meet(&mut self, people: &'p [Person]) {
        let context = |person: &Person| {
            let mut builder = ContextBuilder::new(person.key.clone());
            builder.set_string("email", person.email.clone()).set_string("country", person.country);
            builder.set_string("version", person.version).set_string("plan", person.plan);
            builder.build().expect("a context")
        };
        self.contexts = people.iter().map(context).collect();
    }

    fn ask_each(&mut self, key: &str) {
        for context in &self.contexts {
            black_box(self.ask(black_box(key), black_box(context)));
        }
    }

    fn ask_all(&mut self, person: usize) {
        let context = black_box(&self.contexts[person]);
        let flags = self.flags.iter();
        let answers: Vec<_> =
            flags.map(|(key, flag)| (key.as_str(), evaluate(&Nothing, flag, context, None))).collect();
        assert_eq!(black_box(answers).len(), self.flags.len());
    }

    fn is_on(&mut self, key: &str, person: usize) -> bool {
        let detail = self.ask(key, &self.contexts[person]).expect("a flag");
        matches!(detail.value, Some(FlagValue::Bool(true)))
    }
}
