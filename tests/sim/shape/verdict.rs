//! What a condition means, worked out without the program.

use super::rule::{Leaf, Place, Rule, When};
use std::time::Duration;

/// What is known of something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Told {
    Is(f64),
    /// Nobody knows it.
    None,
    /// The program may know it; the simulator does not.
    Hidden,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth3 {
    True,
    False,
    Unknown,
    /// The program may know it; the simulator does not.
    Hidden,
}

/// A condition's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub truth: Truth3,
    /// It is about to become true.
    pub pending: bool,
    /// A bit for each metric that it has no data of.
    pub missing: u32,
}

/// What conditions are judged by.
pub trait Facts {
    /// A metric of the candidate now.
    fn value(&self, metric: usize) -> Told;
    /// The same metric elsewhere.
    fn elsewhere(&self, metric: usize, place: Place) -> Told;
    /// A metric of the candidate over some time.
    fn over(&self, metric: usize, span: Duration) -> Told;
    fn fires(&self, severity: &str) -> Truth3;
    /// Whether a comparison that holds, or of which that is not known, has done so for long enough.
    fn lasted(&mut self, rule: usize, holds: Option<bool>, lasting: Duration) -> Truth3;
    /// What the program makes of what rests on more than one reading.
    fn statistical(&mut self, rule: usize, leaf: &Leaf) -> Verdict;
}

impl Verdict {
    pub const fn of(truth: Truth3) -> Self {
        Self { truth, pending: false, missing: 0 }
    }

    const fn when(holds: bool) -> Self {
        Self::of(if holds { Truth3::True } else { Truth3::False })
    }

    pub const fn missing(metric: usize) -> Self {
        Self { truth: Truth3::Unknown, pending: false, missing: 1 << metric }
    }
}

pub fn judge(index: usize, rule: &Rule, facts: &mut impl Facts) -> Verdict {
    match &rule.when {
        When::One(leaf) => judge_leaf(index, leaf, facts),
        When::All(leaves) => joined(index, leaves, Truth3::False, facts),
        When::Any(leaves) => joined(index, leaves, Truth3::True, facts),
    }
}

/// One part that is `decisive` decides; else what is not known of one is not known of all.
fn joined(index: usize, leaves: &[Leaf], decisive: Truth3, facts: &mut impl Facts) -> Verdict {
    let otherwise = if decisive == Truth3::True { Truth3::False } else { Truth3::True };
    let mut all = Verdict::of(otherwise);
    for leaf in leaves {
        let part = judge_leaf(index, leaf, facts);
        all.missing |= part.missing;
        all.pending |= part.pending;
        all.truth = match (all.truth, part.truth) {
            (truth, _) | (_, truth) if truth == decisive => decisive,
            (Truth3::Hidden, _) | (_, Truth3::Hidden) => Truth3::Hidden,
            (Truth3::Unknown, _) | (_, Truth3::Unknown) => Truth3::Unknown,
            _ => otherwise,
        };
    }
    all.pending &= all.truth != Truth3::True;
    all
}

fn judge_leaf(index: usize, leaf: &Leaf, facts: &mut impl Facts) -> Verdict {
    match leaf {
        Leaf::Alert(severity) => Verdict::of(facts.fires(severity)),
        Leaf::Trend { .. } | Leaf::Regresses { .. } | Leaf::Safe { .. } | Leaf::Score { .. } => {
            facts.statistical(index, leaf)
        }
        Leaf::Burn { metric, objective, rate, long, short } => {
            let burns = |value: f64| value / (1.0 - objective) > *rate;
            match (facts.over(*metric, *long), facts.over(*metric, *short)) {
                (Told::Is(long), Told::Is(short)) => Verdict::when(burns(long) && burns(short)),
                (Told::None, _) | (_, Told::None) => Verdict::missing(*metric),
                _ => Verdict::of(Truth3::Hidden),
            }
        }
        Leaf::Compare { metric, above, bound, lasting } => {
            let reference = bound.place().map(|place| facts.elsewhere(*metric, place));
            let known = match (facts.value(*metric), reference) {
                (Told::Is(value), None) => Some((value, None)),
                (Told::Is(value), Some(Told::Is(reference))) => Some((value, Some(reference))),
                (Told::Hidden, _) | (Told::Is(_), Some(Told::Hidden)) => return Verdict::of(Truth3::Hidden),
                _ => None,
            };
            let holds = known.map(|(value, reference)| {
                let bound = bound.from(reference).unwrap_or(f64::NAN);
                if *above { value > bound } else { value < bound }
            });
            let truth = lasting.map(|lasting| facts.lasted(index, holds, lasting));
            match (holds, truth) {
                (None, _) => Verdict::missing(*metric),
                (Some(holds), None) => Verdict::when(holds),
                (Some(holds), Some(truth)) => {
                    Verdict { pending: holds && truth == Truth3::False, ..Verdict::of(truth) }
                }
            }
        }
    }
}
