//! Questions to commands that the server's settings allow.

use std::borrow::Cow;
use std::sync::Arc;

/// A question to a command of the server's own machine. The settings say which there are; a plan only names one.
#[derive(Debug, Clone, PartialEq)]
pub struct AskExec {
    /// The name under which the settings allow it.
    pub command: Arc<str>,
    /// What its arguments get, by the names that the settings give them. The values may have the placeholders
    /// `{{variant}}`, `{{flag}}` and `{{window}}`.
    pub arguments: Vec<(Arc<str>, Arc<str>)>,
    /// Where in what it prints the value is, as a JSONPath (RFC 9535); without one it prints a number and no more.
    pub value: Option<Arc<str>>,
    /// Where the number of samples is.
    pub samples: Option<Arc<str>>,
    /// Fewer samples than this are no data.
    pub min_samples: u64,
}

impl AskExec {
    /// Whether it can be asked for the candidate and for the control.
    pub(super) fn tells_variants(&self) -> bool {
        self.arguments.iter().any(|(_, value)| value.contains("{{variant}}"))
    }

    /// Whether it looks back as long as it is told to.
    pub(super) fn any_window(&self) -> bool {
        self.arguments.iter().any(|(_, value)| value.contains("{{window}}"))
    }

    /// As the plan has it.
    pub(super) fn text(&self) -> Cow<'_, str> {
        let arguments: Vec<String> = self.arguments.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        let value = self.value.as_ref().map(|path| format!(" {path}")).unwrap_or_default();
        Cow::Owned(format!("{}{}{value}", self.command, arguments.concat()))
    }
}
