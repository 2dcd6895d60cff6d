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

impl<'a> Piece<'a> {
    /// Of the first so many bytes.
    #[inline]
    pub(super) const fn of(bytes: &'a [u8], length: usize) -> Self {
        Self { bytes, length }
    }

    /// The piece alone.
    pub(super) fn exact(self) -> &'a [u8] {
        self.bytes.get(..self.length).unwrap_or(self.bytes)
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
            expected.extend_from_slice(piece.exact());
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
    }
}
