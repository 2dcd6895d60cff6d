//! `MurmurHash3`, x86 variant of 32 bits, seed 0, after Austin Appleby's description: public domain, and
//! what flagd hashes with. Written out here because it is most of what an evaluation costs; a test holds
//! it against the published crate.

const FIRST: u32 = 0xCC9E_2D51;
const SECOND: u32 = 0x1B87_3593;

/// The hash of the bytes. Their length counts modulo 2^32.
pub(super) fn murmur3(bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks::<4>();
    let mut state = 0_u32;
    for word in words {
        state ^= scrambled(u32::from_le_bytes(*word));
        state = state.rotate_left(13).wrapping_mul(5).wrapping_add(0xE654_6B64);
    }
    if !rest.is_empty() {
        state ^= scrambled(rest.iter().rev().fold(0, |word, byte| (word << 8) | u32::from(*byte)));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the length counts modulo 2^32")]
    let length = bytes.len() as u32;
    finished(state ^ length)
}

const fn scrambled(word: u32) -> u32 {
    word.wrapping_mul(FIRST).rotate_left(15).wrapping_mul(SECOND)
}

/// Lets every bit of the state count in every bit of the hash.
const fn finished(mut state: u32) -> u32 {
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
    fn a_million_inputs_hash_as_the_published_crate_hashes_them() {
        let mut bytes = [0_u8; 40];
        // A plain linear congruence: any spread of inputs will do, and the same each time.
        let mut seed = 1_u64;
        for round in 0..1_000_000_usize {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = round % 33;
            bytes[at..at + 8].copy_from_slice(&seed.to_be_bytes());
            let input = &bytes[..(seed >> 33) as usize % 41];
            let expected = murmur3::murmur3_32(&mut &*input, 0).unwrap();
            assert!(murmur3(input) == expected, "{input:?}");
        }
    }
}
