//! What the definitions of neighbouring flags give to whoever asks for all flags, put next to each other:
//! a walk over a thousand flags is mostly a wait for their memory.

use super::answer;
use super::flag::{Body, Slot};
use super::lanes::Lanes;
use super::pieces::{BLOCK, Piece};
use super::resolution::{Outcome, write_failure};
use super::variants::Variants;
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

/// Instead of a program's number: there are never so many.
const NO_PROGRAM: u32 = u32::MAX;

/// Room is filled with zeros before there are answers in it: of long ones, most of which may not be given,
/// that would cost more than it spares.
const MOST_ROOM: usize = 128 * 1024;

/// Of a group of flags, by the place in it.
#[derive(Debug)]
pub(super) struct Layout {
    /// The hashes of the keys of those that draw by them.
    pub(super) lanes: Lanes,
    /// The numbers of their programs.
    pub(super) programs: Box<[u32]>,
    variants: Box<[Arc<Variants>]>,
    /// The ends of their answers, one after the other, each with a comma, and spaces behind them all.
    ends: Box<str>,
    /// Where each end ends.
    bounds: Box<[u32]>,
    /// How long all answers together are at most, of those that have a variant.
    longest: usize,
    digest: u64,
}

impl Layout {
    /// Of flags and the ends of their answers.
    pub(super) fn of<'a>(flags: impl Iterator<Item = (&'a Slot, &'a str)> + Clone) -> Self {
        let slots = || flags.clone().map(|(slot, _)| slot);
        let drawing = slots().enumerate().filter_map(|(place, slot)| match &slot.built.body {
            Body::Targeted(program) if program.draws() => Some((u8::try_from(place).ok()?, slot.built.begun)),
            Body::Targeted(_) | Body::Broken(_) | Body::Disabled | Body::Untargeted => None,
        });
        let number = |slot: &Slot| match &slot.built.body {
            Body::Targeted(program) => program.number.unwrap_or(NO_PROGRAM),
            Body::Broken(_) | Body::Disabled | Body::Untargeted => NO_PROGRAM,
        };
        let all_ends: usize = flags.clone().map(|(_, end)| end.len().saturating_add(1)).sum();
        let (mut ends, mut bounds) = (String::with_capacity(all_ends.saturating_add(BLOCK)), Vec::new());
        for (_, end) in flags.clone() {
            ends.push_str(end);
            ends.push(',');
            bounds.push(u32::try_from(ends.len()).unwrap_or(u32::MAX));
        }
        ends.extend(std::iter::repeat_n(' ', BLOCK));
        let beginnings = slots().map(|slot| slot.built.variants.longest().saturating_add(BLOCK));
        // The last piece needs a whole block.
        let longest = beginnings.fold(all_ends.saturating_add(BLOCK), usize::saturating_add);
        let mut digest = Xxh3::new();
        slots().for_each(|slot| digest.update(&slot.built.digest.to_le_bytes()));
        Self {
            lanes: Lanes::of(drawing),
            programs: slots().map(number).collect(),
            variants: slots().map(|slot| Arc::clone(&slot.built.variants)).collect(),
            ends: ends.into(),
            bounds: bounds.into(),
            longest,
            digest: digest.digest(),
        }
    }

    /// Of everything that the answers are made of.
    pub(super) const fn digest(&self) -> u64 {
        self.digest
    }

    /// The end of a flag's answers.
    pub(super) fn end(&self, place: usize) -> &str {
        let (begin, end) = self.bounds_of(place);
        self.ends.get(begin..end.saturating_sub(1)).unwrap_or_default()
    }

    /// Appends the OFREP object of an outcome.
    pub(super) fn write(&self, place: usize, slot: &Slot, outcome: Outcome, out: &mut Vec<u8>) {
        let (reason, variant) = match outcome {
            Outcome::Variant { index, reason } => (reason, slot.built.variants.part(index)),
            Outcome::CallerDefault { reason } => (reason, ""),
            Outcome::Failed(failure) => return write_failure(&slot.built, failure, out),
        };
        for part in [answer::beginning(reason).exact(), variant.as_bytes(), self.end(place).as_bytes()] {
            out.extend_from_slice(part);
        }
    }

    /// Appends those of the outcomes of all, with commas between them.
    pub(super) fn write_all(&self, slots: &[Slot], outcomes: &[Outcome], out: &mut Vec<u8>) {
        let begin = out.len();
        let mut done = 0;
        if self.longest <= MOST_ROOM {
            out.resize(begin.saturating_add(self.longest), 0);
            let room = out.get_mut(begin..).unwrap_or_default();
            let (put, left) = self.put_all(outcomes, room);
            out.truncate(out.len().saturating_sub(left));
            done = put;
        }
        for (place, (slot, outcome)) in slots.iter().zip(outcomes).enumerate().skip(done) {
            self.write(place, slot, *outcome, out);
            out.push(b',');
        }
        // The comma behind the last.
        if out.len() > begin {
            out.pop();
        }
    }

    /// Puts the objects into a room, each with a comma behind it, up to a failure, which may be of any length;
    /// tells how many there are and how much is left of the room.
    fn put_all(&self, outcomes: &[Outcome], mut room: &mut [u8]) -> (usize, usize) {
        for (place, outcome) in outcomes.iter().enumerate() {
            let left = room.len();
            let Some(rest) = self.put(place, *outcome, room) else { return (place, left) };
            room = rest;
        }
        (outcomes.len(), room.len())
    }

    /// `None` for a failure.
    #[inline(always)]
    fn put<'r>(&self, place: usize, outcome: Outcome, room: &'r mut [u8]) -> Option<&'r mut [u8]> {
        let room = match outcome {
            Outcome::Variant { index, reason } => {
                self.variants.get(place)?.put(index, answer::beginning(reason).put(room)?)?
            }
            Outcome::CallerDefault { reason } => answer::beginning(reason).put(room)?,
            Outcome::Failed(_) => return None,
        };
        let (begin, end) = self.bounds_of(place);
        Piece::of(self.ends.as_bytes().get(begin..)?, end.saturating_sub(begin)).put(room)
    }

    #[inline]
    fn bounds_of(&self, place: usize) -> (usize, usize) {
        let bound = |place: usize| self.bounds.get(place).and_then(|bound| usize::try_from(*bound).ok()).unwrap_or(0);
        (place.checked_sub(1).map_or(0, bound), bound(place))
    }
}

