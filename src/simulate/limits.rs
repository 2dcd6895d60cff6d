//! What a plan asks of a metric's values, collected from all its conditions.

use crate::analysis::{Bound, Comparison, Condition, Direction, Offset, Reference};
use crate::rollout::{Clause, List, Plan};
use crate::units::MetricName;

/// Where the values of a metric must lie for all conditions of the plan to be well.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Limits {
    /// Not under this.
    pub(super) low: Option<f64>,
    /// Not over this.
    pub(super) high: Option<f64>,
    /// Exactly this.
    pub(super) exact: Option<f64>,
    /// Compared with the same metric of the control, or before the rollout: on which side of it.
    pub(super) beside: Vec<(Side, Offset)>,
    /// Where it must be heading.
    pub(super) heads: Option<Direction>,
    /// Some condition looks at its course, in which chance alone is a trend now and then.
    pub(super) is_followed: bool,
}

/// On which side of a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Under,
    Over,
}

impl Limits {
    /// Of one metric in a plan.
    pub(super) fn of(plan: &Plan, metric: &MetricName) -> Self {
        let mut limits = Self::default();
        let waves = plan.waves.iter().flat_map(|wave| &wave.clauses);
        for clause in waves.chain(plan.after.iter().flat_map(|after| &after.clauses)) {
            clause.when.each_leaf(&mut |leaf| limits.take(clause, leaf, metric));
        }
        // Alternatives need not agree: then only the side counts on which a metric is usually bounded.
        if let (Some(low), Some(high)) = (limits.low, limits.high)
            && low > high
        {
            limits.low = None;
        }
        limits
    }

    fn take(&mut self, clause: &Clause, leaf: &Condition, metric: &MetricName) {
        let wanted = is_wanted(clause.list);
        match leaf {
            Condition::Compare(compare) if compare.metric == *metric => {
                let wanted = if wanted { compare.comparison } else { compare.comparison.opposite() };
                match &compare.bound {
                    Bound::Fixed(bound) => self.bound(wanted, *bound),
                    Bound::Relative { to: Reference::Control | Reference::Baseline, by } => self.beside(wanted, *by),
                    Bound::Relative { to: Reference::Wave(_) | Reference::PreviousWave, .. } => {}
                }
            }
            Condition::Burn(burn) if burn.metric == *metric && !wanted => {
                self.bound(Comparison::AtMost, burn.rate * (1.0 - burn.objective));
            }
            Condition::Trend(trend) if trend.metric == *metric => {
                self.is_followed = true;
                if trend.wanted == wanted {
                    self.heads = Some(trend.direction);
                }
            }
            Condition::Score(score) => self.is_followed |= score.parts.iter().any(|part| part.metric == *metric),
            Condition::Compare(_)
            | Condition::Burn(_)
            | Condition::Trend(_)
            | Condition::Regresses(_)
            | Condition::ProvedSafe(_)
            | Condition::Alert(_)
            | Condition::All(_)
            | Condition::Any(_) => {}
        }
    }

    fn bound(&mut self, wanted: Comparison, bound: f64) {
        match wanted {
            Comparison::Less | Comparison::AtMost => {
                self.high = Some(self.high.map_or(bound, |high| high.min(bound)));
            }
            Comparison::Greater | Comparison::AtLeast => {
                self.low = Some(self.low.map_or(bound, |low| low.max(bound)));
            }
            Comparison::Equal => self.exact = Some(bound),
            Comparison::NotEqual => {}
        }
    }

    fn beside(&mut self, wanted: Comparison, by: Offset) {
        match wanted {
            Comparison::Less | Comparison::AtMost => self.beside.push((Side::Under, by)),
            Comparison::Greater | Comparison::AtLeast => self.beside.push((Side::Over, by)),
            Comparison::Equal | Comparison::NotEqual => {}
        }
    }
}

/// Whether a rollout goes well while the conditions of a list are true.
const fn is_wanted(list: List) -> bool {
    match list {
        List::Advance | List::Early => true,
        List::Close | List::StepBack | List::Hold | List::Notify => false,
    }
}
