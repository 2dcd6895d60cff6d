//! One person's key hashed for many flags at once: whatever of a hash depends on the person alone is
//! done once, and the flags' hashes advance side by side.

use super::murmur3::{Murmur3, finished, mixed, scrambled};

/// How many hashes advance together at most: plain loops over so many become vector instructions, and the
/// states stay in the nearest cache.
pub(super) const LANES: usize = 64;

/// Hashes that have begun, side by side.
#[derive(Debug)]
pub(super) struct Lanes {
    states: [u32; LANES],
    pending: [u32; LANES],
    lengths: [u32; LANES],
}

impl Lanes {
    pub(super) const fn new() -> Self {
        Self { states: [0; LANES], pending: [0; LANES], lengths: [0; LANES] }
    }

    /// Puts one into a lane.
    #[inline]
    pub(super) fn put(&mut self, lane: usize, begun: Murmur3) {
        let places = (self.states.get_mut(lane), self.pending.get_mut(lane), self.lengths.get_mut(lane));
        if let (Some(state), Some(pending), Some(length)) = places {
            (*state, *pending, *length) = (begun.state(), begun.pending(), begun.length());
        }
    }

    /// The hashes by lane, each with this end. Of lanes that nothing was put into they mean nothing.
    pub(super) fn finish(&mut self, ending: &Ending) -> &[u32; LANES] {
        for (state, pending) in self.states.iter_mut().zip(&self.pending) {
            *state = mixed(*state, scrambled(pending | ending.first));
        }
        for word in &ending.words {
            for state in &mut self.states {
                *state = mixed(*state, *word);
            }
        }
        for (state, length) in self.states.iter_mut().zip(&self.lengths) {
            *state = finished(*state ^ ending.rest ^ length.wrapping_add(ending.length));
        }
        &self.states
    }
}

/// The end of a hash, prepared for beginnings that have filled their last word to the same byte.
#[derive(Debug)]
pub(super) struct Ending {
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
    pub(super) fn new(bytes: &[u8], taken: usize) -> Option<Self> {
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
        let text: Vec<u8> = (0..90_u8).map(|byte| byte.wrapping_mul(37)).collect();
        let mut lanes = Lanes::new();
        for begin in 0..30 {
            for length in 0..60 {
                let end = &text[30..30 + length];
                let begun: Vec<Murmur3> = (0..20)
                    .map(|lane| {
                        let mut begun = Murmur3::default();
                        // Beginnings of other lengths that fill the last word alike.
                        begun.write(&text[lane..lane + begin + 4 * (lane % 3)]);
                        begun
                    })
                    .collect();
                let Some(ending) = Ending::new(end, begin % 4) else {
                    assert!(length < 4);
                    continue;
                };
                let expected: Vec<u32> = begun
                    .iter()
                    .map(|one| {
                        let mut one = *one;
                        one.write(end);
                        one.finish()
                    })
                    .collect();
                for _again in 0..2 {
                    begun.iter().enumerate().for_each(|(lane, one)| lanes.put(lane, *one));
                    assert_eq!(lanes.finish(&ending)[..expected.len()], expected, "{begin} {length}");
                }
            }
        }
    }
}
