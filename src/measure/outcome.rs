//! One thing that happened to one user under one variant.

use super::latencies::Bin;
use crate::units::{FlagKey, UnixMillis, VariantName};
use std::fmt;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A seed that nothing else hashes with, least of all what decides who gets which variant: a sample of users by
/// their hash has the same share of the candidate as all of them.
const SEED: u64 = 0xC0FF_EE5E_ED5A_17ED;

/// What an application saw happen under a variant.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The flag that was evaluated.
    pub flag: FlagKey,
    /// The variant that was served.
    pub variant: VariantName,
    /// To whom it happened, where the application said so.
    pub user: Option<User>,
    /// When it happened; `None`: when it arrives.
    pub at: Option<UnixMillis>,
    /// Whether it went well.
    pub ok: bool,
    /// How long it took, in milliseconds: finite, 0 to one day.
    pub latency_ms: Option<f64>,
    /// Any figure the application cares for. Finite.
    pub value: Option<f64>,
}

/// Who something happened to: enough to tell users apart, and no more. The targeting key is not kept, and what is
/// kept of it is not printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct User(u64);

impl User {
    /// The user with that targeting key.
    #[must_use]
    pub fn of(targeting_key: &str) -> Self {
        Self(xxh3_64_with_seed(targeting_key.as_bytes(), SEED))
    }

    /// Evenly spread over all 64-bit numbers.
    pub(super) const fn hash(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("User(..)")
    }
}

/// An outcome without its names, with its latency already in a bin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted {
    pub(super) user: Option<User>,
    pub(super) ok: bool,
    pub(super) latency: Option<Bin>,
    pub(super) value: Option<f64>,
    /// How many there are of it. Only those without a user and a value come as many at once.
    pub(super) times: u32,
}

impl From<&Outcome> for Noted {
    fn from(outcome: &Outcome) -> Self {
        let Outcome { flag: _, variant: _, user, at: _, ok, latency_ms, value } = outcome;
        Self { user: *user, ok: *ok, latency: latency_ms.map(Bin::of), value: *value, times: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_key_nor_its_hash_is_printed() {
        let user = User::of("s3cret");
        let (flag, variant) = (FlagKey::new("f").unwrap(), VariantName::new("on").unwrap());
        let outcome = Outcome { flag, variant, user: Some(user), at: None, ok: true, latency_ms: None, value: None };
        let printed = format!("{outcome:?} {:?}", Noted::from(&outcome));
        assert!(!printed.contains("s3cret") && !printed.contains(&user.hash().to_string()), "{printed}");
        assert!(!printed.contains(&format!("{:x}", user.hash())), "{printed}");
    }

    #[test]
    fn users_are_told_apart_by_their_keys() {
        assert_eq!(User::of("alice"), User::of("alice"));
        assert_ne!(User::of("alice"), User::of("Alice"));
    }
}
