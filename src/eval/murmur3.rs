//! `MurmurHash3`, x86 variant of 32 bits, seed 0, after Austin Appleby's description: public domain, and
//! what flagd hashes with. Written out here to be fed in parts without putting them together first, for
//! this is most of what an evaluation costs; a test holds it against the published crate.

/// A hash being fed. Small, so that the state after a known beginning can be kept with each flag.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Murmur3 {
    state: u32,
    /// Bytes that do not fill a word yet, the first of them lowest; how many is told by `length`.
    pending: u32,
    /// Counts modulo 2^32.
    length: u32,
}

impl Murmur3 {
    /// Feeds the next bytes.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the length counts modulo 2^32")]
    pub(super) fn write(&mut self, bytes: &[u8]) {
        match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => self.write_words(bytes, *first, *last),
            _ => self.write_few(bytes),
        }
        self.length = self.length.wrapping_add(bytes.len() as u32);
    }

    /// Four bytes or more: once the word that has begun is full, the others lie in the bytes as they are.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "less than four")]
    fn write_words(&mut self, bytes: &[u8], first: [u8; 4], last: [u8; 4]) {
        let taken = self.taken();
        self.mix(self.pending | u32::from_le_bytes(first).wrapping_shl((taken as u32).wrapping_mul(8)));
        let (words, rest) = bytes.get(4_usize.wrapping_sub(taken)..).unwrap_or_default().as_chunks::<4>();
        for word in words {
            self.mix(u32::from_le_bytes(*word));
        }
        // How many are over is anybody's guess, and a loop over them would be one too.
        let over = (rest.len() as u32).wrapping_mul(8);
        self.pending = (u64::from(u32::from_le_bytes(last)) >> 32_u32.wrapping_sub(over)) as u32;
    }

    /// Less than four bytes.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "less than four, and the halves of a number")]
    fn write_few(&mut self, bytes: &[u8]) {
        let taken = (self.taken() as u32).wrapping_mul(8);
        let more = bytes.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte));
        let pending = u64::from(self.pending) | more.wrapping_shl(taken);
        self.pending = pending as u32;
        if taken.wrapping_add((bytes.len() as u32).wrapping_mul(8)) >= 32 {
            self.mix(self.pending);
            self.pending = (pending >> 32) as u32;
        }
    }

    /// The hash of all that was fed.
    #[inline]
    pub(super) const fn finish(self) -> u32 {
        finished(self.state ^ scrambled(self.pending) ^ self.length)
    }

    /// A hash that was fed before.
    pub(super) const fn begun(state: u32, pending: u32, length: u32) -> Self {
        Self { state, pending, length }
    }

    pub(super) const fn state(self) -> u32 {
        self.state
    }

    pub(super) const fn pending(self) -> u32 {
        self.pending
    }

    pub(super) const fn length(self) -> u32 {
        self.length
    }

    /// How many bytes are in the last word.
    pub(super) const fn taken(self) -> usize {
        self.length as usize % 4
    }

    #[inline]
    const fn mix(&mut self, word: u32) {
        self.state = mixed(self.state, scrambled(word));
    }
}

/// The state after a word, which is scrambled already.
#[inline]
pub(super) const fn mixed(state: u32, scrambled: u32) -> u32 {
    (state ^ scrambled).rotate_left(13).wrapping_mul(5).wrapping_add(0xE654_6B64)
}

/// A word's share of the state; of nothing it is nothing.
#[inline]
pub(super) const fn scrambled(word: u32) -> u32 {
    word.wrapping_mul(0xCC9E_2D51).rotate_left(15).wrapping_mul(0x1B87_3593)
}

/// Lets every bit of the state count in every bit of the hash.
#[inline]
pub(super) const fn finished(mut state: u32) -> u32 {
    state ^= state >> 16;
    state = state.wrapping_mul(0x85EB_CA6B);
    state ^= state >> 13;
    state = state.wrapping_mul(0xC2B2_AE35);
    state ^ (state >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_inputs_in_any_parts_hash_as_the_published_crate_hashes_them() {
        let mut bytes = [0_u8; 40];
        // A plain linear congruence: any spread of inputs will do, and the same each time.
        let mut seed = 1_u64;
        for round in 0..1_000_000_usize {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = round % 33;
            bytes[at..at + 8].copy_from_slice(&seed.to_be_bytes());
            let input = &bytes[..(seed >> 33) as usize % 41];
            let (first, second) = input.split_at(round % (input.len() + 1));
            let mut hash = Murmur3::default();
            hash.write(first);
            hash.write(second);
            let expected = murmur3::murmur3_32(&mut &*input, 0).unwrap();
            assert!(hash.finish() == expected, "{first:?} {second:?}");
        }
    }
}
