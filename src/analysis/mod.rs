//! Judging measurements: the condition language, readings, and verdicts over them.

mod alert;
mod condition;
mod condition_error;
mod display;
mod grammar;
mod judge;
mod literal;
mod parse;
mod quantity;
mod reading;
mod syntax;
mod token;
mod typing;

pub use alert::{Alert, AlertMatch, LabelTest};
pub use condition::{Compare, Comparison, Condition};
pub use condition_error::ConditionError;
pub(crate) use grammar::is_reserved;
pub use judge::{Facts, Judgement, Truth};
pub use quantity::Quantity;
pub use reading::{NoData, Reading};
pub(crate) use typing::{Mention, Subject, Vocabulary};

#[cfg(test)]
mod tests;
