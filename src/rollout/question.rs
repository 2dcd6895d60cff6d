//! What a check asks the providers for, beside the candidate's own readings.

use crate::units::{MetricName, UnixMillis};
use std::time::Duration;

/// A reading of another group or of another time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Which metric.
    pub metric: MetricName,
    /// Of whom.
    pub arm: Arm,
    /// Over how long.
    pub over: Over,
}

/// Whose outcomes are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arm {
    /// Who has the candidate.
    Candidate,
    /// Who has the stable variant.
    Control,
}

/// Over how long a metric is measured, up to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Over {
    /// As long as the metric itself says.
    Usual,
    /// That long.
    Span(Duration),
    /// From that moment on, and nothing of the time before it.
    Since(UnixMillis),
}

/// Both groups in a form in which they can be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Versus {
    /// Which metric.
    pub metric: MetricName,
    /// The last look: what is counted is counted from there to now.
    pub looked: UnixMillis,
    /// When the wave began: bands and sums are over all of it.
    pub entered: UnixMillis,
    /// How often a band may be wrong, for each of the two groups.
    pub alpha: f64,
}

/// How many distinct users of a sample have been seen with each variant. The sample is the same for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// With the candidate.
    pub candidate: u64,
    /// With the stable variant.
    pub control: u64,
}
