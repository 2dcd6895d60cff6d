//! A mapping or list that was left in its text: read part by part, so that no tree of the whole exists.

use super::build::Builder;
use super::check::check_part;
use crate::json::{Fault, Reader};
use crate::source::{Node, Span, Text};
use std::borrow::Cow;

/// How many levels below the document the parts are.
const DEPTH: usize = 2;

/// Reads such a mapping or list from its beginning to its end.
#[derive(Debug)]
pub struct Unread<'t> {
    text: &'t str,
    reader: Reader<'t>,
    builder: Builder<'t>,
}

impl<'t> Unread<'t> {
    /// Before an opening bracket. The text must have been parsed, for it is not checked again.
    pub(in crate::source) fn at(text: &'t str, bracket: usize) -> Self {
        Self { text, reader: Reader::at(text, bracket), builder: Builder::default() }
    }

    /// After a part that ends at this byte.
    #[must_use]
    pub fn after(text: &'t Text, part: usize) -> Self {
        Self::at(text.content(), part)
    }

    /// Goes into a mapping.
    ///
    /// # Errors
    /// When it is none.
    pub fn begin_mapping(&mut self) -> Result<(), Fault> {
        self.reader.begin_object()
    }

    /// Goes into a list.
    ///
    /// # Errors
    /// When it is none.
    pub fn begin_list(&mut self) -> Result<(), Fault> {
        self.reader.begin_list()
    }

    /// The next key of the mapping and its place; `None` after the last.
    ///
    /// # Errors
    /// When the text is no JSON, which a parsed text is.
    pub fn next_key(&mut self) -> Result<Option<(Cow<'t, str>, Span)>, Fault> {
        Ok(self.reader.next_key()?.map(|key| (key, Span::from(self.reader.key_place()))))
    }

    /// Whether the list has another item.
    ///
    /// # Errors
    /// As [`next_key`](Self::next_key).
    pub fn next_item(&mut self) -> Result<bool, Fault> {
        self.reader.next_item()
    }

    /// The value that comes next.
    ///
    /// # Errors
    /// As [`next_key`](Self::next_key).
    pub fn value(&mut self) -> Result<Node<'t>, Fault> {
        self.builder.value(&mut self.reader, DEPTH)
    }

    /// Takes back a value that is no longer needed: the next one is made of it.
    pub fn take_back(&mut self, value: Node<'t>) {
        self.builder.take_back(value);
    }

    /// As [`value`](Self::value), in a text that nobody has parsed: `None` when the value would be a problem of
    /// its file.
    #[must_use]
    pub fn checked_value(&mut self) -> Option<Node<'t>> {
        check_part(self.text, self.reader.offset(), DEPTH).then(|| self.value().ok())?
    }

    /// Passes over the value that comes next when it is just this text, and tells its place then. Only for a
    /// text that is a mapping or a list: any other could be the beginning of a longer one.
    pub fn pass_over(&mut self, same: &str) -> Option<Span> {
        self.reader.peek().ok()?;
        let start = self.reader.offset();
        let end = start.saturating_add(same.len());
        if self.text.as_bytes().get(start..end)? != same.as_bytes() {
            return None;
        }
        self.reader = Reader::at(self.text, end);
        Some(Span { start, end })
    }

    /// Where it stands: one past what was read last.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.reader.offset()
    }
}
