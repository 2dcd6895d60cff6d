//! Questions to Graphite.

use std::borrow::Cow;
use std::sync::Arc;

/// A question to Graphite's render API.
#[derive(Debug, Clone, PartialEq)]
pub struct AskGraphite {
    /// A target that gives one series. Placeholders in it are `{{variant}}`, `{{flag}}` and `{{window}}`.
    pub target: Arc<str>,
}

impl AskGraphite {
    /// Whether it can be asked for the candidate and for the control.
    pub(super) fn tells_variants(&self) -> bool {
        self.target.contains("{{variant}}")
    }

    /// Whether it looks back as long as it is told to.
    pub(super) fn any_window(&self) -> bool {
        self.target.contains("{{window}}")
    }

    /// As the plan has it.
    pub(super) fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.target)
    }
}
