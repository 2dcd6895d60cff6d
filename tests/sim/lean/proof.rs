//! What sequential tests may say: the program's proofs are its own, but what they rest on is known here too,
//! and no proof goes against it.

use std::collections::BTreeMap;

/// So many looks, each of them grossly bad, must be enough for a proof.
const ENOUGH: usize = 8;

/// Exposed and bad, of the candidate and of the control.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub candidate: (u64, u64),
    pub control: (u64, u64),
}

#[derive(Debug, Clone, Default)]
pub struct Proofs {
    looks: BTreeMap<usize, Vec<Look>>,
    in_wave: BTreeMap<usize, Vec<Look>>,
}

impl Look {
    /// By how much the bad ones of the candidate are more than they would be at the edge of a claim.
    fn excess(self, ratio: f64) -> f64 {
        let weight = ratio * self.candidate.0 as f64;
        let expected = weight / (weight + self.control.0 as f64);
        self.candidate.1 as f64 - expected * (self.candidate.1 + self.control.1) as f64
    }

    fn is_gross(self) -> bool {
        let rate = |(exposed, bad): (u64, u64)| bad as f64 / exposed as f64;
        self.candidate.0 >= 50 && rate(self.candidate) >= 0.2 && rate(self.control) <= 0.02
    }
}

impl Proofs {
    pub fn look(&mut self, rule: usize, look: Look) {
        self.looks.entry(rule).or_default().push(look);
        self.in_wave.entry(rule).or_default().push(look);
    }

    pub fn begin_wave(&mut self) {
        self.in_wave.clear();
    }

    pub fn forget(&mut self, rules: impl Iterator<Item = usize>) {
        for rule in rules {
            self.looks.remove(&rule);
        }
    }

    /// Nothing was counted for a rule, in the attempt or, for safety, in the wave.
    pub fn none(&self, rule: usize, in_wave: bool) -> bool {
        let looks = if in_wave { &self.in_wave } else { &self.looks };
        looks.get(&rule).is_none_or(Vec::is_empty)
    }

    /// Some stretch of looks up to now has too many bad ones among the candidate's.
    pub fn may_be_worse(&self, rule: usize, ratio: f64) -> bool {
        let mut sum = 0.0;
        let mut looks = self.looks.get(&rule).into_iter().flatten().rev();
        looks.any(|look| {
            sum += look.excess(ratio);
            sum > 0.0
        })
    }

    /// It has been grossly bad for so long that any test must see it.
    pub fn must_be_worse(&self, rule: usize) -> bool {
        let looks = self.looks.get(&rule).map(Vec::as_slice).unwrap_or_default();
        looks.len() >= ENOUGH && looks.iter().rev().take(ENOUGH).all(|look| look.is_gross())
    }

    /// The wave as a whole has fewer bad ones among the candidate's than at the edge.
    pub fn may_be_safe(&self, rule: usize, ratio: f64) -> bool {
        let looks = self.in_wave.get(&rule).map(Vec::as_slice).unwrap_or_default();
        looks.iter().map(|look| look.excess(ratio)).sum::<f64>() < 0.0
    }
}
