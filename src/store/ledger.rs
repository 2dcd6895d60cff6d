//! The ledger: append-only rows, each bound to all before it by a hash, so that a row changed, removed
//! or slipped in later is found.
//!
//! A row's hash is SHA-256 over these bytes, numbers as 8 bytes in big-endian order:
//!
//! 1. `tidegate ledger 1` and a zero byte,
//! 2. the previous row's hash; 32 zero bytes before the first row,
//! 3. the sequence, the time in Unix milliseconds (signed), the rollout's version,
//! 4. rollout, kind, actor, sentence and detail, each in UTF-8 after its length in bytes.
//!
//! The detail is JSON without spaces, its members in the order of their names, exactly as it is kept.

use super::change::Entry;
use crate::units::{RolloutName, UnixMillis};
use sha2::{Digest, Sha256};
use std::fmt;

const PREAMBLE: &[u8] = b"tidegate ledger 1\0";

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerRow {
    /// Its place among all rows of all rollouts, from 1 without gaps.
    pub sequence: u64,
    /// When it was decided.
    pub at: UnixMillis,
    /// Which rollout.
    pub rollout: RolloutName,
    /// The rollout's version that came with it.
    pub version: u64,
    /// What is kept.
    pub entry: Entry,
    /// The hash over this row and, through its predecessor's hash, all before it.
    pub hash: [u8; 32],
}

/// What recomputing the chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerCheck {
    /// Every row is as it was written.
    Sound {
        /// How many there are.
        rows: u64,
    },
    /// The ledger is not what was written.
    Broken {
        /// The first row that is wrong or missing.
        sequence: u64,
        /// What is wrong with it.
        flaw: Flaw,
    },
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is not there, though later ones are or were.
    Missing,
    /// Its content, or what comes before it, is not what its hash was made of.
    Altered,
}

impl fmt::Display for LedgerCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sound { rows } => write!(f, "the ledger is sound: {rows} rows"),
            Self::Broken { sequence, flaw: Flaw::Missing } => {
                write!(f, "the ledger is broken: row {sequence} is missing")
            }
            Self::Broken { sequence, flaw: Flaw::Altered } => {
                write!(f, "the ledger is broken: row {sequence} is not as it was written")
            }
        }
    }
}

/// What of a row is hashed, besides its place in the chain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'a> {
    pub(super) at: UnixMillis,
    pub(super) version: u64,
    pub(super) rollout: &'a str,
    pub(super) kind: &'a str,
    pub(super) actor: &'a str,
    pub(super) sentence: &'a str,
    pub(super) detail: &'a str,
}

/// The chain up to a row: all that is needed to go on from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chain {
    /// The last row's sequence; 0 when there is none.
    pub(super) sequence: u64,
    /// The last row's hash.
    pub(super) hash: [u8; 32],
}

impl Chain {
    /// Before the first row.
    pub(super) const START: Self = Self { sequence: 0, hash: [0; 32] };

    /// Goes one row further.
    pub(super) fn append(&mut self, link: &Link<'_>) {
        self.sequence = self.sequence.saturating_add(1);
        let mut digest = Sha256::new();
        digest.update(PREAMBLE);
        digest.update(self.hash);
        digest.update(self.sequence.to_be_bytes());
        digest.update(link.at.get().to_be_bytes());
        digest.update(link.version.to_be_bytes());
        for text in [link.rollout, link.kind, link.actor, link.sentence, link.detail] {
            // The length keeps two neighbours apart: `ab` + `c` must not hash like `a` + `bc`.
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        }
        self.hash = digest.finalize().into();
    }

    /// Goes one row further if this row is the one that belongs there.
    pub(super) fn check(&mut self, sequence: u64, link: &Link<'_>, hash: &[u8]) -> Result<(), LedgerCheck> {
        self.append(link);
        match (sequence == self.sequence, hash == self.hash) {
            (true, true) => Ok(()),
            (true, false) => Err(self.broken(Flaw::Altered)),
            (false, _) => Err(self.broken(Flaw::Missing)),
        }
    }

    /// The finding that the row where this chain now stands is wrong.
    pub(super) const fn broken(&self, flaw: Flaw) -> LedgerCheck {
        LedgerCheck::Broken { sequence: self.sequence, flaw }
    }

    /// What is found when this was the last row and `head` is where the writers say they are.
    pub(super) fn end(&self, head: &Self) -> LedgerCheck {
        let next = self.sequence.saturating_add(1);
        match (head.sequence > self.sequence, head == self) {
            (true, _) => LedgerCheck::Broken { sequence: next, flaw: Flaw::Missing },
            (false, true) => LedgerCheck::Sound { rows: self.sequence },
            // Rows after the last one that a writer knows of did not come from a writer.
            (false, false) if head.sequence < self.sequence => {
                LedgerCheck::Broken { sequence: head.sequence.saturating_add(1), flaw: Flaw::Altered }
            }
            (false, false) => self.broken(Flaw::Altered),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Link<'_> = Link {
        at: UnixMillis::new(1_700_000_000_000),
        version: 3,
        rollout: "batch",
        kind: "closed",
        actor: "alertmanager",
        sentence: "alert fires",
        detail: "{}",
    };

    /// The bytes that are hashed are a promise to every ledger already written, and to whoever checks one
    /// with another program.
    #[test]
    fn the_hashed_bytes_are_the_documented_ones() {
        let mut bytes = b"tidegate ledger 1\0".to_vec();
        bytes.extend([0; 32]);
        bytes.extend(1_u64.to_be_bytes());
        bytes.extend(1_700_000_000_000_i64.to_be_bytes());
        bytes.extend(3_u64.to_be_bytes());
        for text in ["batch", "closed", "alertmanager", "alert fires", "{}"] {
            bytes.extend(u64::try_from(text.len()).unwrap().to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        let mut chain = Chain::START;
        chain.append(&LINK);
        assert_eq!(chain.hash, <[u8; 32]>::from(Sha256::digest(&bytes)));
    }

    #[test]
    fn text_moved_between_neighbours_changes_the_hash() {
        let (mut one, mut other) = (Chain::START, Chain::START);
        one.append(&Link { kind: "clo", actor: "sed", ..LINK });
        other.append(&Link { kind: "close", actor: "d", ..LINK });
        assert_ne!(one.hash, other.hash);
    }

    #[test]
    fn rows_cut_off_the_end_are_missed() {
        let mut head = Chain::START;
        head.append(&LINK);
        let cut = head.clone();
        head.append(&LINK);
        assert_eq!(cut.end(&head), LedgerCheck::Broken { sequence: 2, flaw: Flaw::Missing });
        assert_eq!(head.end(&cut), LedgerCheck::Broken { sequence: 2, flaw: Flaw::Altered });
        assert_eq!(head.end(&head), LedgerCheck::Sound { rows: 2 });
    }
}
