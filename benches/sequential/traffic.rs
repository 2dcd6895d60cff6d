//! Made traffic of a candidate and a control, the same for the same seed.

use std::time::Duration;
use tidegate::analysis::{Counted, Counts, Group};

/// How long a look lasts.
pub(crate) const LOOK: Duration = Duration::from_secs(60);
/// The fewest requests of the candidate's users in a look, and how many more there may be: 60 on average, a tenth
/// of 600.
const CANDIDATE: (u64, usize) = (45, 31);
/// Those of the control's: 540 on average.
const CONTROL: (u64, usize) = (400, 281);
/// The failures of a failing user of clumped traffic: 1 and then a further one with probability 3/7. So the
/// variance of failures is (2 - p)/p = 2.5 times their mean, p being 4/7.
const FAILS_AGAIN: f64 = 3.0 / 7.0;

/// How failures come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Independent and rare: 0.5 % of requests.
    Poisson,
    /// Independent, each request fails with 5 %.
    Bernoulli,
    /// 0.5 %, but ten times as many in one look of twenty, for both variants.
    Shocks,
    /// 0.5 % of requests, but those of a failing user together: variance/mean 2.5.
    Clumped,
}

/// What one look sees.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Requests and failed ones.
    pub(crate) requests: Counts,
    /// Users and those with a failed request.
    pub(crate) users: Counts,
}

/// Random numbers: SplitMix64.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 up to but without 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of so many, counted from 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.bits() % count as u64).unwrap_or_default()
    }

    /// By Knuth's product of uniform numbers; a large mean in parts, so that the product does not vanish.
    pub(crate) fn poisson(&mut self, mean: f64) -> u64 {
        let mut count = 0;
        let mut rest = mean;
        while rest > 0.0 {
            let floor = (-rest.min(30.0)).exp();
            let mut product = self.uniform();
            while product > floor {
                count += 1;
                product *= self.uniform();
            }
            rest -= 30.0;
        }
        count
    }

    pub(crate) fn binomial(&mut self, tries: u64, probability: f64) -> u64 {
        (0..tries).filter(|_| self.uniform() < probability).count() as u64
    }

    /// A standard normal number (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (2.0 * std::f64::consts::PI * self.uniform()).cos()
    }
}

impl Kind {
    /// One look in which the candidate's rate is `factor` times the control's.
    pub(crate) fn look(self, dice: &mut Dice, factor: f64) -> Look {
        let shock = match self {
            Self::Shocks if dice.uniform() < 0.05 => 10.0,
            Self::Shocks | Self::Poisson | Self::Bernoulli | Self::Clumped => 1.0,
        };
        let (candidate_users, candidate) = self.group(dice, CANDIDATE, shock * factor);
        let (control_users, control) = self.group(dice, CONTROL, shock);
        Look {
            requests: Counts { candidate, control, of: Counted::Events },
            users: Counts { candidate: candidate_users, control: control_users, of: Counted::Users },
        }
    }

    /// Users and requests of one variant.
    fn group(self, dice: &mut Dice, (fewest, more): (u64, usize), factor: f64) -> (Group, Group) {
        let exposed = fewest + dice.below(more) as u64;
        let same = |bad: u64| {
            let group = Group { exposed, bad: bad.min(exposed) };
            (group, group)
        };
        match self {
            Self::Poisson | Self::Shocks => same(dice.poisson(exposed as f64 * 0.005 * factor)),
            Self::Bernoulli => same(dice.binomial(exposed, 0.05 * factor)),
            Self::Clumped => {
                let failing = dice.poisson(exposed as f64 * 0.005 * factor * (1.0 - FAILS_AGAIN));
                let mut bad = failing;
                for _ in 0..failing {
                    while dice.uniform() < FAILS_AGAIN {
                        bad += 1;
                    }
                }
                // Two requests a user.
                (Group { exposed: exposed / 2, bad: failing }, Group { exposed, bad })
            }
        }
    }
}
