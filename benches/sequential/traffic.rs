//! Made traffic of a candidate and a control, the same for the same seed.

use std::time::Duration;
use tidegate::analysis::{Counted, Counts, Group};
use tidegate::units::UnixMillis;

/// How long a look lasts.
pub(crate) const LOOK: Duration = Duration::from_secs(60);
/// The fewest requests of the candidate's users in a look, and how many more there may be: 60 on average, a tenth
/// of 600.
const CANDIDATE: (u64, usize) = (45, 31);
/// Those of the control's: 540 on average.
const CONTROL: (u64, usize) = (400, 281);

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
    /// The same, but users try again and again: variance/mean 19.
    Storms,
    /// The same 0.5 % of users fail always, the others never: failures of one user are spread over all looks.
    Faulty,
}

/// What one look sees.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Requests and failed ones.
    pub(crate) requests: Counts,
    /// Users and those with a failed request in this look.
    pub(crate) users: Counts,
    /// Users and those with a failed request in this look for the first time.
    pub(crate) first: Counts,
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

/// Traffic of one run.
#[derive(Debug)]
pub(crate) struct Traffic {
    kind: Kind,
    /// The users for whom every request fails, candidate's first; of 600 and 5,400 users.
    faulty: [Vec<Faulty>; 2],
}

/// A user for whom every request fails.
#[derive(Debug, Clone, Copy, Default)]
struct Faulty {
    failed_before: bool,
}

impl Traffic {
    /// Begins a run. `factor` is how many times as many users of the candidate fail always, where users do.
    pub(crate) fn begin(kind: Kind, dice: &mut Dice, factor: f64) -> Self {
        let mut users = |all: u64, share: f64| match kind {
            Kind::Faulty => vec![Faulty::default(); usize::try_from(dice.binomial(all, share)).unwrap_or_default()],
            Kind::Poisson | Kind::Bernoulli | Kind::Shocks | Kind::Clumped | Kind::Storms => Vec::new(),
        };
        Self { kind, faulty: [users(600, 0.005 * factor), users(5_400, 0.005)] }
    }

    /// One look in which the candidate's rate is `factor` times the control's.
    pub(crate) fn look(&mut self, dice: &mut Dice, factor: f64) -> Look {
        let shock = if self.kind == Kind::Shocks && dice.uniform() < 0.05 { 10.0 } else { 1.0 };
        let arms = [(CANDIDATE, shock * factor), (CONTROL, shock)];
        let [candidate, control] = [0, 1].map(|arm| {
            let (exposed, factor) = arms[arm];
            let (users, requests) = self.kind.group(dice, exposed, factor);
            match self.kind {
                Kind::Faulty => come(&mut self.faulty[arm], dice, requests.exposed),
                Kind::Poisson | Kind::Bernoulli | Kind::Shocks | Kind::Clumped | Kind::Storms => {
                    [requests, users, users]
                }
            }
        });
        let counts = |which: usize, of| Counts {
            candidate: candidate[which],
            control: control[which],
            of,
            until: UnixMillis::new(0),
            behind: Default::default(),
            sampled: Default::default(),
            events: None,
        };
        Look {
            requests: counts(0, Counted::Events),
            users: counts(1, Counted::Users),
            first: counts(2, Counted::Users),
        }
    }
}

/// The failures of those for whom all fails, each of whom comes in one look of ten: all, and the first of each user.
fn come(faulty: &mut [Faulty], dice: &mut Dice, exposed: u64) -> [Group; 3] {
    let (mut bad, mut first) = (0, 0);
    for user in faulty.iter_mut().filter(|_| dice.uniform() < 0.1) {
        bad += 1;
        first += u64::from(!user.failed_before);
        user.failed_before = true;
    }
    [bad, bad, first].map(|bad| Group { exposed, bad })
}

impl Kind {
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
            Self::Clumped => clumps(dice, exposed, exposed as f64 * 0.005 * factor, 4.0 / 7.0),
            Self::Storms => clumps(dice, exposed, exposed as f64 * 0.005 * factor, 0.1),
            Self::Faulty => same(0),
        }
    }
}

/// Users and requests when each failing user gives up after a failure with a probability p only: then the variance of
/// failures is (2 - p)/p times their mean. Two requests a user.
fn clumps(dice: &mut Dice, exposed: u64, failures: f64, gives_up: f64) -> (Group, Group) {
    let failing = dice.poisson(failures * gives_up);
    let mut bad = failing;
    for _ in 0..failing {
        while dice.uniform() >= gives_up {
            bad += 1;
        }
    }
    (Group { exposed: exposed / 2, bad: failing }, Group { exposed, bad })
}
