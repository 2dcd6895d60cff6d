//! All flags at once.

use super::context::Context;
use super::flag::Flag;
use super::resolution::{Failure, Outcome, Resolution};
use super::slots::{GROUP, Group};
use super::snapshot::Snapshot;
use super::together::Together;
use xxhash_rust::xxh3::Xxh3;

/// The outcomes of all flags of a snapshot for one context.
#[derive(Debug)]
pub struct Bulk<'s> {
    snapshot: &'s Snapshot,
    /// By position of the flag.
    outcomes: Vec<Outcome>,
}

impl<'s> Bulk<'s> {
    pub(super) fn of(snapshot: &'s Snapshot, context: &Context<'_>) -> Self {
        let outcomes = Together::outcomes(&snapshot.pool, &snapshot.slots, context, snapshot.bucketing);
        Self { snapshot, outcomes }
    }

    /// What came out, by position of the flag.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Flag by flag, sorted by key.
    pub fn resolutions(&self) -> impl Iterator<Item = Resolution<'s>> {
        let flags = self.snapshot.slots.iter().enumerate();
        flags.zip(&self.outcomes).map(|((position, slot), outcome)| {
            Resolution::of(Flag { snapshot: self.snapshot, slot, position }, *outcome)
        })
    }

    /// A tag of the answers: with the same tag every flag's answer is the same, byte for byte, whichever
    /// process gave it.
    #[must_use]
    pub fn tag(&self) -> u128 {
        let mut hash = Xxh3::new();
        for (group, outcomes) in self.groups() {
            hash.update(&group.layout.digest().to_le_bytes());
            let mut codes = [[0; 4]; GROUP];
            codes.iter_mut().zip(outcomes).for_each(|(code, outcome)| *code = code_of(*outcome));
            hash.update(codes.get(..outcomes.len()).unwrap_or(&codes).as_flattened());
        }
        hash.digest128()
    }

    /// Appends the OFREP objects of all flags, with commas between them.
    pub fn write_ofrep(&self, out: &mut Vec<u8>) {
        for (index, (group, outcomes)) in self.groups().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            group.layout.write_all(&group.slots, outcomes, out);
        }
    }

    fn groups(&self) -> impl Iterator<Item = (&'s Group, &[Outcome])> {
        self.snapshot.slots.groups().zip(self.outcomes.chunks(GROUP))
    }
}

/// An outcome in four bytes, different for different ones.
fn code_of(outcome: Outcome) -> [u8; 4] {
    let (kind, detail, index) = match outcome {
        Outcome::Variant { index, reason } => (0, reason as u8, index),
        Outcome::CallerDefault { reason } => (1, reason as u8, 0),
        Outcome::Failed(failure) => (2, failure_code(failure), 0),
    };
    let [low, high] = index.to_le_bytes();
    [kind, detail, low, high]
}

const fn failure_code(failure: Failure) -> u8 {
    match failure {
        Failure::Unknown => 0,
        Failure::Broken => 1,
        Failure::NoVariant => 2,
        Failure::Exhausted(exhausted) => 3_u8.saturating_add(exhausted as u8),
    }
}
