//! Which bucket somebody is in: `MurmurHash3` (x86, 32 bit, seed 0), integers only, with the arithmetic
//! of flagd, so that its providers and this server agree on every user.

use super::cbor::{self, Header};
use super::murmur3::murmur3;
use super::scratch::Scratch;
use super::value::Value;

/// What is hashed: flagd changed it once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Bucketing {
    /// The UTF-8 of a text; flagd up to 0.16.
    V2,
    /// The canonical CBOR of any value but null and lists.
    #[default]
    V3,
}

impl Bucketing {
    /// `v2` or `v3`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2 => "v2",
            Self::V3 => "v3",
        }
    }

    /// The hash of a text.
    pub(super) fn hash_text(self, text: &mut Scratch) -> u32 {
        match self {
            Self::V2 => murmur3(text.text()),
            Self::V3 => {
                let header = Header::of_text(text.text().len());
                murmur3(text.with_header(header.as_bytes()))
            }
        }
    }

    /// The hash of any value; `None` for one that stands for nobody.
    pub(super) fn hash_value(self, value: &Value<'_>) -> Option<u32> {
        match (self, value) {
            (_, Value::Text(text)) => {
                let mut scratch = Scratch::new();
                scratch.push(text);
                Some(self.hash_text(&mut scratch))
            }
            (Self::V2, _) => None,
            (Self::V3, value) => cbor::encode(value).map(|bytes| murmur3(&bytes)),
        }
    }

    /// The hash of a flag's key and a targeting key together.
    pub(super) fn hash_keys(self, flag_key: &str, targeting_key: &str) -> u32 {
        match self {
            Self::V2 => {
                let mut scratch = Scratch::new();
                scratch.push(flag_key);
                scratch.push(targeting_key);
                murmur3(scratch.text())
            }
            Self::V3 => murmur3(&cbor::encode_pair(flag_key, targeting_key)),
        }
    }
}

/// The bucket of a hash, from 0 up to but without `buckets`.
pub(super) fn bucket(hash: u32, buckets: u32) -> u32 {
    let scaled = u64::from(hash).saturating_mul(u64::from(buckets)) >> 32;
    u32::try_from(scaled).unwrap_or(u32::MAX)
}
