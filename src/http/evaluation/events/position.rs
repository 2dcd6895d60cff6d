//! How far a listener is: the `id` of an event, and the entity tag of the configuration.

use crate::units::Generation;
use std::fmt;

/// A generation of one process. Generations begin anew with each start, so the process is part of it:
/// two positions of different processes are never the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    process: u64,
    generation: Generation,
}

impl Position {
    pub(super) const fn new(process: u64, generation: Generation) -> Self {
        Self { process, generation }
    }

    /// Reads what [`fmt::Display`] wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (process, generation) = text.split_once('-')?;
        let process = (process.len() == 16).then(|| u64::from_str_radix(process, 16).ok())??;
        Some(Self { process, generation: Generation::new(generation.parse().ok()?) })
    }

    /// The generation up to which a listener at this position knows everything in that process; `None`
    /// when it comes from another one.
    pub(super) fn known_in(self, process: u64) -> Option<Generation> {
        (self.process == process).then_some(self.generation)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.process, self.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_and_belongs_to_its_process() {
        let position = Position::new(7, Generation::new(42));
        assert_eq!(position.to_string(), "0000000000000007-42");
        assert_eq!(Position::parse("0000000000000007-42"), Some(position));
        assert_eq!((position.known_in(7), position.known_in(8)), (Some(Generation::new(42)), None));
        for text in ["", "-", "7-42", "0000000000000007", "0000000000000007-", "000000000000000x-1", "🦀-1"] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
    }
}
