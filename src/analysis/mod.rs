//! Judging measurements: the condition language, readings, and verdicts over them.

mod alert;
mod bound;
mod condition;
mod condition_error;
mod counts;
mod display;
mod grammar;
mod judge;
mod judgement;
mod literal;
mod parse;
mod quantity;
mod reading;
mod statistical;
pub mod statistics;
mod syntax;
mod token;
mod typing;

pub use alert::{Alert, AlertMatch, LabelTest};
pub use bound::{Bound, Offset, Reference};
pub use condition::{Compare, Comparison, Condition};
pub use condition_error::ConditionError;
pub use counts::{Band, Compared, Counted, Counts, Group, Sampled, Sums};
pub(crate) use grammar::is_reserved;
pub(crate) use judge::value;
pub use judge::{Facts, Leaf};
pub use judgement::{Judgement, Measured, Truth};
pub use quantity::Quantity;
pub use reading::{NoData, NoDataKind, Reading};
pub use statistical::{Burn, Direction, ProvedSafe, Regresses, Score, ScorePart, Trend};
pub use typing::{Known, Mention, Place, Subject, Unfit, Vocabulary, Waves};

#[cfg(test)]
mod tests;
