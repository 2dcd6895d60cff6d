//! What the users of both variants did in the same time.

use crate::units::UnixMillis;

/// Exposures and bad events of candidate and control between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Who has the candidate.
    pub candidate: Group,
    /// Who has the stable variant.
    pub control: Group,
    /// What is counted.
    pub of: Counted,
    /// Up to when it was counted: the next look begins there. Not after the present, and not before the last
    /// look unless the clock was set back.
    pub until: UnixMillis,
}

/// One variant's part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Group {
    /// All of them.
    pub exposed: u64,
    /// Those with a bad event; never more than `exposed`.
    pub bad: u64,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Distinct users: one who fails ten times is one.
    Users,
    /// Single events. Those of one user fail together, so what they say is corrected for it.
    Events,
}

/// A metric of candidate and control, in the form in which the two can be compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Compared {
    /// Since the last look.
    Counts(Counts),
    /// Where a quantile of each lies, since the wave began. At most alpha is wrong over all looks and both.
    Bands {
        /// Of the candidate.
        candidate: Band,
        /// Of the control.
        control: Band,
    },
    /// Sums since the wave began.
    Sums {
        /// Of the candidate.
        candidate: Sums,
        /// Of the control.
        control: Sums,
    },
}

/// Where a quantile lies, in the base unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Not under this.
    pub low: f64,
    /// Not over this; infinite while too few samples were seen.
    pub high: f64,
    /// How many samples it rests on.
    pub samples: u64,
}

/// What the mean of a variant's values rests on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// How many values.
    pub count: u64,
    /// Their mean in the base unit.
    pub mean: f64,
    /// The variance of one value, inflated for values of one user that go together, so that
    /// `variance / count` is that of the mean.
    pub variance: f64,
}
