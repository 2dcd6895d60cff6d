//! What is wrong with a setting, and where it was written.

use super::key::Key;
use crate::source::Problem;
use std::fmt;
use std::sync::Arc;

/// Where a setting was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An option on the command line.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// A line of the settings file.
    File {
        /// The file's path.
        file: Arc<str>,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    /// Nowhere: Tidegate's own default.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Variable(variable) => f.write_str(variable),
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Something wrong with the settings: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {message}{}", hint.as_ref().map_or_else(String::new, |hint| format!("; {hint}")))]
pub struct Fault {
    /// Where it was written.
    pub origin: Origin,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault of what was written at `origin`.
    #[must_use]
    pub fn new(origin: &Origin, message: impl Into<String>) -> Self {
        Self { origin: origin.clone(), message: message.into(), hint: None }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A setting that is nowhere and must be somewhere.
    #[must_use]
    pub fn missing(key: Key, message: impl Into<String>) -> Self {
        Self::new(&Origin::Flag(key.flag().unwrap_or(key.variable())), message)
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        let origin = Origin::File { file: problem.file, line: problem.line, column: problem.column };
        Self { origin, message: problem.message, hint: problem.hint }
    }
}
