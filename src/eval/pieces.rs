//! Putting together an answer of thousands of short pieces. To call for each of them what copies bytes of any
//! number costs more than the bytes: pieces are copied in whole blocks, and what is too much of one is
//! written over by the next.

/// Most pieces fit.
pub(super) const BLOCK: usize = 32;

/// Bytes of which the first are a piece; a block more may be read along.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    bytes: &'a [u8],
    length: usize,
}

/// A piece that fits into one block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Short {
    block: [u8; BLOCK],
    length: u8,
}

impl Short {
    /// Of a text with spaces behind it.
    #[expect(clippy::cast_possible_truncation, reason = "a block is shorter")]
    pub(super) const fn padded(block: [u8; BLOCK]) -> Self {
        Self { block, length: block.trim_ascii_end().len() as u8 }
    }

    /// `None` of a text that is longer.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut block = [b' '; BLOCK];
        block.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { block, length: u8::try_from(text.len()).ok()? })
    }

    /// The piece alone.
    pub(super) fn exact(&self) -> &[u8] {
        self.block.get(..self.length.into()).unwrap_or(&self.block)
    }

    /// As [`Piece::put`].
    #[inline]
    pub(super) fn put<'r>(&self, room: &'r mut [u8]) -> Option<&'r mut [u8]> {
        *room.first_chunk_mut::<BLOCK>()? = self.block;
        room.get_mut(self.length.into()..)
    }
}

impl<'a> Piece<'a> {
    /// Of the first so many bytes.
    #[inline]
    pub(super) const fn of(bytes: &'a [u8], length: usize) -> Self {
        Self { bytes, length }
    }

    /// Copies it to the beginning of a room and gives the rest of that; `None` where the room or the bytes
    /// to be read along are short of a block.
    #[inline]
    pub(super) fn put(self, room: &mut [u8]) -> Option<&mut [u8]> {
        let mut at = 0_usize;
        while at < self.length {
            *room.get_mut(at..)?.first_chunk_mut::<BLOCK>()? = *self.bytes.get(at..)?.first_chunk()?;
            at = at.saturating_add(BLOCK);
        }
        room.get_mut(self.length..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_all_lengths_lie_one_behind_the_other() {
        let text: Vec<u8> = (0..=255).collect();
        let (mut out, mut expected) = (vec![0; 20_000], Vec::new());
        let mut room = &mut *out;
        for length in 0..150 {
            let piece = Piece::of(&text[length % 7..], length);
            room = piece.put(room).unwrap();
            expected.extend_from_slice(&text[length % 7..][..length]);
        }
        let left = room.len();
        out.truncate(out.len() - left);
        assert!(out == expected);
    }

    #[test]
    fn what_is_short_of_room_or_bytes_is_not_put() {
        let text = [7; 64];
        assert!(Piece::of(&text, 33).put(&mut [0; 64]).is_some());
        assert!(Piece::of(&text, 33).put(&mut [0; 63]).is_none());
        assert!(Piece::of(&text[1..], 33).put(&mut [0; 64]).is_none());
        assert!(Piece::of(&[], 0).put(&mut []).is_some());
        assert!(Short::of("x").unwrap().put(&mut [0; 31]).is_none());
    }

    #[test]
    fn a_short_piece_is_put_as_any_other() {
        for length in 0..=BLOCK {
            let text = "x".repeat(length);
            let (mut one, mut other) = ([0; 64], [0; 64]);
            let short = Short::of(&text).unwrap();
            let left = short.put(&mut one).map(|rest| rest.len());
            assert_eq!(left, Some(64 - length));
            assert_eq!(Piece::of(format!("{text:64}").as_bytes(), length).put(&mut other).map(|rest| rest.len()), left);
            assert_eq!((&one[..length], short.exact()), (&other[..length], text.as_bytes()));
        }
        assert!(Short::of(&"x".repeat(33)).is_none());
    }
}
