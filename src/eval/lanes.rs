//! One person's key hashed for many flags at once: whatever of a hash depends on the person alone is
//! done once, and the flags' hashes advance side by side.

use super::murmur3::{Murmur3, finished, mixed, scrambled};
use super::slots::GROUP;

// A place in a group is a byte.
const _: () = assert!(GROUP <= 256);

/// The hashes that have begun with the keys of a group of flags, by how many bytes each has in its last word.
#[derive(Debug)]
pub(super) struct Lanes([Lane; 4]);

/// Part by part rather than hash by hash, for plain loops over these become vector instructions.
#[derive(Debug)]
struct Lane {
    states: Box<[u32]>,
    pending: Box<[u32]>,
    lengths: Box<[u32]>,
    /// The places of the flags in their group.
    places: Box<[u8]>,
}

impl Lanes {
    /// Of the flags at these places.
    pub(super) fn of(flags: impl Iterator<Item = (u8, Murmur3)>) -> Self {
        let mut kinds: [Vec<(u8, Murmur3)>; 4] = Default::default();
        for flag in flags {
            if let Some(kind) = kinds.get_mut(flag.1.taken()) {
                kind.push(flag);
            }
        }
        Self(kinds.map(|kind| Lane::of(&kind)))
    }
}

impl Lane {
    fn of(flags: &[(u8, Murmur3)]) -> Self {
        Self {
            states: flags.iter().map(|(_, begun)| begun.state()).collect(),
            pending: flags.iter().map(|(_, begun)| begun.pending()).collect(),
            lengths: flags.iter().map(|(_, begun)| begun.length()).collect(),
            places: flags.iter().map(|(place, _)| *place).collect(),
        }
    }

    /// Writes the hashes with that end into `states`.
    fn finish(&self, ending: &Ending, states: &mut [u32]) {
        for ((state, begun), pending) in states.iter_mut().zip(&self.states).zip(&self.pending) {
            *state = mixed(*begun, scrambled(pending | ending.first));
        }
        for word in &ending.words {
            for state in &mut *states {
                *state = mixed(*state, *word);
            }
        }
        for (state, length) in states.iter_mut().zip(&self.lengths) {
            *state = finished(*state ^ ending.rest ^ length.wrapping_add(ending.length));
        }
    }

    /// One by one, with an end that does not fill the last word.
    fn finish_singly(&self, end: &[u8], states: &mut [u32]) {
        for (((hash, state), pending), length) in
            states.iter_mut().zip(&self.states).zip(&self.pending).zip(&self.lengths)
        {
            let mut begun = Murmur3::begun(*state, *pending, *length);
            begun.write(end);
            *hash = begun.finish();
        }
    }
}

/// Who asks, prepared for all hashes that their key ends.
#[derive(Debug)]
pub(super) struct Endings {
    end: Vec<u8>,
    /// By how many bytes the beginnings have in their last word.
    kinds: [Option<Ending>; 4],
}

impl Endings {
    pub(super) fn new(end: Vec<u8>) -> Self {
        let kinds = std::array::from_fn(|taken| Ending::new(&end, taken));
        Self { end, kinds }
    }

    /// Writes the hashes to the places of the flags; the other places stay as they are.
    pub(super) fn finish(&self, lanes: &Lanes, hashes: &mut [u32; GROUP]) {
        let mut room = [0; GROUP];
        for (lane, ending) in lanes.0.iter().zip(&self.kinds) {
            let Some(states) = room.get_mut(..lane.states.len()) else { continue };
            match ending {
                Some(ending) => lane.finish(ending, states),
                None => lane.finish_singly(&self.end, states),
            }
            for (place, hash) in lane.places.iter().zip(states) {
                if let Some(at) = hashes.get_mut(usize::from(*place)) {
                    *at = *hash;
                }
            }
        }
    }
}

/// The end of a hash, prepared for beginnings that have filled their last word to the same byte.
#[derive(Debug)]
struct Ending {
    /// The lowest bits of the first word are the beginning's own.
    first: u32,
    /// The words after the first, scrambled.
    words: Vec<u32>,
    /// The bytes after the last word, scrambled.
    rest: u32,
    length: u32,
}

impl Ending {
    /// For beginnings that have `taken` bytes in their last word; `None` when these bytes do not fill it.
    #[expect(clippy::cast_possible_truncation, reason = "lengths count modulo 2^32")]
    fn new(bytes: &[u8], taken: usize) -> Option<Self> {
        let (first, others) = bytes.split_at_checked(4_usize.checked_sub(taken)?)?;
        let (words, rest) = others.as_chunks::<4>();
        let low = |bytes: &[u8]| bytes.iter().rev().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
        let shift = u32::try_from(taken).ok()?.wrapping_mul(8);
        Some(Self {
            first: low(first).wrapping_shl(shift),
            words: words.iter().map(|word| scrambled(u32::from_le_bytes(*word))).collect(),
            rest: scrambled(low(rest)),
            length: bytes.len() as u32,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn side_by_side_hashes_are_the_same_as_one_by_one() {
        let text: Vec<u8> = (0..120_u8).map(|byte| byte.wrapping_mul(37)).collect();
        // Of all lengths, in another order than their places.
        let begun: Vec<(u8, Murmur3)> = (0..70)
            .rev()
            .map(|place| {
                let (mut begun, at) = (Murmur3::default(), usize::from(place));
                begun.write(&text[at..at + at * 7 % 31]);
                (place, begun)
            })
            .collect();
        let lanes = Lanes::of(begun.iter().copied());
        for length in 0..60 {
            let end = &text[30..30 + length];
            let mut hashes = [0; GROUP];
            Endings::new(end.to_vec()).finish(&lanes, &mut hashes);
            for (place, mut begun) in begun.iter().copied() {
                begun.write(end);
                assert_eq!(hashes[usize::from(place)], begun.finish(), "{place} {length}");
            }
        }
    }
}
