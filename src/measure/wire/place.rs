//! Where in a body an outcome stands.

use std::fmt;

/// How a body is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Written {
    /// One JSON document.
    #[default]
    Json,
    /// One JSON object a line: NDJSON, which is JSON Lines.
    Lines,
}

/// Where an outcome stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a list, from 0.
    Item(usize),
    /// On a line, from 1.
    Line(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(index) => write!(f, "item {index}"),
            Self::Line(number) => write!(f, "line {number}"),
        }
    }
}
