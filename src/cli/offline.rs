//! Flags asked from files, without a server: to try a rule before it is deployed.

use super::asking::Asking;
use super::exit::Failure;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tidegate::app::Loader;
use tidegate::clock::Clock;
use tidegate::eval::{Context, Flag, Snapshot};
use tidegate::http::api::wire;
use tidegate::source::{Problem, suggest};
use tidegate::units::Generation;

/// The flags of some files as a server would serve them before any rollout.
#[derive(Debug)]
pub(crate) struct Offline {
    snapshot: Snapshot,
    problems: Vec<Problem>,
}

impl Offline {
    /// The files that somebody names; `None` when they name none.
    pub(crate) fn read(asking: &Asking) -> Option<Self> {
        if asking.files.is_empty() {
            return None;
        }
        let mut loader = Loader::new(asking.files.clone());
        loader.look();
        let flags = loader.catalog().flags();
        let snapshot = Snapshot::build(Generation::new(1), flags, &BTreeMap::new(), asking.bucketing, None);
        Some(Self { snapshot, problems: loader.problems() })
    }

    pub(crate) fn explain(&self, key: &str, context: &Map<String, Value>) -> Result<wire::Explanation, Failure> {
        let flag = self.snapshot.flag(key).ok_or_else(|| self.unknown(key))?;
        let text = Value::Object(context.clone()).to_string();
        let context = Context::from_json(text.as_bytes()).map_err(|error| Failure::error(error.to_string()))?;
        let now = Clock::system().now().get().div_euclid(1_000);
        Ok(wire::Explanation::new(&flag.explain(&context.at(now)), None))
    }

    /// No such flag, perhaps because of what is wrong in the files.
    fn unknown(&self, key: &str) -> Failure {
        let problems = self.problems.iter().map(|problem| wire::Problem::from(problem).to_string());
        let lines = std::iter::once(format!("there is no flag `{key}` in these files")).chain(problems);
        let failure = Failure::error(lines.collect::<Vec<_>>().join("\n"));
        match suggest(key, self.snapshot.flags().map(Flag::key)) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
