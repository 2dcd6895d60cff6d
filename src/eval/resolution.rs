//! What resolving a flag gave.

use super::answer;
use super::flag::Flag;
use super::reason::{ErrorCode, Reason};

/// The outcome for one flag and one context.
#[derive(Debug, Clone, Copy)]
pub struct Resolution<'s> {
    pub(super) flag: &'s Flag,
    pub(super) outcome: Outcome<'s>,
}

/// A variant, the caller's own default, or a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'s> {
    /// One of the flag's variants.
    Variant {
        /// Its position among them.
        index: usize,
        /// Why this one.
        reason: Reason,
    },
    /// Whatever the application falls back to.
    CallerDefault {
        /// Why.
        reason: Reason,
    },
    /// No answer.
    Failed {
        /// What kind of failure.
        code: ErrorCode,
        /// In one sentence; holds no values of the context.
        details: &'s str,
    },
}

impl<'s> Resolution<'s> {
    /// The flag that was resolved.
    #[must_use]
    pub const fn flag(&self) -> &'s Flag {
        self.flag
    }

    /// What came out.
    #[must_use]
    pub const fn outcome(&self) -> Outcome<'s> {
        self.outcome
    }

    /// The variant's position among the flag's variants.
    #[must_use]
    pub const fn variant_index(&self) -> Option<usize> {
        match self.outcome {
            Outcome::Variant { index, .. } => Some(index),
            Outcome::CallerDefault { .. } | Outcome::Failed { .. } => None,
        }
    }

    /// The variant's name.
    #[must_use]
    pub fn variant(&self) -> Option<&'s str> {
        let variants = &self.flag.built.definition()?.variants;
        variants.get(self.variant_index()?).map(|variant| variant.name.as_str())
    }

    /// The value as JSON, numbers in the definition's own spelling.
    #[must_use]
    pub fn value_json(&self) -> Option<&'s str> {
        self.flag.built.answers.value(self.variant_index()?)
    }

    /// Why, unless it failed.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self.outcome {
            Outcome::Variant { reason, .. } | Outcome::CallerDefault { reason } => Some(reason),
            Outcome::Failed { .. } => None,
        }
    }

    /// The failure and its sentence, if it failed.
    #[must_use]
    pub const fn error(&self) -> Option<(ErrorCode, &'s str)> {
        match self.outcome {
            Outcome::Failed { code, details } => Some((code, details)),
            Outcome::Variant { .. } | Outcome::CallerDefault { .. } => None,
        }
    }

    /// Appends OFREP's success or failure object.
    pub fn write_ofrep(&self, out: &mut Vec<u8>) {
        match self.outcome {
            Outcome::Variant { index, reason } => self.flag.built.answers.write_variant(index, reason, out),
            Outcome::CallerDefault { reason } => self.flag.built.answers.write_bare(reason, out),
            Outcome::Failed { code, details } => answer::write_failure(Some(self.flag.key()), code, details, out),
        }
    }
}
