//! The variants of a flag as it is evaluated: their names, and their part of an OFREP answer.

use crate::flag::Definition;
use crate::units::VariantName;
use std::ops::Range;

/// All variants of a flag, in the order of its document. Many flags have the same: `on` and `off`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Variants(Box<[Shown]>);

/// One variant.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Shown {
    name: VariantName,
    /// `"variant":"on","value":true,`.
    text: Box<str>,
    /// Where the value begins in it; it ends before the comma.
    value: usize,
}

impl Variants {
    pub(super) fn of(definition: &Definition) -> Self {
        let shown = |variant: &crate::flag::Variant| {
            let mut text = format!("\"variant\":{},\"value\":", quoted(variant.name.as_str()));
            let value = text.len();
            variant.value.write_json(&mut text);
            text.push(',');
            Shown { name: variant.name.clone(), text: text.into(), value }
        };
        Self(definition.variants.iter().map(shown).collect())
    }

    /// None at all, for a flag that is broken.
    pub(super) fn none() -> Self {
        Self(Box::default())
    }

    pub(super) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|shown| shown.name.as_str())
    }

    pub(super) fn name(&self, index: u16) -> Option<&str> {
        self.0.get(usize::from(index)).map(|shown| shown.name.as_str())
    }

    pub(super) fn index(&self, name: &str) -> Option<u16> {
        self.0.iter().position(|shown| shown.name.as_str() == name).and_then(|index| u16::try_from(index).ok())
    }

    /// The value as JSON.
    pub(super) fn value(&self, index: u16) -> Option<&str> {
        let shown = self.0.get(usize::from(index))?;
        let value: Range<usize> = shown.value..shown.text.len().saturating_sub(1);
        shown.text.get(value)
    }

    /// The variant's part of an answer, with a comma behind it.
    #[inline]
    pub(super) fn text(&self, index: u16) -> &str {
        self.0.get(usize::from(index)).map_or("", |shown| &shown.text)
    }

    /// The parts of all variants.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|shown| &*shown.text)
    }
}

/// A text in JSON's quotes.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