#[cfg(test)]
mod tests {
    use crate::eval::{Context, Outcome, Reason, Snapshot};

    #[test]
    fn the_room_is_enough_for_the_longest_answers() {
        for (flags, length) in
            [1, 7, 8, 255, 256].into_iter().flat_map(|flags| (0..70).map(move |length| (flags, length)))
        {
            let variants = format!(r#"{{"long":"{}","short":""}}"#, "x".repeat(length));
            let flag =
                |number| format!(r#""f{number}":{{"state":"ENABLED","variants":{variants},"defaultVariant":"short"}}"#);
            let flags: Vec<String> = (0..flags).map(flag).collect();
            let snapshot: Snapshot = format!(r#"{{"flags":{{{}}}}}"#, flags.join(",")).parse().unwrap();
            let group = snapshot.slots.groups().next().unwrap();
            let outcomes = vec![Outcome::Variant { index: 0, reason: Reason::TargetingMatch }; flags.len()];
            let mut room = vec![0; group.layout.longest];
            assert_eq!(group.layout.put_all(&outcomes, &mut room).0, flags.len(), "{length}");
        }
    }

    #[test]
    fn a_failure_among_many_is_written_where_it_belongs() {
        let flag = |number: usize| match number {
            40 => r#""f040":{"state":"ENABLED","variants":{"on":true},"defaultVariant":"off"}"#.to_owned(),
            _ => format!(r#""f{number:03}":{{"state":"ENABLED","variants":{{"on":true}},"defaultVariant":"on"}}"#),
        };
        let flags: Vec<String> = (0..100).map(flag).collect();
        let snapshot: Snapshot = format!(r#"{{"flags":{{{}}}}}"#, flags.join(",")).parse().unwrap();
        let mut out = Vec::new();
        snapshot.evaluate_all(&Context::empty()).write_ofrep(&mut out);
        let answers: Vec<serde_json::Value> =
            serde_json::from_str(&format!("[{}]", String::from_utf8(out).unwrap())).unwrap();
        assert_eq!(answers.len(), 100);
        for (number, answer) in answers.iter().enumerate() {
            assert_eq!(answer["key"], format!("f{number:03}"));
            assert_eq!(answer.get("errorCode").is_some(), number == 40, "{answer}");
        }
    }
}
