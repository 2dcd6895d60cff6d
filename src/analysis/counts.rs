//! What the users of both variants did in the same time.

use crate::units::UnixMillis;
use std::time::Duration;

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
    /// How much that could be counted is left for the looks after this one, which catch up: until then what is known is
    /// not of the present. Zero when nothing is left.
    pub behind: Duration,
    /// Which part of the users was counted. Rates are compared as they are; how much there was of something altogether
    /// must be scaled by it.
    pub sampled: Sampled,
    /// The outcomes of candidate and control in the same look and the bad ones among them, all of them: also those
    /// of users who failed before. Who fails once is one bad user but may cost many outcomes. `None` where only users
    /// are known.
    pub events: Option<(Group, Group)>,
}

/// How many of a million users of each variant are among those counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampled {
    /// Of those who have the candidate; at least 1.
    pub candidate: u32,
    /// Of those who have the stable variant; at least 1.
    pub control: u32,
}

impl Default for Sampled {
    /// All of them.
    fn default() -> Self {
        Self { candidate: MILLION, control: MILLION }
    }
}

const MILLION: u32 = 1_000_000;

impl Counts {
    /// By what numbers of the candidate's are multiplied to be those of all its users: 1 where all were counted.
    #[must_use]
    pub fn scale(&self) -> f64 {
        f64::from(MILLION) / f64::from(self.sampled.candidate.max(1))
    }

    /// The same look in single events, where they are known; otherwise as it is.
    #[must_use]
    pub fn in_events(self) -> Self {
        match self.events {
            Some((candidate, control)) => {
                Self { candidate, control, of: Counted::Events, sampled: Sampled::default(), ..self }
            }
            None => self,
        }
    }

    /// The exposures of both variants, of those who were not counted too. Within about 3 % where not all were.
    #[must_use]
    pub fn exposures(&self) -> u64 {
        let all = |group: Group, part: u32| {
            let all = u128::from(group.exposed).saturating_mul(u128::from(MILLION)).checked_div(u128::from(part));
            all.and_then(|all| u64::try_from(all).ok()).unwrap_or(u64::MAX)
        };
        all(self.candidate, self.sampled.candidate).saturating_add(all(self.control, self.sampled.control))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_counted_is_scaled_up() {
        let group = |exposed| Group { exposed, bad: 0 };
        let sampled = Sampled { candidate: 250_000, control: 1_000 };
        let (candidate, control, until) = (group(1_000), group(2_000), UnixMillis::new(0));
        let part =
            Counts { candidate, control, of: Counted::Users, until, behind: Duration::ZERO, sampled, events: None };
        assert_eq!((part.scale(), part.exposures()), (4.0, 4_000 + 2_000_000));
        let all = Counts { sampled: Sampled::default(), ..part };
        assert_eq!((all.scale(), all.exposures()), (1.0, 3_000));
    }
}
