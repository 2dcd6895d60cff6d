//! Why a text is no condition, and which part of it is at fault.

use std::fmt;
use std::ops::Range;

/// The first fault of a condition's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionError {
    /// First byte of the part at fault.
    pub start: usize,
    /// One past its last byte; equal to `start` where something is missing.
    pub end: usize,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// The fault is a metric that nobody has defined: whoever knows that it is defined but broken
    /// need not report it a second time.
    pub unknown_metric: bool,
}

impl ConditionError {
    pub(super) fn new(start: usize, end: usize, message: impl Into<String>) -> Self {
        Self { start, end, message: message.into(), hint: None, unknown_metric: false }
    }

    /// As [`ConditionError::new`], with the place as a range.
    pub(super) fn at(place: &Range<usize>, message: impl Into<String>) -> Self {
        Self::new(place.start, place.end, message)
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConditionError {}
