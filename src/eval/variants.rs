//! The variants of a flag as it is evaluated: their names, and their part of an OFREP answer.

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
    /// Of their texts.
    digest: u64,
}

/// One variant.
#[derive(Debug)]
struct Shown {
    name: VariantName,
    /// `"variant":"on","value":true,`.
    text: Box<str>,
    /// Where the value begins in it; it ends before the comma.
    value: usize,
}

impl Variants {
    /// Of variants and their texts together.
    pub(super) fn new(variants: &[Variant], texts: &str) -> Self {
        let shown = |variant: &Variant| {
            let mut text = String::new();
            let value = write(variant, &mut text);
            Shown { name: variant.name.clone(), text: text.into(), value }
        };
        Self { shown: variants.iter().map(shown).collect(), digest: xxh3_64(texts.as_bytes()) }
    }

    /// Whether these are all their texts together, which have the names in them.
    pub(super) fn are(&self, texts: &str) -> bool {
        let rest = self.shown.iter().try_fold(texts, |rest, shown| rest.strip_prefix(&*shown.text));
        rest.is_some_and(str::is_empty)
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
        let value: Range<usize> = shown.value..shown.text.len().saturating_sub(1);
        shown.text.get(value)
    }

    /// The variant's part of an answer, with a comma behind it.
    #[inline]
    pub(super) fn text(&self, index: u16) -> &str {
        self.shown.get(usize::from(index)).map_or("", |shown| &shown.text)
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
