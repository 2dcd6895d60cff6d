//! The engines. Each file says how its flags are written, loaded and asked.

mod datalogic;
mod eppo;
mod floor;
mod launchdarkly;
mod tidegate;
mod unleash;

pub use datalogic::Datalogic;
pub use eppo::Eppo;
pub use floor::{Direct, Floor};
pub use launchdarkly::LaunchDarkly;
pub use tidegate::Tidegate;
pub use unleash::Unleash;

use crate::Peer;

/// How an engine gets from nothing to its flags.
#[derive(Clone, Copy)]
pub struct Loader<'p> {
    /// Its name in the tables.
    pub name: &'static str,
    /// So many flags in the engine's own format.
    pub document: fn(usize) -> String,
    /// Reads them.
    pub load: fn(&str) -> Box<dyn Peer<'p> + 'p>,
}

impl std::fmt::Debug for Loader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All of them, in the order of the tables; tidegate's own come before its peers.
#[must_use]
pub fn loaders<'p>() -> [Loader<'p>; 8] {
    [
        Loader {
            name: "hand-written, without looking up the flag",
            document: floor::document,
            load: |text| Box::new(Direct::load(text)),
        },
        Loader { name: "hand-written floor", document: floor::document, load: |text| Box::new(Floor::load(text)) },
        Loader { name: TIDEGATE, document: tidegate::document, load: |text| Box::new(Tidegate::load(text)) },
        Loader {
            name: "tidegate, share by a rollout",
            document: tidegate::document_of_rollouts,
            load: |text| Box::new(Tidegate::load_with_rollouts(text)),
        },
        Loader {
            name: "datalogic-rs 5.4 (engine only)",
            document: datalogic::document,
            load: |text| Box::new(Datalogic::load(text)),
        },
        Loader { name: "eppo_core 10", document: eppo::document, load: |text| Box::new(Eppo::load(text)) },
        Loader {
            name: "unleash-yggdrasil 0.21",
            document: unleash::document,
            load: |text| Box::new(Unleash::load(text)),
        },
        Loader {
            name: "launchdarkly evaluation 2.2",
            document: launchdarkly::document,
            load: |text| Box::new(LaunchDarkly::load(text)),
        },
    ]
}

/// The row that all others are compared with.
pub const TIDEGATE: &str = "tidegate";
