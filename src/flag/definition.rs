//! A flag's definition, valid by construction.

use super::{Expression, Literal};
use crate::units::{FlagKey, VariantName};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Whether a flag is evaluated at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagState {
    /// It is.
    Enabled,
    /// The caller's own default is used, whatever the rules say.
    Disabled,
}

/// The one type that all variants of a flag have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariantType {
    /// `true` or `false`.
    Bool,
    /// A text.
    Text,
    /// A number.
    Number,
    /// A mapping.
    Object,
}

impl VariantType {
    /// For messages and tables: `boolean`, `string`, `number`, `object`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Text => "string",
            Self::Number => "number",
            Self::Object => "object",
        }
    }
}

/// One of a flag's possible answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Its name.
    pub name: VariantName,
    /// What the application gets.
    pub value: Literal,
}

/// A flag as its document defines it.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// Its key.
    pub key: FlagKey,
    /// Evaluated or not.
    pub state: FlagState,
    /// The type of every variant.
    pub variant_type: VariantType,
    /// At least one, in the order of the document; names are unique.
    pub variants: Arc<[Variant]>,
    /// Position in `variants`; `None` leaves it to the caller's own default.
    pub default_variant: Option<usize>,
    /// Who gets which variant; `None` is everybody the default.
    pub targeting: Option<Expression>,
    /// Flat facts about the flag, sorted by name; those of its set are merged in.
    pub metadata: Arc<[(Box<str>, Literal)]>,
    /// Where it was read.
    pub file: Arc<str>,
    pub(super) line: Line,
}

/// Where a definition stands now. It is no part of what the definition says: a line more at the top of a
/// file moves all flags below and changes none, so it is noted in place and nothing is built anew.
#[derive(Debug)]
pub(super) struct Line(AtomicUsize);

impl From<usize> for Line {
    fn from(line: usize) -> Self {
        Self(AtomicUsize::new(line))
    }
}

impl Clone for Line {
    fn clone(&self) -> Self {
        Self::from(self.0.load(Ordering::Relaxed))
    }
}

impl PartialEq for Line {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Definition {
    /// The line of its key, from 1, as its file was last read.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line.0.load(Ordering::Relaxed)
    }

    /// Notes that it stands in another line.
    pub(super) fn move_to(&self, line: usize) {
        if self.line() != line {
            self.line.0.store(line, Ordering::Relaxed);
        }
    }

    /// The metadata of that name.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&Literal> {
        self.metadata.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }

    /// The position of the variant of that name.
    #[must_use]
    pub fn variant_index(&self, name: &str) -> Option<usize> {
        self.variants.iter().position(|variant| variant.name.as_str() == name)
    }
}
