//! A protobuf message, field by field, without a copy.
//!
//! Generated types would build the whole request in memory before anybody could say that it is too much: two bytes
//! of a body make a span of two hundred. Here a body is walked through, and what is not asked for is passed over.
//! The encoding: <https://protobuf.dev/programming-guides/encoding/>.

use crate::otlp::Malformed;

/// A field's value as it travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire<'b> {
    /// Whole numbers, truths and enumerations.
    Varint(u64),
    /// Eight bytes: fixed numbers and doubles.
    Fixed64(u64),
    /// Four bytes.
    Fixed32(u32),
    /// Texts, bytes, messages, packed lists.
    Bytes(&'b [u8]),
}

impl<'b> Wire<'b> {
    /// The bytes of a message, a text or a packed list; another kind is none that any reader expects there.
    pub(super) fn bytes(self) -> Result<&'b [u8], Malformed> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Varint(_) | Self::Fixed64(_) | Self::Fixed32(_) => Err(other_type()),
        }
    }

    /// A text.
    pub(super) fn text(self) -> Result<&'b str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed::Wrong("a text is not UTF-8"))
    }

    /// A whole number, a truth or an enumeration.
    pub(super) fn varint(self) -> Result<u64, Malformed> {
        match self {
            Self::Varint(number) => Ok(number),
            Self::Fixed64(_) | Self::Fixed32(_) | Self::Bytes(_) => Err(other_type()),
        }
    }

    /// Eight bytes.
    pub(super) fn fixed64(self) -> Result<u64, Malformed> {
        match self {
            Self::Fixed64(number) => Ok(number),
            Self::Varint(_) | Self::Fixed32(_) | Self::Bytes(_) => Err(other_type()),
        }
    }
}

const fn other_type() -> Malformed {
    Malformed::Wrong("a field has another type than OTLP gives it")
}

/// The fields of one message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'b>(&'b [u8]);

impl<'b> Fields<'b> {
    /// Of these bytes.
    pub(super) const fn of(message: &'b [u8]) -> Self {
        Self(message)
    }

    /// Only those of one number, which are messages.
    pub(super) fn messages(self, number: u32) -> impl Iterator<Item = Result<&'b [u8], Malformed>> {
        self.filter_map(move |field| match field {
            Ok((found, wire)) if found == number => Some(wire.bytes()),
            Ok(_) => None,
            Err(malformed) => Some(Err(malformed)),
        })
    }

    fn read(&mut self) -> Result<(u32, Wire<'b>), Malformed> {
        let tag = varint(&mut self.0)?;
        let number = u32::try_from(tag >> 3).ok().filter(|number| (1..1 << 29).contains(number));
        let number = number.ok_or(Malformed::Wrong("a field has no number that a field may have"))?;
        let wire = match tag & 7 {
            0 => Wire::Varint(varint(&mut self.0)?),
            1 => Wire::Fixed64(u64::from_le_bytes(*take(&mut self.0)?)),
            2 => {
                let length = usize::try_from(varint(&mut self.0)?).map_err(|_| Malformed::Cut("a field"))?;
                let (bytes, rest) = self.0.split_at_checked(length).ok_or(Malformed::Cut("a field"))?;
                self.0 = rest;
                Wire::Bytes(bytes)
            }
            5 => Wire::Fixed32(u32::from_le_bytes(*take(&mut self.0)?)),
            _ => return Err(Malformed::Wrong("the body is no protobuf message")),
        };
        Ok((number, wire))
    }
}

impl<'b> Iterator for Fields<'b> {
    type Item = Result<(u32, Wire<'b>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

/// A whole number of up to ten bytes, seven bits in each, the least first.
pub(super) fn varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(Malformed::Cut("a number"))?;
        *bytes = rest;
        number |= u64::from(byte & 0x7F).wrapping_shl(shift);
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Malformed::Wrong("a number has more than ten bytes"))
}

/// The next so many bytes.
pub(super) fn take<'b, const N: usize>(bytes: &mut &'b [u8]) -> Result<&'b [u8; N], Malformed> {
    let (first, rest) = bytes.split_first_chunk().ok_or(Malformed::Cut("a number"))?;
    *bytes = rest;
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<(u32, Wire<'_>)>, Malformed> {
        Fields::of(bytes).collect()
    }

    #[test]
    fn each_wire_type_is_read() {
        let bytes = [8, 0x96, 1, 0x11, 1, 0, 0, 0, 0, 0, 0, 0, 0x1A, 2, b'h', b'i', 0x25, 7, 0, 0, 0];
        let expected = [(1, Wire::Varint(150)), (2, Wire::Fixed64(1)), (3, Wire::Bytes(b"hi")), (4, Wire::Fixed32(7))];
        assert_eq!(read(&bytes).unwrap(), expected);
    }

    #[test]
    fn what_is_cut_off_anywhere_is_told_and_ends_the_reading() {
        let whole = [8, 0x96, 1, 0x11, 1, 0, 0, 0, 0, 0, 0, 0, 0x1A, 2, b'h', b'i', 0x25, 7, 0, 0, 0];
        let ends = [0, 3, 12, 16, whole.len()];
        for end in 0..=whole.len() {
            assert_eq!(read(&whole[..end]).is_ok(), ends.contains(&end), "{end}");
        }
        let mut fields = Fields::of(&[8]);
        assert!(fields.next().is_some_and(|field| field.is_err()));
        assert!(fields.next().is_none());
    }

    #[test]
    fn what_is_no_protobuf_is_refused() {
        for bytes in [
            &b"{\"resourceSpans\": []}"[..],
            &[0x00],
            &[0x0B],
            &[0x0C],
            &[0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
            &[0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
            &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0],
        ] {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
    }
}
