//! Users, told apart and no more.

use std::fmt;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A seed that nothing else hashes with, least of all what decides who gets which variant: a sample of users by
/// their hash has the same share of the candidate as all of them.
const SEED: u64 = 0xC0FF_EE5E_ED5A_17ED;

/// Who something happened to: enough to tell users apart, and no more. The targeting key is not kept, and what is
/// kept of it is not printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct User(u64);

impl User {
    /// The user with that targeting key.
    #[must_use]
    #[inline]
    pub fn of(targeting_key: &str) -> Self {
        Self(xxh3_64_with_seed(targeting_key.as_bytes(), SEED))
    }

    /// Evenly spread over all 64-bit numbers.
    #[must_use]
    pub const fn hash(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("User(..)")
    }
}
