//! A text put together on the stack as long as it is of a usual size: its length must be known before it
//! can be hashed.

pub(super) struct Scratch {
    inline: [u8; 128],
    /// The end of the text in `inline`, as long as nothing is in `spilled`.
    end: usize,
    /// Empty, or the whole text.
    spilled: String,
}

impl Scratch {
    pub(super) const fn new() -> Self {
        Self { inline: [0; 128], end: 0, spilled: String::new() }
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
            let short = self.inline.get(..self.end).unwrap_or_default();
            self.spilled.push_str(std::str::from_utf8(short).unwrap_or(""));
        }
        self.spilled.push_str(text);
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        match self.spilled.is_empty() {
            // Only whole texts were put there.
            true => self.inline.get(..self.end).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or(""),
            false => &self.spilled,
        }
    }
}
