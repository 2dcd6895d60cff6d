//! How far back a condition sees.

use super::ask::Query;
use super::plan::{Clause, MetricSource, Plan, Since};
use crate::analysis::Condition;
use crate::units::MetricName;
use std::time::Duration;

/// For how long after a change of the exposure a condition still sees what was before it. What a rollout
/// counts anew in each wave sees nothing of that.
pub(super) fn looks_back(plan: &Plan, clause: &Clause) -> Duration {
    let mut longest = Duration::ZERO;
    clause.when.each_leaf(&mut |leaf| {
        longest = longest.max(match leaf {
            Condition::Compare(compare) => window(plan, &compare.metric),
            Condition::Regresses(one) => window(plan, &one.metric),
            Condition::ProvedSafe(one) => window(plan, &one.metric),
            Condition::Trend(trend) => trend.over,
            // Both windows must burn, and the short one forgets first.
            Condition::Burn(burn) => burn.short,
            Condition::Score(_) | Condition::Alert(_) | Condition::All(_) | Condition::Any(_) => Duration::ZERO,
        });
    });
    longest
}

fn window(plan: &Plan, metric: &MetricName) -> Duration {
    match plan.metrics.get(metric).map(|metric| &metric.source) {
        Some(MetricSource::Outcomes { window, .. } | MetricSource::Query(Query { window, .. })) => *window,
        Some(MetricSource::Events { since: Since::Within(span), .. }) => *span,
        Some(MetricSource::Events { since: Since::Wave | Since::Start, .. }) | None => Duration::ZERO,
    }
}
