//! Values as canonical CBOR (RFC 8949, section 4.2.1): the bytes that the third generation of flagd's
//! bucketing hashes, so that 1 and 1.0 are one user.

use super::datum::{Datum, Object};
use super::murmur3::Murmur3;
use super::value::Value;
use crate::flag::Number;

/// Where the bytes go.
pub(super) trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Murmur3 {
    fn put(&mut self, bytes: &[u8]) {
        self.write(bytes);
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// CBOR's major types, as the upper three bits of a header.
const UNSIGNED: u8 = 0x00;
const NEGATIVE: u8 = 0x20;
const TEXT: u8 = 0x60;
const ARRAY: u8 = 0x80;
const MAP: u8 = 0xA0;

/// A header: up to nine bytes.
#[derive(Debug, Clone, Copy)]
struct Header {
    bytes: [u8; 9],
    length: usize,
}

impl Header {
    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// The shortest form of a type and its argument.
    fn new(major: u8, argument: u64) -> Self {
        let mut bytes = [0; 9];
        let wide = argument.to_be_bytes();
        let (mark, width) = match argument {
            0..=23 => (wide.last().copied().unwrap_or(0), 0),
            24..=0xFF => (24, 1),
            0x100..=0xFFFF => (25, 2),
            0x1_0000..=0xFFFF_FFFF => (26, 4),
            0x1_0000_0000.. => (27, 8_usize),
        };
        let digits = wide.get(wide.len().saturating_sub(width)..).unwrap_or_default();
        if let Some((first, rest)) = bytes.split_first_mut() {
            *first = major | mark;
            rest.iter_mut().zip(digits).for_each(|(to, from)| *to = *from);
        }
        Self { bytes, length: width.saturating_add(1) }
    }
}

/// Writes a value to be hashed; false for null and lists, which stand for nobody.
pub(super) fn encode(value: &Value<'_>, out: &mut impl Sink) -> bool {
    match value {
        Value::Null | Value::List(_) | Value::Built(_) => return false,
        Value::Bool(value) => boolean(*value, out),
        Value::Number(value) => number(*value, out),
        Value::Text(value) => text(value, out),
        Value::Object(value) => object(value, out),
    }
    true
}

/// Begins the list of a flag's key and a targeting key, which the short form of `fractional` hashes: all
/// but the targeting key.
pub(super) fn begin_pair(flag_key: &str, out: &mut impl Sink) {
    head(ARRAY, 2, out);
    text(flag_key, out);
}

/// Writes what comes before a text of so many bytes.
#[inline]
pub(super) fn text_header(length: usize, out: &mut impl Sink) {
    // The usual lengths, without the detour.
    match u8::try_from(length) {
        Ok(length @ 0..=23) => out.put(&[TEXT | length]),
        Ok(length) => out.put(&[TEXT | 24, length]),
        Err(_) => head(TEXT, length, out),
    }
}

fn datum(value: &Datum<'_>, out: &mut impl Sink) {
    match value {
        Datum::Null => out.put(&[0xF6]),
        Datum::Bool(value) => boolean(*value, out),
        Datum::Number(value) => number(*value, out),
        Datum::Text(value) => text(value, out),
        Datum::List(items) => {
            head(ARRAY, items.len(), out);
            items.iter().for_each(|item| datum(item, out));
        }
        Datum::Object(value) => object(value, out),
    }
}

#[inline(always)]
fn head(major: u8, length: usize, out: &mut impl Sink) {
    let header = Header::new(major, u64::try_from(length).unwrap_or(u64::MAX));
    out.put(header.as_bytes());
}

fn boolean(value: bool, out: &mut impl Sink) {
    out.put(&[if value { 0xF5 } else { 0xF4 }]);
}

fn text(value: &str, out: &mut impl Sink) {
    head(TEXT, value.len(), out);
    out.put(value.as_bytes());
}

fn object(value: &Object<'_>, out: &mut impl Sink) {
    head(MAP, value.iter().len(), out);
    let mut entries: Vec<_> = value.iter().collect();
    // The order of the encoded keys: a header with a smaller length is the smaller.
    entries.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    for (key, value) in entries {
        text(key, out);
        datum(value, out);
    }
}

fn number(value: Number, out: &mut impl Sink) {
    let header = match value.as_integer() {
        Some(integer) => match (u64::try_from(integer), i64::try_from(integer)) {
            (Ok(unsigned), _) => Some(Header::new(UNSIGNED, unsigned)),
            // CBOR keeps -1 - n as n, which is the bitwise complement.
            (Err(_), Ok(negative)) => Some(Header::new(NEGATIVE, (!negative).unsigned_abs())),
            (Err(_), Err(_)) => None,
        },
        None => None,
    };
    match header {
        Some(header) => out.put(header.as_bytes()),
        None => float(value.as_f64(), out),
    }
}

/// The shortest of the three widths that keeps the value exactly.
fn float(value: f64, out: &mut impl Sink) {
    #[expect(clippy::cast_possible_truncation, reason = "whether something is lost is looked at next")]
    let single = value as f32;
    if f64::from(single).to_bits() != value.to_bits() {
        out.put(&[0xFB]);
        out.put(&value.to_be_bytes());
        return;
    }
    match half(single) {
        Some(bits) => {
            out.put(&[0xF9]);
            out.put(&bits.to_be_bytes());
        }
        None => {
            out.put(&[0xFA]);
            out.put(&single.to_be_bytes());
        }
    }
}

/// A finite single as the bits of a half, when that keeps it exactly.
fn half(single: f32) -> Option<u16> {
    let bits = single.to_bits();
    let sign = (bits >> 16) & 0x8000;
    let mantissa = bits & 0x007F_FFFF;
    let exponent = i64::from((bits >> 23) & 0xFF).saturating_sub(127);
    let short = match exponent {
        -14..=15 => {
            let lost = mantissa & 0x1FFF;
            let biased = u32::try_from(exponent.saturating_add(15)).ok()?;
            (lost == 0).then_some((biased << 10) | (mantissa >> 13))?
        }
        // Subnormal halves: the leading one of the mantissa is written out.
        -24..=-15 => {
            let full = mantissa | 0x0080_0000;
            let shift = u32::try_from(exponent.saturating_neg().saturating_sub(1)).ok()?;
            (full.trailing_zeros() >= shift).then_some(full >> shift)?
        }
        _ => return None,
    };
    u16::try_from(sign | short).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[derive(Default)]
    struct Bytes(Vec<u8>);

    impl Sink for Bytes {
        fn put(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
    }

    fn hex(value: &Value<'_>) -> String {
        let mut bytes = Bytes::default();
        assert!(encode(value, &mut bytes));
        bytes.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_examples_of_the_standard_come_out_as_it_has_them() {
        for (spelling, bytes) in [
            ("0", "00"),
            ("-0.0", "00"),
            ("1.0", "01"),
            ("23", "17"),
            ("24", "1818"),
            ("1000", "1903e8"),
            ("1000000", "1a000f4240"),
            ("1000000000000", "1b000000e8d4a51000"),
            ("18446744073709551615", "1bffffffffffffffff"),
            ("-1", "20"),
            ("-1000", "3903e7"),
            ("-9223372036854775808", "3b7fffffffffffffff"),
            ("1.5", "f93e00"),
            ("1.1", "fb3ff199999999999a"),
            ("3.4028234663852886e+38", "fa7f7fffff"),
            ("5.960464477539063e-8", "f90001"),
            ("0.00006103515625", "f90400"),
            ("-4.1", "fbc010666666666666"),
            ("1.0e+300", "fb7e37e43c8800759c"),
            ("100000.5", "fa47c35040"),
        ] {
            assert_eq!(hex(&Value::Number(Number::parse(spelling).unwrap())), bytes, "{spelling}");
        }
        assert_eq!(hex(&Value::Text("ü".into())), "62c3bc");
        assert_eq!(hex(&Value::Bool(true)), "f5");
    }

    #[test]
    fn a_mappings_keys_are_ordered_by_length_first() {
        let entries = ["bb", "a", "c"].map(|key| (key.into(), Datum::List(vec![Datum::Null])));
        let object = Object::new(entries.to_vec());
        assert_eq!(hex(&Value::Object(Cow::Borrowed(&object))), "a3616181f6616381f662626281f6");
        assert!(!encode(&Value::Null, &mut Bytes::default()));
        assert!(!encode(&Value::List(&[]), &mut Bytes::default()));
    }
}
