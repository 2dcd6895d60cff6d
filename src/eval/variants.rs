//! The variants of a flag as it is evaluated: their names, and their part of an OFREP answer.

use super::pieces::{BLOCK, Piece, Short};
use crate::flag::Variant;
use crate::json::write_text;
use crate::units::VariantName;
use std::ops::Range;
use xxhash_rust::xxh3::xxh3_64;

/// The texts of few variants that are no mappings have hardly more bytes.
const USUAL: usize = 256;

/// All variants of a flag, in the order of its document. Many flags have the same: `on` and `off`.
#[derive(Debug)]
pub(super) struct Variants {
    shown: Box<[Shown]>,
    /// Theirs one after the other, each as `"variant":"on","value":true,`, and spaces behind them.
    texts: Box<str>,
    /// Of the texts.
    digest: u64,
}

/// One variant.
#[derive(Debug)]
struct Shown {
    name: VariantName,
    /// Its text.
    text: Range<usize>,
    /// The text by itself, when it is short.
    short: Option<Short>,
    /// Where the value begins; it ends before the text's comma.
    value: usize,
}

impl Variants {
    /// Of variants and their texts together.
    pub(super) fn new(variants: &[Variant], mut texts: String) -> Self {
        let digest = xxh3_64(texts.as_bytes());
        let mut again = String::with_capacity(texts.len());
        let shown = variants.iter().map(|variant| {
            let begin = again.len();
            let value = write(variant, &mut again);
            let text = begin..again.len();
            let short = again.get(text.clone()).and_then(Short::of);
            Shown { name: variant.name.clone(), text, short, value }
        });
        let shown = shown.collect();
        texts.extend(std::iter::repeat_n(' ', BLOCK));
        Self { shown, texts: texts.into(), digest }
    }

    /// Whether these are all their texts together, which have the names in them.
    pub(super) fn are(&self, texts: &str) -> bool {
        self.texts.strip_prefix(texts).is_some_and(|behind| behind.len() == BLOCK)
    }

    /// Of everything that answers have of them.
    pub(super) const fn digest(&self) -> u64 {
        self.digest
    }

    pub(super) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.shown.iter().map(|shown| shown.name.as_str())
    }

    pub(super) fn name(&self, index: u16) -> Option<&str> {
        self.shown.get(usize::from(index)).map(|shown| shown.name.as_str())
    }

    pub(super) fn index(&self, name: &str) -> Option<u16> {
        self.shown.iter().position(|shown| shown.name.as_str() == name).and_then(|index| u16::try_from(index).ok())
    }

    /// The value as JSON.
    pub(super) fn value(&self, index: u16) -> Option<&str> {
        let shown = self.shown.get(usize::from(index))?;
        self.texts.get(shown.value..shown.text.end.saturating_sub(1))
    }

    /// The variant's part of an answer, with a comma behind it.
    pub(super) fn part(&self, index: u16) -> &str {
        self.shown.get(usize::from(index)).and_then(|shown| self.texts.get(shown.text.clone())).unwrap_or_default()
    }

    /// Puts it into a room as [`Piece::put`] does.
    #[inline]
    pub(super) fn put<'r>(&self, index: u16, room: &'r mut [u8]) -> Option<&'r mut [u8]> {
        let shown = self.shown.get(usize::from(index))?;
        match &shown.short {
            Some(short) => short.put(room),
            None => Piece::of(self.texts.as_bytes().get(shown.text.start..)?, shown.text.len()).put(room),
        }
    }

    /// The length of the longest part.
    pub(super) fn longest(&self) -> usize {
        self.shown.iter().map(|shown| shown.text.len()).max().unwrap_or(0)
    }
}

/// Appends a variant's part of an answer, and tells where the value begins in all.
fn write(variant: &Variant, out: &mut String) -> usize {
    out.push_str("\"variant\":");
    write_text(variant.name.as_str(), out);
    out.push_str(",\"value\":");
    let value = out.len();
    variant.value.write_json(out);
    out.push(',');
    value
}

/// The parts of all variants together.
pub(super) fn texts(variants: &[Variant]) -> String {
    let mut out = String::with_capacity(USUAL);
    for variant in variants {
        write(variant, &mut out);
    }
    out
}
