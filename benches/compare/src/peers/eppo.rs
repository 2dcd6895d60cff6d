//! eppo_core with its default features. Logging of assignments is off and the time is given, not read:
//! both would only cost it time.

use crate::Peer;
use chrono::{DateTime, Utc};
use eppo_core::eval::get_assignment;
use eppo_core::ufc::{Assignment, AssignmentValue, UniversalFlagConfig};
use eppo_core::{Attributes, Configuration, SdkMetadata, Str};
use std::hint::black_box;
use std::sync::Arc;
use tidegate_cases::flags::{SUFFIX, Shape, VERSION, countries, joined};
use tidegate_cases::people::Person;

/// Its configuration and who asks.
#[derive(Debug)]
pub struct Eppo {
    configuration: Configuration,
    subjects: Vec<(Str, Arc<Attributes>)>,
    now: DateTime<Utc>,
}

pub(super) fn document(flags: usize) -> String {
    let each = joined(flags, |key, shape| {
        let rule = match shape {
            Shape::Rollout => String::new(),
            Shape::Ruled => format!(
                r#"{{"key":"rule","doLog":false,"splits":[{{"variationKey":"on","shards":[]}}],"rules":[{{"conditions":[
                    {{"attribute":"email","operator":"MATCHES","value":"{}$"}},
                    {{"attribute":"country","operator":"ONE_OF","value":{}}},
                    {{"attribute":"version","operator":"GTE","value":"{VERSION}"}}]}}]}},"#,
                SUFFIX.replace('.', "\\\\."),
                countries()
            ),
        };
        format!(
            r#""{key}":{{"key":"{key}","enabled":true,"variationType":"BOOLEAN","totalShards":10000,
                "variations":{{"on":{{"key":"on","value":true}},"off":{{"key":"off","value":false}}}},
                "allocations":[{rule}
                  {{"key":"rollout","doLog":false,"splits":[{{"variationKey":"on","shards":[{{"salt":"{key}","ranges":[{{"start":0,"end":2500}}]}}]}}]}},
                  {{"key":"default","doLog":false,"splits":[{{"variationKey":"off","shards":[]}}]}}]}}"#
        )
    });
    format!(
        r#"{{"createdAt":"2026-03-01T00:00:00Z","format":"SERVER","environment":{{"name":"bench"}},"flags":{{{each}}}}}"#
    )
}

impl Eppo {
    pub(super) fn load(document: &str) -> Self {
        let metadata = SdkMetadata { name: "bench", version: "1.0.0" };
        let flags = UniversalFlagConfig::from_json(metadata, document.as_bytes().to_vec()).expect("a configuration");
        let configuration = Configuration::from_server_response(flags, None);
        Self { configuration, subjects: Vec::new(), now: DateTime::from_timestamp(1_780_000_000, 0).expect("a time") }
    }

    fn ask(&self, key: &str, (subject, attributes): &(Str, Arc<Attributes>)) -> Option<Assignment> {
        get_assignment(Some(&self.configuration), key, subject, attributes, None, self.now).expect("an assignment")
    }
}

impl<'p> Peer<'p> for Eppo {
    fn meet(&mut self, people: &'p [Person]) {
        let subject = |person: &Person| {
            let attributes = [
                ("email", person.email.as_str()),
                ("country", person.country),
                ("version", person.version),
                ("plan", person.plan),
            ];
            let attributes = attributes.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
            (Str::from(person.key.as_str()), Arc::new(attributes))
        };
        self.subjects = people.iter().map(subject).collect();
    }

    fn ask_each(&mut self, key: &str) {
        for subject in &self.subjects {
            black_box(self.ask(black_box(key), black_box(subject)));
        }
    }

    fn ask_all(&mut self, person: usize) {
        let subject = black_box(&self.subjects[person]);
        let keys = self.configuration.flag_keys();
        let answers: Vec<_> = keys.map(|key| (key, self.ask(key.as_str(), subject))).collect();
        assert!(!black_box(answers).is_empty());
    }

    fn is_on(&mut self, key: &str, person: usize) -> bool {
        let assignment = self.ask(key, &self.subjects[person]).expect("an assignment");
        matches!(assignment.value, AssignmentValue::Boolean(true))
    }
}
