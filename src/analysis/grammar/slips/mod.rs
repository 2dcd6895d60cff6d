//! Likely slips, each answered at its place with what was probably meant.

mod bound;
mod comparison;
mod leftover;
mod metric;

pub(super) use bound::{after_number, division, no_bound, no_wave};
pub(super) use comparison::{no_comparison, not};
pub(super) use leftover::{decimal_comma, leftover};
pub(super) use metric::{begins_with_number, named_already, no_metric, no_name};
