//! A text put together for hashing, on the stack as long as it is of a usual size.

use std::fmt;

/// Room for the longest header that CBOR puts before a text.
const HEAD: usize = 9;

/// Head and text together; longer ones move to the heap.
const INLINE: usize = 160;

pub(super) struct Scratch {
    inline: [u8; INLINE],
    /// The end of the text in `inline`, as long as nothing is in `spilled`.
    end: usize,
    /// Empty, or head and text.
    spilled: Vec<u8>,
}

impl Scratch {
    pub(super) const fn new() -> Self {
        Self { inline: [0; INLINE], end: HEAD, spilled: Vec::new() }
    }

    pub(super) fn push(&mut self, text: &str) {
        let end = self.end.saturating_add(text.len());
        match self.inline.get_mut(self.end..end) {
            Some(room) if self.spilled.is_empty() => {
                room.copy_from_slice(text.as_bytes());
                self.end = end;
            }
            Some(_) | None => self.spill(text),
        }
    }

    #[cold]
    fn spill(&mut self, text: &str) {
        if self.spilled.is_empty() {
            self.spilled.extend_from_slice(self.inline.get(..self.end).unwrap_or_default());
        }
        self.spilled.extend_from_slice(text.as_bytes());
    }

    fn whole(&mut self) -> &mut [u8] {
        match self.spilled.is_empty() {
            true => self.inline.get_mut(..self.end).unwrap_or_default(),
            false => &mut self.spilled,
        }
    }

    /// The text's bytes.
    pub(super) fn text(&mut self) -> &[u8] {
        self.whole().get(HEAD..).unwrap_or_default()
    }

    /// The text's bytes behind a header, which is put before them.
    pub(super) fn with_header(&mut self, header: &[u8]) -> &[u8] {
        let start = HEAD.saturating_sub(header.len());
        let whole = self.whole();
        if let Some(room) = whole.get_mut(start..HEAD) {
            room.copy_from_slice(header);
        }
        whole.get(start..).unwrap_or_default()
    }
}

impl fmt::Write for Scratch {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}
