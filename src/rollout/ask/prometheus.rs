//! Questions in PromQL.

use std::borrow::Cow;
use std::sync::Arc;

/// A PromQL expression with the placeholders `{{variant}}`, `{{flag}}` and `{{window}}`.
pub type PromQl = Arc<str>;

/// A question to Prometheus.
#[derive(Debug, Clone, PartialEq)]
pub enum AskPrometheus {
    /// An expression that gives one number.
    Value(PromQl),
    /// By how much one counter grew, as a share of how much another did. Each is a plain selector, of any number of
    /// series, so that what is counted can be counted from one moment to another.
    Ratio {
        /// The selector of what went badly.
        bad: PromQl,
        /// The selector of everything, what went badly included.
        total: PromQl,
        /// Fewer than this are no data.
        min_samples: u64,
    },
}

impl AskPrometheus {
    /// Whether it can be asked for the candidate and for the control.
    pub(super) fn tells_variants(&self) -> bool {
        match self {
            Self::Value(query) => query.contains("{{variant}}"),
            Self::Ratio { bad, total, .. } => bad.contains("{{variant}}") && total.contains("{{variant}}"),
        }
    }

    /// Whether it looks back as long as it is told to.
    pub(super) fn any_window(&self) -> bool {
        match self {
            Self::Value(query) => query.contains("{{window}}"),
            Self::Ratio { .. } => true,
        }
    }

    /// The least samples of a ratio.
    pub(super) const fn counts(&self) -> Option<u64> {
        match self {
            Self::Value(_) => None,
            Self::Ratio { min_samples, .. } => Some(*min_samples),
        }
    }

    /// As the plan has it.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Value(query) => Cow::Borrowed(query),
            Self::Ratio { bad, total, .. } => Cow::Owned(format!("{bad} / {total}")),
        }
    }
}
