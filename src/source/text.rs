//! A file's text, its name, and places in it.

use std::sync::Arc;

/// Part of a text, as byte offsets `start..end`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A named text; cheap to clone. The name is the file's path, or what stands for it.
#[derive(Debug, Clone)]
pub struct Text {
    name: Arc<str>,
    content: Arc<str>,
    /// The offset of each line's first byte, so that a place is found without reading from the start:
    /// a file of many flags asks for many places.
    line_starts: Arc<[usize]>,
    /// How many characters begin before each block of [`BLOCK`] bytes: documents made by programs can be
    /// one line of megabytes with any number of faults in it.
    characters: Arc<[usize]>,
}

/// The bytes that are counted anew for a column.
const BLOCK: usize = 1_024;

/// Every character has exactly one byte that does not continue another.
fn characters_in(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

impl Text {
    /// Names a text that is already known to be UTF-8.
    #[must_use]
    pub fn new(name: &str, content: &str) -> Self {
        let after_breaks =
            content.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at.saturating_add(1));
        let line_starts = std::iter::once(0).chain(after_breaks).collect();
        let mut before = 0_usize;
        let characters = content.as_bytes().chunks(BLOCK).map(|block| {
            let so_far = before;
            before = before.saturating_add(characters_in(block));
            so_far
        });
        let characters = characters.collect();
        Self { name: Arc::from(name), content: Arc::from(content), line_starts, characters }
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
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// The text of a line, counted from 1, without its end.
    #[must_use]
    pub fn line_text(&self, line: usize) -> &str {
        let start = self.line_starts.get(line.saturating_sub(1)).copied();
        start.and_then(|start| self.content.get(start..)).and_then(|rest| rest.lines().next()).unwrap_or("")
    }

    /// Line and column of a byte offset, both from 1; columns count characters.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.content.len());
        let line = self.line(offset);
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let characters = self.characters_before(offset).saturating_sub(self.characters_before(start));
        (line, characters.saturating_add(1))
    }

    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        // Only the end of a text that fills its last block has no block of its own.
        let Some(before) = self.characters.get(block) else { return characters_in(self.content.as_bytes()) };
        let start = block.saturating_mul(BLOCK);
        before.saturating_add(characters_in(self.content.as_bytes().get(start..offset).unwrap_or_default()))
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
        let text = Text::new("f", &content);
        for (offset, _) in content.char_indices().chain([(content.len(), ' ')]).filter(|(offset, _)| *offset > 2) {
            assert_eq!(text.line_column(offset), (2, content[3..offset].chars().count() + 1), "offset {offset}");
        }
        let full = "x".repeat(2 * BLOCK);
        assert_eq!(Text::new("f", &full).line_column(full.len()), (1, 2 * BLOCK + 1));
    }
}
