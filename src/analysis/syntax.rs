//! A condition as it is written: names not yet looked up, bounds not yet given a meaning.

use super::alert::AlertMatch;
use super::condition::Comparison;
use std::ops::Range;
use std::time::Duration;

/// A condition's shape. Places are byte offsets in its text.
#[derive(Debug)]
pub(super) enum Syntax<'s> {
    /// Joined by `and`.
    All(Vec<Syntax<'s>>),
    /// Joined by `or`.
    Any(Vec<Syntax<'s>>),
    /// `error_rate > 10% for 5m`.
    Compare(CompareSyntax<'s>),
    /// `alert(severity = "critical")`, and where it stands.
    Alert(AlertMatch, Range<usize>),
}

/// A comparison as it is written.
#[derive(Debug)]
pub(super) struct CompareSyntax<'s> {
    pub(super) metric: &'s str,
    pub(super) metric_at: Range<usize>,
    pub(super) comparison: Comparison,
    pub(super) bound: Literal<'s>,
    pub(super) lasting: Option<Duration>,
}

/// `10%`, `400ms`, `5`: a number and the unit written after it.
#[derive(Debug)]
pub(super) struct Literal<'s> {
    /// Digits, perhaps with a sign and decimals; never an exponent.
    pub(super) number: &'s str,
    /// As written; empty when there is none.
    pub(super) unit: &'s str,
    pub(super) at: Range<usize>,
}
