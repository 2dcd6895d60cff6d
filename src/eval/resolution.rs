//! What resolving a flag gave.

use super::answer;
use super::budget::Exhausted;
use super::flag::{Built, Flag};
use super::reason::{ErrorCode, Reason};
use std::borrow::Cow;

/// The outcome for one flag and one context.
#[derive(Debug, Clone, Copy)]
pub struct Resolution<'s> {
    flag: Option<Flag<'s>>,
    outcome: Outcome,
}

/// A variant, the caller's own default, or a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// One of the flag's variants.
    Variant {
        /// Its position among them.
        index: u16,
        /// Why this one.
        reason: Reason,
    },
    /// Whatever the application falls back to.
    CallerDefault {
        /// Why.
        reason: Reason,
    },
    /// No answer.
    Failed(Failure),
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// There is no such flag.
    Unknown,
    /// The flag's definition is wrong.
    Broken,
    /// The rule gave something that is no variant.
    NoVariant,
    /// The rule cost more than an answer may.
    Exhausted(Exhausted),
}

impl Outcome {
    /// The variant's position among the flag's variants.
    #[must_use]
    pub fn variant_index(self) -> Option<usize> {
        match self {
            Self::Variant { index, .. } => Some(index.into()),
            Self::CallerDefault { .. } | Self::Failed(_) => None,
        }
    }
}

impl<'s> Resolution<'s> {
    pub(super) const fn of(flag: Flag<'s>, outcome: Outcome) -> Self {
        Self { flag: Some(flag), outcome }
    }

    /// There is no such flag.
    pub(super) const fn unknown() -> Self {
        Self { flag: None, outcome: Outcome::Failed(Failure::Unknown) }
    }

    /// The flag that was resolved, if there is one.
    #[must_use]
    pub const fn flag(&self) -> Option<Flag<'s>> {
        self.flag
    }

    /// What came out.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The variant's position among the flag's variants.
    #[must_use]
    pub fn variant_index(&self) -> Option<usize> {
        self.outcome.variant_index()
    }

    /// The variant's name.
    #[must_use]
    pub fn variant(&self) -> Option<&'s str> {
        self.built()?.variants.name(self.index()?)
    }

    /// The value as JSON, numbers in the definition's own spelling.
    #[must_use]
    pub fn value_json(&self) -> Option<&'s str> {
        self.built()?.variants.value(self.index()?)
    }

    /// The value, when it is true or false.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        self.value_json()?.parse().ok()
    }

    /// The value, when it is a text.
    #[must_use]
    pub fn as_text(&self) -> Option<Cow<'s, str>> {
        let quoted = self.value_json()?;
        let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
        match inner.contains('\\') {
            false => Some(Cow::Borrowed(inner)),
            true => serde_json::from_str(quoted).ok().map(Cow::Owned),
        }
    }

    /// The value, when it is a whole number: `3`, and also `3.0`.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        i64::try_from(crate::flag::Number::parse(self.value_json()?)?.as_integer()?).ok()
    }

    /// The value, when it is a number.
    #[must_use]
    pub fn as_float(&self) -> Option<f64> {
        crate::flag::Number::parse(self.value_json()?).map(crate::flag::Number::as_f64)
    }

    /// Why, unless it failed.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self.outcome {
            Outcome::Variant { reason, .. } | Outcome::CallerDefault { reason } => Some(reason),
            Outcome::Failed(_) => None,
        }
    }

    /// The failure and its sentence, if it failed; the sentence holds no values of the context.
    #[must_use]
    pub fn error(&self) -> Option<(ErrorCode, &'s str)> {
        match self.outcome {
            Outcome::Failed(failure) => Some((failure.code(), self.details(failure))),
            Outcome::Variant { .. } | Outcome::CallerDefault { .. } => None,
        }
    }

    /// Appends OFREP's success or failure object.
    pub fn write_ofrep(&self, out: &mut Vec<u8>) {
        match self.flag {
            Some(flag) => flag.write(self.outcome, out),
            None => answer::write_failure(None, ErrorCode::FlagNotFound, self.details(Failure::Unknown), out),
        }
    }

    fn built(&self) -> Option<&'s Built> {
        self.flag.map(|flag| &*flag.slot.built)
    }

    const fn index(&self) -> Option<u16> {
        match self.outcome {
            Outcome::Variant { index, .. } => Some(index),
            Outcome::CallerDefault { .. } | Outcome::Failed(_) => None,
        }
    }

    fn details(&self, failure: Failure) -> &'s str {
        failure.details(self.flag.and_then(Flag::broken))
    }
}

impl Failure {
    /// OFREP's word.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Unknown => ErrorCode::FlagNotFound,
            Self::Broken => ErrorCode::ParseError,
            Self::NoVariant | Self::Exhausted(_) => ErrorCode::General,
        }
    }

    const fn details(self, broken: Option<&str>) -> &str {
        match (self, broken) {
            (Self::Broken, Some(why)) => why,
            (Self::Broken, None) => "the definition is wrong",
            (Self::Unknown, _) => "there is no such flag",
            (Self::NoVariant, _) => "the targeting rule gave something that is no variant of the flag",
            (Self::Exhausted(exhausted), _) => exhausted.sentence(),
        }
    }
}

/// Appends the OFREP object of a flag's failure.
#[cold]
pub(super) fn write_failure(built: &Built, failure: Failure, out: &mut Vec<u8>) {
    let details = failure.details(built.broken());
    answer::write_failure(Some(built.key.as_str()), failure.code(), details, out);
}
