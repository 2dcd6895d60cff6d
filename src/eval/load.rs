//! A snapshot from a text, for whoever embeds the evaluator.

use super::bucket::Bucketing;
use super::flag::{Built, Placed, Slot};
use super::slots::Slots;
use super::snapshot::Snapshot;
use crate::flag::lower_each;
use crate::source::{Format, Problem, parse};
use crate::units::Generation;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What a text is called in problems, for it has no file name.
const NAME: &str = "flags";

/// Why a text is no flag document: everything that was found, each with its place.
#[derive(Debug, Clone)]
pub struct LoadError(Vec<Problem>);

impl LoadError {
    /// What is wrong.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if position == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadError {}

/// ```
/// use tidegate::eval::{Context, Snapshot};
///
/// let flags: Snapshot = r#"{"flags": {"new-search": {
///     "state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
///     "targeting": {"fractional": [["on", 25], ["off", 75]]}}}}"#.parse()?;
/// assert!(flags.evaluate("new-search", &Context::of("ann")).as_bool().is_some());
/// assert!(flags.evaluate("old-search", &Context::of("ann")).as_bool().is_none());
/// # Ok::<(), tidegate::eval::LoadError>(())
/// ```
impl FromStr for Snapshot {
    type Err = LoadError;

    /// Reads flagd's flag document, JSON or YAML, with the third generation of bucketing. A flag that is
    /// wrong fails alone: [`Flag::broken`](super::Flag::broken) tells.
    fn from_str(text: &str) -> Result<Self, LoadError> {
        Self::from_text(text, Bucketing::V3)
    }
}

impl Snapshot {
    /// As [`from_str`](FromStr::from_str), with the generation of bucketing of your choice.
    ///
    /// # Errors
    /// When the text is no flag document at all.
    pub fn from_text(text: &str, bucketing: Bucketing) -> Result<Self, LoadError> {
        let format = if text.trim_start().starts_with('{') { Format::Json } else { Format::Yaml };
        let parsed = parse(NAME, text.as_bytes(), format).map_err(LoadError)?;
        let (mut pool, mut placed, mut ends) = (Arc::default(), Vec::new(), String::new());
        // One after the other: the definitions of all flags at once take more than all that is kept of them.
        let read = lower_each(&parsed, |key, entry| {
            let (mut built, end) = Built::new(key, entry, bucketing, &mut pool, &mut ends);
            built.forget_definition();
            placed.push(Placed { slot: Slot::new(Arc::new(built), None), end });
        });
        read.map_err(LoadError)?;
        drop(parsed);
        placed.sort_by(|a, b| a.slot.built.key.cmp(&b.slot.built.key));
        Ok(Self { generation: Generation::new(1), bucketing, pool, slots: Slots::new(&placed, &ends, None) })
    }
}
