//! What a check made of a condition, and what that rests on.

use super::quantity::Quantity;
use super::reading::NoData;
use super::statistics::{BurnRate, Finding, Heading};
use crate::units::MetricName;

/// The three values a condition can have. What has no data is neither true nor false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It cannot be said.
    Unknown,
}

/// A condition's value at a check, and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The value.
    pub truth: Truth,
    /// What was seen: `p95 612ms > 400ms`.
    pub seen: String,
    /// A comparison with a `for` is true now, but not yet for long enough.
    pub pending: bool,
    /// The figures that made it so.
    pub measured: Vec<Measured>,
    /// The metrics without data that it speaks of, and why they have none.
    pub missing: Vec<(MetricName, NoData)>,
    /// What was made of each of its parts, in their order, where it is made of others.
    pub parts: Vec<Judgement>,
}

/// A figure that a judgement rests on, in the base unit of its quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Of which metric.
    pub metric: MetricName,
    /// What it measures.
    pub quantity: Quantity,
    /// The value.
    pub value: f64,
    /// What it was compared with, where that is a number.
    pub bound: Option<f64>,
    /// How many samples it rests on, where that is known.
    pub samples: Option<u64>,
    /// What a sequential test makes of it, where there is one. Boxed, for mostly there is none.
    pub proof: Option<Box<Finding>>,
    /// Both windows, where it is a burn rate.
    pub burn: Option<Box<BurnRate>>,
    /// Where it is heading, where that was asked.
    pub heading: Option<Box<Heading>>,
}

impl Measured {
    /// A plain value.
    #[must_use]
    pub const fn of(metric: MetricName, quantity: Quantity, value: f64) -> Self {
        Self { metric, quantity, value, bound: None, samples: None, proof: None, burn: None, heading: None }
    }
}

impl Judgement {
    /// A value with what was seen.
    #[must_use]
    pub const fn plain(truth: Truth, seen: String) -> Self {
        Self { truth, seen, pending: false, measured: Vec::new(), missing: Vec::new(), parts: Vec::new() }
    }

    /// Nothing can be said, for a metric has no data.
    #[must_use]
    pub fn missing(metric: &MetricName, why: NoData) -> Self {
        let seen = why.of(metric);
        Self { missing: vec![(metric.clone(), why)], ..Self::plain(Truth::Unknown, seen) }
    }
}
