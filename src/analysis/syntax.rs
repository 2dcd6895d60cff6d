//! A condition as it is written: names not yet looked up, numbers not yet given a meaning.

use super::alert::AlertMatch;
use super::condition::Comparison;
use super::statistical::Direction;
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
    /// `error_rate trending down over 24h`.
    Trend(TrendSyntax<'s>),
    /// `burn_rate(error_rate, 99.9%) > 14.4 over 1h and 5m`.
    Burn(BurnSyntax<'s>),
    /// `error_rate regresses by 20% at alpha 0.01`.
    Regresses(TestSyntax<'s>),
    /// `error_rate proved safe within 20% at alpha 0.01`.
    ProvedSafe(TestSyntax<'s>),
    /// `score(p95 weight 2, error_rate critical) >= 75`.
    Score(ScoreSyntax<'s>),
    /// `alert(severity = "critical")`, and where it stands.
    Alert(AlertMatch, Range<usize>),
}

/// A name as it is written.
#[derive(Debug, Clone)]
pub(super) struct Name<'s> {
    pub(super) text: &'s str,
    pub(super) at: Range<usize>,
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

/// A duration, which means the same wherever it stands.
#[derive(Debug)]
pub(super) struct Span<'s> {
    pub(super) text: &'s str,
    pub(super) lasts: Duration,
    pub(super) at: Range<usize>,
}

/// A comparison as it is written.
#[derive(Debug)]
pub(super) struct CompareSyntax<'s> {
    pub(super) metric: Name<'s>,
    pub(super) comparison: Comparison,
    pub(super) bound: BoundSyntax<'s>,
    pub(super) lasting: Option<Span<'s>>,
}

/// The right side of a comparison.
#[derive(Debug)]
pub(super) enum BoundSyntax<'s> {
    /// `10%`
    Fixed(Literal<'s>),
    /// `baseline + 50%`
    Relative(ReferenceSyntax<'s>, Option<OffsetSyntax<'s>>),
}

/// Another time or group.
#[derive(Debug)]
pub(super) struct ReferenceSyntax<'s> {
    pub(super) to: Elsewhere<'s>,
    pub(super) at: Range<usize>,
}

/// Which other time or group.
#[derive(Debug)]
pub(super) enum Elsewhere<'s> {
    Baseline,
    Control,
    PreviousWave,
    Wave(Name<'s>),
}

/// `+ 50%`, `- 5ms`, `* 1.5`.
#[derive(Debug)]
pub(super) struct OffsetSyntax<'s> {
    pub(super) sign: Sign,
    pub(super) literal: Literal<'s>,
    /// From the sign to the unit.
    pub(super) at: Range<usize>,
}

/// What leads from a reference to a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
    Times,
}

/// A trend as it is written.
#[derive(Debug)]
pub(super) struct TrendSyntax<'s> {
    pub(super) metric: Name<'s>,
    pub(super) wanted: bool,
    pub(super) direction: Direction,
    pub(super) over: Span<'s>,
}

/// A burn rate as it is written.
#[derive(Debug)]
pub(super) struct BurnSyntax<'s> {
    pub(super) metric: Name<'s>,
    pub(super) objective: Literal<'s>,
    pub(super) comparison: Comparison,
    pub(super) rate: Literal<'s>,
    pub(super) long: Span<'s>,
    pub(super) short: Span<'s>,
}

/// A test against the control as it is written.
#[derive(Debug)]
pub(super) struct TestSyntax<'s> {
    pub(super) metric: Name<'s>,
    /// Where `regresses` or `proved safe` stands.
    pub(super) at: Range<usize>,
    /// After `by` or `within`.
    pub(super) share: Option<Literal<'s>>,
    pub(super) alpha: Option<Literal<'s>>,
}

/// A score as it is written.
#[derive(Debug)]
pub(super) struct ScoreSyntax<'s> {
    /// Where `score` stands.
    pub(super) at: Range<usize>,
    pub(super) parts: Vec<PartSyntax<'s>>,
    pub(super) comparison: Comparison,
    pub(super) bound: Literal<'s>,
}

/// One metric of a score as it is written.
#[derive(Debug)]
pub(super) struct PartSyntax<'s> {
    pub(super) metric: Name<'s>,
    pub(super) weight: Option<Literal<'s>>,
    pub(super) critical: bool,
}
