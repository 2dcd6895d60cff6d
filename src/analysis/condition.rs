//! Conditions as typed trees.

use super::alert::AlertMatch;
use super::bound::Bound;
use super::quantity::Quantity;
use super::statistical::{Burn, ProvedSafe, Regresses, Score, Trend};
use crate::units::MetricName;
use std::time::Duration;

/// A condition over metrics and alerts. `and` binds closer than `or`.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Every part; at least two.
    All(Vec<Condition>),
    /// Some part; at least two.
    Any(Vec<Condition>),
    /// A metric against a bound.
    Compare(Compare),
    /// Where a metric is heading.
    Trend(Trend),
    /// How fast an error budget is being used up.
    Burn(Burn),
    /// The candidate is proved worse than the control.
    Regresses(Regresses),
    /// The candidate is proved not to be worse than the control by more than a margin.
    ProvedSafe(ProvedSafe),
    /// Several metrics of the wave against the control's, as one score.
    Score(Score),
    /// A firing alert.
    Alert(AlertMatch),
}

/// `error_rate > 10% for 5m`.
#[derive(Debug, Clone, PartialEq)]
pub struct Compare {
    /// Which metric.
    pub metric: MetricName,
    /// How it is compared.
    pub comparison: Comparison,
    /// What it is compared with.
    pub bound: Bound,
    /// What the metric measures.
    pub quantity: Quantity,
    /// How long it must have been true without a break.
    pub lasting: Option<Duration>,
}

/// The six comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

impl Comparison {
    /// As it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }

    /// Its contrary, to say what a value does instead.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Less => Self::AtLeast,
            Self::AtMost => Self::Greater,
            Self::Greater => Self::AtMost,
            Self::AtLeast => Self::Less,
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
        }
    }

    /// Whether a finite value stands so to a bound.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "`==` in a condition means exactly equal; counts are whole numbers")]
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Less => value < bound,
            Self::AtMost => value <= bound,
            Self::Greater => value > bound,
            Self::AtLeast => value >= bound,
            Self::Equal => value == bound,
            Self::NotEqual => value != bound,
        }
    }
}
