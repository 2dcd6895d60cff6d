//! What conditions may ask of a metric.

use crate::analysis::{Known, Quantity, Unfit};
use crate::rollout::{Ask, Better, Measure, Metric, MetricSource, Query};

const COUNT: Unfit = Unfit {
    why: "a count grows with its group, and the groups are not of one size",
    instead: "use a ratio, such as the measure `error_ratio`",
};

const EVENT: Unfit =
    Unfit { why: "posted events belong to no group", instead: "compare it with a number, or with an earlier wave" };

const BOTH_ALIKE: Unfit = Unfit {
    why: "its query has no `{{variant}}` and measures both groups alike",
    instead: "put `{{variant}}` into the query, or compare with `baseline`",
};

const ONE_NUMBER: Unfit = Unfit {
    why: "a query gives one number, and a test needs counts",
    instead: "write `ratio: { bad: ..., total: ... }` of two counters, use the provider `outcomes`, or compare with \
              `control * 1.2`",
};

const GOOD_WHEN_HIGH: Unfit =
    Unfit { why: "it is better when it is high", instead: "name the share of what fails, such as `error_ratio`" };

const ONE_WINDOW: Unfit = Unfit {
    why: "its query has no `{{window}}` and cannot be asked over another time",
    instead: "write `{{window}}` where the query says over how long",
};

const WHOLE_PERIODS: Unfit = Unfit {
    why: "CloudWatch is asked for whole periods and not over any time",
    instead: "compare it with a number, or use another provider",
};

/// What conditions may ask of a metric.
pub(super) fn askable(metric: &Metric) -> Known {
    let quantity: Quantity = metric.unit.quantity();
    let lower = match metric.better {
        Better::Lower => Ok(()),
        Better::Higher => Err(GOOD_WHEN_HIGH),
    };
    match &metric.source {
        MetricSource::Outcomes { measure, .. } => {
            let of_control = match measure {
                Measure::Count | Measure::Errors => Err(COUNT),
                Measure::ErrorRatio
                | Measure::SuccessRatio
                | Measure::SlowRatio(_)
                | Measure::LatencyP50
                | Measure::LatencyP95
                | Measure::LatencyP99
                | Measure::ValueMean => Ok(()),
            };
            Known { quantity, of_control, comparable: of_control, burns: lower }
        }
        MetricSource::Events { .. } => {
            Known { quantity, of_control: Err(EVENT), comparable: Err(EVENT), burns: Err(EVENT) }
        }
        MetricSource::Query(Query { ask, .. }) => {
            let of_control = if ask.tells_variants() { Ok(()) } else { Err(BOTH_ALIKE) };
            let burns = match ask {
                _ if ask.any_window() => lower,
                Ask::CloudWatch(_) => Err(WHOLE_PERIODS),
                Ask::Prometheus(_)
                | Ask::Datadog(_)
                | Ask::Exec(_)
                | Ask::Graphite(_)
                | Ask::Influx(_)
                | Ask::Web(_) => Err(ONE_WINDOW),
            };
            let comparable = if ask.counts().is_some() { of_control } else { Err(ONE_NUMBER) };
            Known { quantity, of_control, comparable, burns }
        }
    }
}
