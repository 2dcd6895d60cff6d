//! A bad answer: to whom it comes, and as what it is held.

use super::system::{Does, System};
use std::sync::Arc;
use std::time::Duration;
use tidegate::measure::{Address, ConnectionKind, ConnectionSettings, FetcherSettings};

/// A bad answer.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// The rollout's name and the connection's.
    pub(super) name: String,
    /// What it is, for people.
    pub(super) what: &'static str,
    /// What the metric says beside its connection, as YAML.
    metric: String,
    /// What is shown as the reason for the hold.
    pub(super) reason: String,
    connection: ConnectionSettings,
}

/// How long these connections wait for an answer.
pub(super) const TIMEOUT: Duration = Duration::from_millis(700);

impl Case {
    /// A case of that provider: the answer of a system at an address.
    pub(super) fn new(
        (kind, what): (ConnectionKind, &'static str),
        metric: &str,
        address: Option<&str>,
        reason: &str,
    ) -> Self {
        let plain: String = what.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let name = format!("{}-{plain}", kind.word());
        let provider = kind.word();
        let connection = ConnectionSettings {
            name: Arc::from(name.as_str()),
            address: address.map(|address| Address::parse(address).unwrap()),
            fetch: FetcherSettings { timeout: TIMEOUT, ..FetcherSettings::default() },
            kind,
        };
        let metric = format!("provider: {provider}, connection: {name}, {metric}");
        Self { name, what, metric, reason: reason.to_owned(), connection }
    }

    pub(super) fn connection(&self) -> ConnectionSettings {
        self.connection.clone()
    }

    /// A plan that goes on when the value is small and closes when it is large.
    pub(super) fn plan(&self, no_data: &str) -> String {
        let Self { name, metric, .. } = self;
        format!(
            "kind: Rollout\nname: {name}\nflag: {name}\ncandidate: \"on\"\nstable: \"off\"\nmetrics:\n  \
             value: {{ {metric}, {no_data} }}\nwaves:\n  \
             - {{ name: tenth, exposure: 10%, bake: 1s, every: 1s, advance_when: value < 5, close_when: value > 10 }}\n  \
             - {{ name: all, exposure: 100%, bake: 30d, every: 1s, close_when: value > 10 }}\n"
        )
    }
}

fn web(system: &System, name: &'static str, body: &str) -> Case {
    let address = system.that(name, Does::Answers(200, "", body.as_bytes().to_vec()));
    let mut case = Case::new((ConnectionKind::Web(Default::default()), name), "value: $.v", Some(&address), "");
    name.clone_into(&mut case.name);
    case.connection.name = Arc::from(name);
    case.metric = format!("provider: web, connection: {name}, value: $.v");
    case
}

/// An answer with which a rollout advances.
pub(super) fn good(system: &System) -> Case {
    web(system, "good", r#"{"v": 1}"#)
}

/// An answer with which it closes.
pub(super) fn terrible(system: &System) -> Case {
    web(system, "terrible", r#"{"v": 50}"#)
}
