//! Tests that look at the same traffic after each look.

use crate::traffic::{Dice, Kind, LOOK, Look};
use tidegate::analysis::statistics::{Claim, CountTest, Dispersion};
use tidegate::analysis::{Counts, Group};

/// What decides after each look whether the candidate is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judge {
    /// The sequential test of a claim, by distinct users.
    Users(Claim),
    /// The same by requests, corrected by the measured dispersion.
    Requests(Claim),
    /// The same by requests as if they were independent.
    Uncorrected(Claim),
    /// Two shares compared at each look as if it were the only one, one-sided.
    PeekedZ,
    /// More than 1 % errors in three looks one after the other.
    Static,
}

/// How runs are made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) kind: Kind,
    /// The candidate's rate as a multiple of the control's.
    pub(crate) factor: f64,
    /// The first look at which it is so; before, both are the same.
    pub(crate) onset: u32,
    /// How many looks there are.
    pub(crate) looks: u32,
    /// How much worse the candidate may be.
    pub(crate) tolerance: f64,
    pub(crate) alpha: f64,
}

/// The state of a judge.
struct Bench {
    judge: Judge,
    test: CountTest,
    in_a_row: u32,
}

impl Setting {
    /// The looks after which a judge said "worse" in each of `runs` runs, counted from 1; `None` where it never did.
    pub(crate) fn run(&self, judge: Judge, runs: u64, seed: u64) -> Vec<Option<u32>> {
        (0..runs)
            .map(|run| self.one(judge, &mut Dice::new(seed.wrapping_add(run.wrapping_mul(0x1234_5678_9ABC)))))
            .collect()
    }

    fn one(&self, judge: Judge, dice: &mut Dice) -> Option<u32> {
        let mut bench = Bench::new(judge, self.tolerance);
        (1..=self.looks).find(|look| {
            let factor = if *look > self.onset { self.factor } else { 1.0 };
            bench.worse(&self.kind.look(dice, factor), self.alpha)
        })
    }
}

impl Bench {
    fn new(judge: Judge, tolerance: f64) -> Self {
        let test = match judge {
            Judge::Users(Claim::Worse) | Judge::Requests(Claim::Worse) | Judge::Uncorrected(Claim::Worse) => {
                CountTest::worse(tolerance)
            }
            Judge::Users(Claim::WorseLately)
            | Judge::Requests(Claim::WorseLately)
            | Judge::Uncorrected(Claim::WorseLately) => CountTest::worse_lately(tolerance),
            Judge::Users(Claim::SuspectedWorse)
            | Judge::Requests(Claim::SuspectedWorse)
            | Judge::Uncorrected(Claim::SuspectedWorse) => CountTest::suspected_worse(tolerance),
            Judge::Users(Claim::Safe) | Judge::Requests(Claim::Safe) | Judge::Uncorrected(Claim::Safe) => {
                CountTest::safe(tolerance)
            }
            // Only its totals are used.
            Judge::PeekedZ | Judge::Static => CountTest::worse(tolerance),
        };
        Self { judge, test, in_a_row: 0 }
    }

    fn worse(&mut self, look: &Look, alpha: f64) -> bool {
        match self.judge {
            Judge::Users(_) => self.sequential(&look.users, alpha),
            Judge::Requests(_) => self.sequential(&look.requests, alpha),
            Judge::Uncorrected(_) => {
                let worse = self.sequential(&look.requests, alpha);
                self.test.dispersion = Dispersion::default();
                worse || self.test.finding(alpha).proved
            }
            Judge::PeekedZ => {
                self.test.look(&look.requests, LOOK);
                // The 99th percentile of the standard normal distribution, for alpha 0.01.
                z_score(self.test.candidate, self.test.control) > 2.326
            }
            Judge::Static => {
                let Group { exposed, bad } = look.requests.candidate;
                let over = bad as f64 > 0.01 * exposed as f64;
                self.in_a_row = if over { self.in_a_row + 1 } else { 0 };
                self.in_a_row >= 3
            }
        }
    }

    fn sequential(&mut self, counts: &Counts, alpha: f64) -> bool {
        self.test.look(counts, LOOK);
        self.test.finding(alpha).proved
    }
}

/// The usual test of two shares with a pooled variance.
fn z_score(candidate: Group, control: Group) -> f64 {
    let [n, k, m, l] = [candidate.exposed, candidate.bad, control.exposed, control.bad].map(|count| count as f64);
    let pooled = (k + l) / (n + m);
    (k / n - l / m) / (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt()
}

/// The share of runs in which a judge said "worse".
pub(crate) fn share(runs: &[Option<u32>]) -> f64 {
    runs.iter().flatten().count() as f64 / runs.len() as f64
}

/// The middle one of the looks that were needed after an onset, of the runs in which nothing was said before it;
/// infinite where half of them or more never came to a decision.
pub(crate) fn median_delay(runs: &[Option<u32>], onset: u32) -> f64 {
    let mut delays: Vec<f64> = runs
        .iter()
        .filter(|run| run.is_none_or(|look| look > onset))
        .map(|run| run.map_or(f64::INFINITY, |look| f64::from(look - onset)))
        .collect();
    delays.sort_by(f64::total_cmp);
    delays.get(delays.len() / 2).copied().unwrap_or(f64::INFINITY)
}

/// The most false alarms that N runs of a test of level alpha may show by chance: three standard errors over it.
pub(crate) fn most(alpha: f64, runs: u64) -> f64 {
    alpha + 3.0 * (alpha * (1.0 - alpha) / runs as f64).sqrt()
}
