//! A file's flags as they were before it changed, for those that did not.

use super::Definition;
use super::catalog::{CatalogEntry, Flag};
use super::document::{Ground, shared};
use crate::source::{Node, Text};
use crate::units::FlagKey;
use std::sync::Arc;

/// The flags of a file's last content that was read.
#[derive(Debug)]
pub(super) struct Before<'c> {
    text: &'c Text,
    ground: &'c Ground,
    /// Sorted by key.
    flags: &'c [Flag],
    /// Where the next flag is looked for first: most files keep their order.
    next: usize,
}

impl<'c> Before<'c> {
    pub(super) const fn new(text: &'c Text, ground: &'c Ground, flags: &'c [Flag]) -> Self {
        Self { text, ground, flags, next: 0 }
    }

    /// Whether this document's flags mean the same when they are written the same: what they share is.
    pub(super) fn stands_on(&self, text: &Text, document: &Node<'_>) -> bool {
        self.ground.shared.each_ref().map(Option::as_deref) == shared(text, document)
    }

    /// A flag's text and what was read from it, where that text alone says what the flag is.
    pub(super) fn flag(&mut self, key: &str) -> Option<(&'c str, &'c FlagKey, &'c Arc<Definition>)> {
        let is_next = self.flags.get(self.next).is_some_and(|flag| flag.key.as_str() == key);
        let position = match is_next {
            true => self.next,
            false => self.flags.binary_search_by(|flag| flag.key.as_str().cmp(key)).ok()?,
        };
        self.next = position.saturating_add(1);
        let flag = self.flags.get(position)?;
        match &flag.entry {
            CatalogEntry::Serving(definition) => Some((self.text.slice(flag.place.text?), &flag.key, definition)),
            CatalogEntry::Broken(_) => None,
        }
    }
}
