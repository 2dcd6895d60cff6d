//! A file's text, its name, and places in it.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Part of a text, as byte offsets `start..end`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// How many bytes it has.
    #[must_use]
    pub const fn length(self) -> usize {
        self.end.saturating_sub(self.start)
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// A named text; cheap to clone. The name is the file's path, or what stands for it.
#[derive(Debug, Clone)]
pub struct Text {
    name: Arc<str>,
    content: Arc<str>,
    /// Made when the first place is asked for: most texts are sound and nobody asks.
    blocks: Arc<OnceLock<Box<[Block]>>>,
}

/// What begins before each [`BLOCK`] bytes of a text, so that a place is found without reading from the
/// start: a file of many flags asks for many places, and documents made by programs can be one line of
/// megabytes with any number of faults in it.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    breaks: usize,
    characters: usize,
}

/// The bytes that are counted anew for a place.
const BLOCK: usize = 1_024;

impl Block {
    /// What stands in some bytes.
    fn of(bytes: &[u8]) -> Self {
        let breaks = memchr::memchr_iter(b'\n', bytes).count();
        // Every character has exactly one byte that does not continue another.
        let characters = bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        Self { breaks, characters }
    }

    const fn and(self, other: Self) -> Self {
        Self {
            breaks: self.breaks.saturating_add(other.breaks),
            characters: self.characters.saturating_add(other.characters),
        }
    }
}

impl Text {
    /// Names a text that is already known to be UTF-8.
    #[must_use]
    pub fn new(name: &str, content: impl Into<Arc<str>>) -> Self {
        Self { name: Arc::from(name), content: content.into(), blocks: Arc::default() }
    }

    /// The file's path, or what stands for it.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn content(&self) -> &str {
        &self.content
    }

    /// The text of a span; empty when the span lies outside.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.content.get(span.start..span.end).unwrap_or("")
    }

    /// The line of a byte offset, from 1.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        self.before(offset.min(self.content.len())).breaks.saturating_add(1)
    }

    /// How many lines end inside a span.
    #[must_use]
    pub fn breaks(&self, span: Span) -> usize {
        let bytes = self.content.as_bytes().get(span.start..span.end).unwrap_or_default();
        memchr::memchr_iter(b'\n', bytes).count()
    }

    /// The text of the line that a byte offset lies in, without its end.
    #[must_use]
    pub fn line_text(&self, offset: usize) -> &str {
        let start = self.line_start(offset.min(self.content.len()));
        self.content.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("")
    }

    /// Line and column of a byte offset, both from 1; columns count characters.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.content.len());
        let before = self.before(offset);
        let characters = before.characters.saturating_sub(self.before(self.line_start(offset)).characters);
        (before.breaks.saturating_add(1), characters.saturating_add(1))
    }

    fn line_start(&self, offset: usize) -> usize {
        let before = self.content.as_bytes().get(..offset).unwrap_or_default();
        memchr::memrchr(b'\n', before).map_or(0, |line_end| line_end.saturating_add(1))
    }

    /// What begins before a byte offset.
    fn before(&self, offset: usize) -> Block {
        let bytes = self.content.as_bytes();
        let blocks = self.blocks.get_or_init(|| {
            let mut before = Block::default();
            // One more than there are blocks: the end of a text that fills its last one lies behind it.
            let chunks = bytes.chunks(BLOCK).chain([&[][..]]);
            let counted = chunks.map(|chunk| {
                let so_far = before;
                before = before.and(Block::of(chunk));
                so_far
            });
            counted.collect()
        });
        let block = offset / BLOCK;
        let start = block.saturating_mul(BLOCK);
        let inside = Block::of(bytes.get(start..offset).unwrap_or_default());
        blocks.get(block).map_or(inside, |before| before.and(inside))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_lines_and_characters_from_one() {
        let text = Text::new("f", "añb\n\nlast");
        for (offset, place) in
            [(0, (1, 1)), (1, (1, 2)), (3, (1, 3)), (4, (1, 4)), (5, (2, 1)), (6, (3, 1)), (99, (3, 5))]
        {
            assert_eq!(text.line_column(offset), place, "offset {offset}");
        }
        assert_eq!(Text::new("f", "").line_column(0), (1, 1));
    }

    #[test]
    fn columns_of_long_lines_are_right_in_every_block() {
        let content = format!("é\n{}", "aé".repeat(2_000));
        let text = Text::new("f", content.as_str());
        for (offset, _) in content.char_indices().chain([(content.len(), ' ')]).filter(|(offset, _)| *offset > 2) {
            assert_eq!(text.line_column(offset), (2, content[3..offset].chars().count() + 1), "offset {offset}");
        }
        let full = "x".repeat(2 * BLOCK);
        assert_eq!(Text::new("f", full.as_str()).line_column(full.len()), (1, 2 * BLOCK + 1));
    }
}
