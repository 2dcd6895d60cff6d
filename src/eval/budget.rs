//! What one evaluation may cost, whatever the rule and the request say.

use super::datum::Datum;
use std::cell::Cell;

/// The most operands computed and elements visited or copied for one answer: a few milliseconds.
pub(super) const MOST_STEPS: usize = 50_000;

/// The most bytes of text that one answer may put together.
const LONGEST_TEXT: usize = 65_536;

/// The deepest nesting of a value that a rule makes. Contexts and rules are flatter by far; `reduce`
/// can put lists into lists.
const DEEPEST: usize = 160;

/// So many bytes of text are read or copied in the time of a step.
const BYTES_PER_STEP: usize = 64;

/// An evaluation was cut short; which budget it used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhausted {
    /// It took too many steps.
    Steps,
    /// It put together too much text.
    Text,
    /// It made a value that is nested too deeply.
    Depth,
}

impl Exhausted {
    /// For the answer, in one sentence.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Steps => "the targeting rule took more than 50000 steps, or all rules together took too many",
            Self::Text => "the targeting rule produced more than 64 KiB of text",
            Self::Depth => "the targeting rule made a value that is nested deeper than 160 levels",
        }
    }
}

/// What was spent so far.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    allowed: usize,
    steps: Cell<usize>,
    text: Cell<usize>,
}

impl Budget {
    /// So many steps, and no more than one answer may take.
    #[inline]
    pub(super) fn new(allowed: usize) -> Self {
        Self { allowed: allowed.min(MOST_STEPS), steps: Cell::new(0), text: Cell::new(0) }
    }

    /// The steps that were taken.
    #[inline]
    pub(super) const fn spent(&self) -> usize {
        self.steps.get()
    }

    /// Takes steps.
    pub(super) fn spend(&self, steps: usize) -> Result<(), Exhausted> {
        let spent = self.steps.get().saturating_add(steps);
        self.steps.set(spent);
        if spent <= self.allowed { Ok(()) } else { Err(Exhausted::Steps) }
    }

    /// Reads or copies a text that is there already.
    pub(super) fn read(&self, text: &str) -> Result<(), Exhausted> {
        self.spend(text.len() / BYTES_PER_STEP)
    }

    /// Appends to a text that is being made.
    pub(super) fn produce(&self, bytes: usize) -> Result<(), Exhausted> {
        let produced = self.text.get().saturating_add(bytes);
        self.text.set(produced);
        if produced <= LONGEST_TEXT { Ok(()) } else { Err(Exhausted::Text) }
    }

    /// Copies a value with all that is in it.
    pub(super) fn copy(&self, value: &Datum<'_>) -> Result<(), Exhausted> {
        self.copy_at(value, DEEPEST)
    }

    fn copy_at(&self, value: &Datum<'_>, levels: usize) -> Result<(), Exhausted> {
        let Some(below) = levels.checked_sub(1) else { return Err(Exhausted::Depth) };
        self.spend(1)?;
        match value {
            Datum::Null | Datum::Bool(_) | Datum::Number(_) => Ok(()),
            Datum::Text(text) => self.read(text),
            Datum::List(items) => items.iter().try_for_each(|item| self.copy_at(item, below)),
            Datum::Object(object) => object.iter().try_for_each(|(key, value)| {
                self.read(key)?;
                self.copy_at(value, below)
            }),
        }
    }

    /// Goes on with what is left of another's.
    pub(super) fn take_over(&self, other: &Self) {
        self.steps.set(other.steps.get());
        self.text.set(other.text.get());
    }
}
