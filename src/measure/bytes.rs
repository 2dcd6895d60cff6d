//! How what is counted is written down, to outlive the process: numbers in few bytes, and a checksum over all.

use xxhash_rust::xxh3::xxh3_64;

/// How it is written now. What was written otherwise is not read.
const VERSION: u8 = 1;

/// What is being written.
#[derive(Debug)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(vec![VERSION])
    }

    /// A number in as many bytes as it needs (LEB128).
    pub(super) fn number(&mut self, mut number: u64) {
        loop {
            let low = (number & 0x7F) as u8;
            number >>= 7;
            if number == 0 {
                return self.0.push(low);
            }
            self.0.push(low | 0x80);
        }
    }

    pub(super) fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    /// A number that may be negative, in eight bytes.
    pub(super) fn signed(&mut self, number: i64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn float(&mut self, float: f64) {
        self.0.extend_from_slice(&float.to_le_bytes());
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    /// One that may not be there.
    pub(super) fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// All of it, with its checksum.
    pub(super) fn sealed(mut self) -> Vec<u8> {
        let sum = xxh3_64(&self.0);
        self.0.extend_from_slice(&sum.to_le_bytes());
        self.0
    }
}

/// What is being read. Every answer is `None` once something does not fit.
#[derive(Debug)]
pub(super) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    /// Takes what was sealed. `None` when it is damaged or of another version.
    pub(super) fn open(bytes: &'b [u8]) -> Option<Self> {
        let (body, sum) = bytes.split_last_chunk::<8>()?;
        let (version, rest) = body.split_first()?;
        (xxh3_64(body) == u64::from_le_bytes(*sum) && *version == VERSION).then_some(Self(rest))
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0_u64, 0_u32);
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let low = u64::from(byte & 0x7F);
            number |= low.checked_shl(shift).filter(|shifted| shifted >> shift == low)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift = shift.checked_add(7).filter(|shift| *shift < u64::BITS)?;
        }
    }

    /// How many there are of something that takes at least a byte each, and no more than may be.
    pub(super) fn length(&mut self, most: usize) -> Option<usize> {
        let length = usize::try_from(self.number()?).ok()?;
        (length <= most && length <= self.0.len()).then_some(length)
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        self.chunk().map(i64::from_le_bytes)
    }

    pub(super) fn float(&mut self) -> Option<f64> {
        self.chunk().map(f64::from_le_bytes)
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.chunk::<1>()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    /// One that may not be there: `Some(None)` then.
    pub(super) fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.flag()? { read(self).map(Some) } else { Some(None) }
    }

    /// Whether nothing is left.
    pub(super) const fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (chunk, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_was_written_is_read(number: u64, signed: i64, float in -1e300..1e300_f64, maybe: Option<u64>) {
            let mut out = Writer::new();
            out.number(number);
            out.signed(signed);
            out.float(float);
            out.maybe(maybe, Writer::number);
            let sealed = out.sealed();
            let mut from = Reader::open(&sealed).unwrap();
            proptest::prop_assert_eq!(from.number(), Some(number));
            proptest::prop_assert_eq!(from.signed(), Some(signed));
            proptest::prop_assert_eq!(from.float(), Some(float));
            proptest::prop_assert_eq!(from.maybe(Reader::number), Some(maybe));
            proptest::prop_assert!(from.is_done() && from.number().is_none());
        }

        #[test]
        fn whatever_else_is_there_is_refused(bytes: Vec<u8>) {
            proptest::prop_assert!(Reader::open(&bytes).is_none());
        }
    }

    #[test]
    fn a_bit_that_fell_over_is_noticed() {
        let mut out = Writer::new();
        out.number(300);
        let sealed = out.sealed();
        for place in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[place] ^= 4;
            assert!(Reader::open(&damaged).is_none(), "byte {place}");
        }
        assert!(Reader::open(&sealed[..sealed.len() - 1]).is_none());
    }
}
