//! What a condition may speak of.

use super::waves::Waves;
use crate::analysis::condition_error::ConditionError;
use crate::analysis::quantity::Quantity;
use crate::source::suggest;
use std::fmt;
use std::ops::Range;

/// What a condition may speak of.
pub struct Vocabulary<'a> {
    /// What is known of a metric; `None` when there is no such metric.
    pub metric: &'a dyn Fn(&str) -> Option<Known>,
    /// The metrics' names, to think of when one is misspelt.
    pub names: Vec<&'a str>,
    /// The waves and where among them the condition stands; `None` takes any name for a wave's.
    pub waves: Option<Waves<'a>>,
}

/// What is known of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// What it measures.
    pub quantity: Quantity,
    /// Whether the control can be asked for it at all: for `control` and `score`.
    pub of_control: Result<(), Unfit>,
    /// Whether candidate and control can be put to a test: for `regresses` and `proved safe`.
    pub comparable: Result<(), Unfit>,
    /// Whether it can be asked for over another time than its own and is the share of what fails: for `burn_rate`.
    pub burns: Result<(), Unfit>,
}

impl Known {
    /// A metric of which everything can be asked that its quantity allows.
    #[must_use]
    pub const fn all(quantity: Quantity) -> Self {
        Self { quantity, of_control: Ok(()), comparable: Ok(()), burns: Ok(()) }
    }
}

/// Why something cannot be asked of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfit {
    /// The reason, to stand after a colon: `its query has no {{variant}}`.
    pub why: &'static str,
    /// What to do.
    pub instead: &'static str,
}

impl Unfit {
    /// The error that says so: `what` cannot be asked, for this reason.
    pub(super) fn error(self, at: &Range<usize>, what: &str) -> ConditionError {
        ConditionError::new(at.start, at.end, format!("{what}: {}", self.why)).hint(self.instead)
    }
}

impl Vocabulary<'_> {
    /// The error about a metric that nobody has defined.
    pub(super) fn unknown_metric(&self, name: &str, at: Range<usize>) -> ConditionError {
        let mut error = ConditionError::new(at.start, at.end, format!("there is no metric `{name}`"));
        error.unknown_metric = true;
        if name == "score" {
            return error
                .hint("a score names the metrics it is made of: `score(p95 weight 2, error_rate critical) >= 75`");
        }
        if let Some(hint) = suggest(name, self.names.iter().copied()) {
            return error.hint(hint);
        }
        match self.names.as_slice() {
            [] => error.hint("define it under `metrics`"),
            names => error.hint(format!("define it under `metrics`, or use one of: {}", names.join(", "))),
        }
    }
}

impl fmt::Debug for Vocabulary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vocabulary").field("names", &self.names).field("waves", &self.waves).finish_non_exhaustive()
    }
}
