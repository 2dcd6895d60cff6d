//! What another bound would have done in the past.

use super::past::{Past, quantile};
use super::threshold::Rating;
use crate::analysis::{Bound, Comparison, Condition};
use crate::rollout::{Clause, List, Plan};
use crate::units::MetricName;

/// How far from the worst value of the past a bound is suggested.
const ROOM: f64 = 1.25;

/// What a tenfold must reach.
const TENFOLD: f64 = 10.0;

/// What to do about a threshold. Only where it is one comparison with a number whose metric has a past.
pub(super) fn suggest(plan: &Plan, past: &Past, clause: &Clause, rating: Rating) -> Option<String> {
    let said = of_bound(plan, past, clause, rating)?;
    let tells = |leaf: &Condition| match leaf {
        Condition::Compare(compare) => tells_variants(plan, &compare.metric),
        Condition::Trend(_)
        | Condition::Burn(_)
        | Condition::Regresses(_)
        | Condition::ProvedSafe(_)
        | Condition::Score(_)
        | Condition::Alert(_)
        | Condition::All(_)
        | Condition::Any(_) => true,
    };
    let diluted = rating == Rating::Idle && clause.when.any_leaf(&|leaf| !tells(leaf));
    let why = "; its query has no `{{variant}}`, so that a fault of the few who have the candidate hardly shows in it";
    Some(format!("{said}{}", if diluted { why } else { "" }))
}

fn tells_variants(plan: &Plan, metric: &MetricName) -> bool {
    plan.metrics.get(metric).is_some_and(crate::rollout::Metric::tells_variants)
}

fn of_bound(plan: &Plan, past: &Past, clause: &Clause, rating: Rating) -> Option<String> {
    let Condition::Compare(compare) = &clause.when else { return general(clause, rating) };
    let Bound::Fixed(bound) = compare.bound else { return general(clause, rating) };
    let sorted = past.sorted(&compare.metric);
    let (Some(lowest), Some(highest)) = (sorted.first().copied(), sorted.last().copied()) else {
        return general(clause, rating);
    };
    let quantity = compare.quantity;
    // What must be true to go on is bounded on the other side of what holds or closes.
    let wanted = matches!(clause.list, List::Advance | List::Early);
    let comparison = if wanted { compare.comparison.opposite() } else { compare.comparison };
    let upward = match comparison {
        Comparison::Greater | Comparison::AtLeast => true,
        Comparison::Less | Comparison::AtMost => false,
        Comparison::Equal | Comparison::NotEqual => return general(clause, rating),
    };
    let (worst, typical) = if upward { (highest, quantile(&sorted, 99)?) } else { (lowest, quantile(&sorted, 1)?) };
    let with_room = if upward { rounded(worst * ROOM, f64::ceil) } else { rounded(worst / ROOM, f64::floor) };
    let usable = with_room.is_finite() && (with_room - bound).abs() > f64::EPSILON && with_room > 0.0;
    let percentile = if upward { "p99" } else { "p1" };
    let extreme = if upward { "highest" } else { "lowest" };
    let was =
        format!("{percentile} of the past was {}, its {extreme} {}", quantity.format(typical), quantity.format(worst));
    let does = match clause.list {
        List::Close => "closed",
        List::StepBack => "gone back a wave",
        List::Hold => "held",
        List::Notify => "been told",
        List::Early | List::Advance => "been in the way",
    };
    let median = quantile(&sorted, 50)?;
    match rating {
        Rating::TriggerHappy | Rating::InTheWay if usable => {
            Some(format!("{was}: a bound of {} would have {does} 0 times", quantity.format(with_room)))
        }
        Rating::Idle if usable && upward => {
            let reached = tells_variants(plan, &compare.metric) && median * TENFOLD > with_room;
            let reached = if reached { ", and a tenfold would reach it" } else { "" };
            let bound = quantity.format(with_room);
            Some(format!("{was}: a bound of {bound} would have {does} 0 times too{reached}"))
        }
        Rating::Idle => Some(format!("{was}: no fault that this metric shows reaches {}", quantity.format(bound))),
        Rating::TriggerHappy | Rating::InTheWay => {
            Some(format!("{was}: the metric itself does not tell good from bad"))
        }
        Rating::Sound | Rating::Unknown => None,
    }
}

fn general(clause: &Clause, rating: Rating) -> Option<String> {
    match rating {
        Rating::TriggerHappy => Some(format!("the past alone made `{}` true: allow it more", clause.text)),
        Rating::Idle => Some(format!("not even a tenfold made `{}` true: it guards nothing", clause.text)),
        Rating::InTheWay => Some(format!("the past was often not as `{}` wants it", clause.text)),
        Rating::Sound | Rating::Unknown => None,
    }
}

/// Two digits that count.
fn rounded(value: f64, whole: fn(f64) -> f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10.0_f64.powf(value.abs().log10().floor() - 1.0);
    whole(value / scale) * scale
}
