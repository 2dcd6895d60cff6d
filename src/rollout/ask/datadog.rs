//! Questions to Datadog.

use std::borrow::Cow;
use std::sync::Arc;

/// A question to Datadog: metric queries with names, and a formula over them.
#[derive(Debug, Clone, PartialEq)]
pub struct AskDatadog {
    /// The queries by their names: at least one. Placeholders in them are `{{variant}}` and `{{flag}}`.
    pub queries: Vec<(Arc<str>, Arc<str>)>,
    /// What is computed from the queries; the name of the only one where there is nothing to compute.
    pub formula: Arc<str>,
    /// How the values in the window become one.
    pub aggregator: Aggregator,
    /// The name of the query that says from how many samples the value is.
    pub samples: Option<Arc<str>>,
    /// Fewer samples than this are no data.
    pub min_samples: u64,
}

/// How several values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregator {
    /// Their mean.
    Avg,
    /// The last one.
    Last,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// Their sum.
    Sum,
}

impl Aggregator {
    /// Datadog's own word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Avg => "avg",
            Self::Last => "last",
            Self::Max => "max",
            Self::Min => "min",
            Self::Sum => "sum",
        }
    }
}

impl AskDatadog {
    /// Whether it can be asked for the candidate and for the control.
    pub(super) fn tells_variants(&self) -> bool {
        self.queries.iter().any(|(_, query)| query.contains("{{variant}}"))
    }

    /// As the plan has it.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self.queries.as_slice() {
            [(name, only)] if *name == self.formula => Cow::Borrowed(only),
            queries => {
                let queries: Vec<String> = queries.iter().map(|(name, query)| format!("{name} = {query}")).collect();
                Cow::Owned(format!("{} where {}", self.formula, queries.join("; ")))
            }
        }
    }
}
