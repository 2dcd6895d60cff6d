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
}

impl Text {
    /// Names a text that is already known to be UTF-8.
    #[must_use]
    pub fn new(name: &str, content: &str) -> Self {
        Self { name: Arc::from(name), content: Arc::from(content) }
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

    /// Line and column of a byte offset, both from 1; columns count characters.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut end = offset.min(self.content.len());
        while !self.content.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        let before = self.content.get(..end).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let line = before.bytes().filter(|byte| *byte == b'\n').count().saturating_add(1);
        let column = before.get(line_start..).unwrap_or("").chars().count().saturating_add(1);
        (line, column)
    }
}
