//! unleash-yggdrasil: toggles with a gradual rollout, sticky on the user id. Asked by `is_enabled`, the
//! cheapest of its questions; its `resolve_all` would cost about twice that per toggle.

use crate::Peer;
use std::hint::black_box;
use tidegate_cases::flags::{SUFFIX, Shape, VERSION, countries, joined};
use tidegate_cases::people::Person;
use unleash_types::client_features::ClientFeatures;
use unleash_yggdrasil::{Context, EngineState};

/// Its toggles and who asks.
pub struct Unleash {
    engine: EngineState,
    names: Vec<String>,
    contexts: Vec<Context>,
}

impl std::fmt::Debug for Unleash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unleash")
    }
}

pub(super) fn document(flags: usize) -> String {
    let each = joined(flags, |key, shape| {
        let strategy = |rollout: u8, constraints: &str| {
            format!(
                r#"{{"name":"flexibleRollout","parameters":{{"rollout":"{rollout}","stickiness":"userId","groupId":"{key}"}},"constraints":[{constraints}],"variants":[]}}"#
            )
        };
        let quarter = strategy(25, "");
        let strategies = match shape {
            Shape::Rollout => quarter,
            Shape::Ruled => {
                let constraints = format!(
                    r#"{{"contextName":"email","operator":"STR_ENDS_WITH","values":["{SUFFIX}"]}},{{"contextName":"country","operator":"IN","values":{}}},{{"contextName":"version","operator":"SEMVER_GTE","value":"{VERSION}"}}"#,
                    countries()
                );
                format!("{},{quarter}", strategy(100, &constraints))
            }
        };
        format!(r#"{{"name":"{key}","type":"release","enabled":true,"strategies":[{strategies}],"variants":[]}}"#)
    });
    format!(r#"{{"version":2,"features":[{each}]}}"#)
}

impl Unleash {
    pub(super) fn load(document: &str) -> Self {
        let features: ClientFeatures = serde_json::from_str(document).expect("features");
        let engine = EngineState::default();
        assert!(engine.apply_client_features(features).is_none(), "warnings");
        let names = engine.list_known_toggles().into_iter().map(|toggle| toggle.name).collect();
        Self { engine, names, contexts: Vec::new() }
    }
}

impl<'p> Peer<'p> for Unleash {
    fn meet(&mut self, people: &'p [Person]) {
        let context = |person: &Person| {
            let properties = [
                ("email", person.email.as_str()),
                ("country", person.country),
                ("version", person.version),
                ("plan", person.plan),
            ];
            Context {
                user_id: Some(person.key.clone()),
                session_id: None,
                environment: None,
                app_name: None,
                current_time: None,
                remote_address: None,
                properties: Some(properties.into_iter().map(|(name, value)| (name.into(), value.into())).collect()),
            }
        };
        self.contexts = people.iter().map(context).collect();
    }

    fn ask_each(&mut self, key: &str) {
        for context in &self.contexts {
            black_box(self.engine.is_enabled(black_box(key), black_box(context), &None));
        }
    }

    fn ask_all(&mut self, person: usize) {
        let context = black_box(&self.contexts[person]);
        let names = self.names.iter().map(String::as_str);
        let answers: Vec<_> = names.map(|name| (name, self.engine.is_enabled(name, context, &None))).collect();
        assert_eq!(black_box(answers).len(), self.names.len());
    }

    fn is_on(&mut self, key: &str, person: usize) -> bool {
        self.engine.is_enabled(key, &self.contexts[person], &None)
    }
}
