//! Settings from environment variables.

use super::fault::Origin;
use super::key::Key;
use super::raw::Raw;
use crate::source::suggest;
use std::path::Path;

/// Every variable of ours begins so.
const PREFIX: &str = "TIDEGATE_";

/// Variables that belong to other parts of the program.
const ELSEWHERE: [&str; 3] = ["TIDEGATE_CONFIG", "TIDEGATE_LOG_FILTER", "TIDEGATE_SERVER"];

/// Reads the settings among the variables. The second part are remarks on variables that look like
/// ours and are not: an orchestrator sets its own `TIDEGATE_...` for a service of this name, so
/// they cannot be refused.
pub(super) fn read(variables: &[(String, String)]) -> (Raw, Vec<String>) {
    let mut raw = Raw::default();
    let mut remarks = Vec::new();
    for (name, value) in variables.iter().filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty()) {
        match Key::ALL.into_iter().find(|key| key.variable() == name) {
            Some(Key::Paths) => {
                let paths = std::env::split_paths(Path::new(value)).map(|path| path.to_string_lossy().into_owned());
                raw.set(
                    Key::Paths,
                    paths.filter(|path| !path.is_empty()).collect(),
                    Origin::Variable("TIDEGATE_PATHS"),
                );
            }
            Some(key @ (Key::CorsOrigins | Key::MetricAddresses)) => {
                let items = value.split(',').map(|item| item.trim().to_owned());
                raw.set(key, items.filter(|item| !item.is_empty()).collect(), Origin::Variable(key.variable()));
            }
            Some(key) => raw.set(key, vec![value.clone()], Origin::Variable(key.variable())),
            None if ELSEWHERE.contains(&name.as_str()) => {}
            None => {
                if let Some(hint) = suggest(name, Key::ALL.map(Key::variable)) {
                    remarks.push(format!("the variable {name} means nothing to Tidegate; {hint}"));
                }
            }
        }
    }
    (raw, remarks)
}
