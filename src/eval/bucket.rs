//! Which bucket somebody is in: the hash and the arithmetic of flagd, integers only, so that its
//! providers and this server agree on every user.

use super::cbor;
use super::murmur3::Murmur3;
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

    /// The hash of the text that two parts make together.
    pub(super) fn hash_text(self, first: &str, second: &str) -> u32 {
        let mut hash = Murmur3::default();
        match self {
            Self::V2 => {}
            Self::V3 => cbor::text_header(first.len().saturating_add(second.len()), &mut hash),
        }
        hash.write(first.as_bytes());
        hash.write(second.as_bytes());
        hash.finish()
    }

    /// The hash of any value; `None` for one that stands for nobody.
    pub(super) fn hash_value(self, value: &Value<'_>) -> Option<u32> {
        match (self, value) {
            (_, Value::Text(text)) => Some(self.hash_text(text, "")),
            (Self::V2, _) => None,
            (Self::V3, value) => {
                let mut hash = Murmur3::default();
                cbor::encode(value, &mut hash).then(|| hash.finish())
            }
        }
    }

    /// The beginning of the hash of a flag's key and a targeting key, which is the same for everybody.
    pub(super) fn begin_keys(self, flag_key: &str) -> Murmur3 {
        let mut hash = Murmur3::default();
        match self {
            Self::V2 => hash.write(flag_key.as_bytes()),
            Self::V3 => cbor::begin_pair(flag_key, &mut hash),
        }
        hash
    }

    /// What is hashed after a flag's key.
    pub(super) fn end_of_keys(self, targeting_key: &str) -> Vec<u8> {
        let mut end = Vec::with_capacity(targeting_key.len().saturating_add(9));
        if self == Self::V3 {
            cbor::text_header(targeting_key.len(), &mut end);
        }
        end.extend_from_slice(targeting_key.as_bytes());
        end
    }

    /// The hash that began with a flag's key.
    #[inline]
    pub(super) fn end_keys(self, mut begun: Murmur3, targeting_key: &str) -> u32 {
        if self == Self::V3 {
            cbor::text_header(targeting_key.len(), &mut begun);
        }
        begun.write(targeting_key.as_bytes());
        begun.finish()
    }
}

/// The bucket of a hash, from 0 up to but without `buckets`.
#[inline]
pub(super) fn bucket(hash: u32, buckets: u32) -> u32 {
    let scaled = u64::from(hash).saturating_mul(u64::from(buckets)) >> 32;
    u32::try_from(scaled).unwrap_or(u32::MAX)
}
