//! Judging measurements: the condition language, readings, and verdicts over them.

mod alert;
mod condition;
mod judge;
mod quantity;
mod reading;

pub use alert::{Alert, AlertMatch, LabelTest};
pub use condition::{Compare, Comparison, Condition};
pub use judge::{Facts, Judgement, Truth};
pub use quantity::Quantity;
pub use reading::{NoData, Reading};
