//! What a metric asks, for people.

use super::template::{Names, fill_with};
use crate::analysis::Quantity;
use crate::rollout::{Ask, Measure, Metric, MetricSource, Plan, Since};
use crate::units::format_duration;

/// What is asked of a metric's provider for the candidate, filled in; of what Tidegate counts itself, what that is.
#[must_use]
pub fn asked(plan: &Plan, metric: &Metric) -> String {
    match &metric.source {
        MetricSource::Outcomes { measure, window, .. } => format!(
            "{} of the outcomes posted for flag {} with variant {}, over {}",
            figure(*measure),
            plan.flag,
            plan.candidate,
            format_duration(*window)
        ),
        MetricSource::Events { event, since } => {
            let since = match since {
                Since::Wave => "since the wave began".to_owned(),
                Since::Start => "since the attempt began".to_owned(),
                Since::Within(span) => format!("over {}", format_duration(*span)),
            };
            format!("events {event} posted for the rollout or for flag {}, {since}", plan.flag)
        }
        MetricSource::Query(query) => {
            let names = Names { variant: &plan.candidate, flag: &plan.flag, window: query.window };
            // People read it: what each system needs around a name is put there when it is asked.
            let window = || format_duration(query.window).replace(' ', "");
            let put = |placeholder, _: &str| names.of(placeholder).map_or_else(window, str::to_owned);
            let text = fill_with(&query.ask.text(), put);
            // What grows is counted over a time that stands nowhere in it.
            match query.ask {
                Ask::Prometheus(_) if query.ask.counts().is_some() => {
                    format!("{text}, counted over {}", format_duration(query.window))
                }
                Ask::Prometheus(_)
                | Ask::CloudWatch(_)
                | Ask::Datadog(_)
                | Ask::Exec(_)
                | Ask::Graphite(_)
                | Ask::Influx(_)
                | Ask::Web(_) => text,
            }
        }
    }
}

/// What is made of outcomes, in words.
fn figure(measure: Measure) -> String {
    match measure {
        Measure::ErrorRatio => "the share that failed".to_owned(),
        Measure::SuccessRatio => "the share that succeeded".to_owned(),
        Measure::SlowRatio(bound) => format!("the share slower than {}", Quantity::Time.format(bound as f64 / 1_000.0)),
        Measure::LatencyP50 => "the median latency".to_owned(),
        Measure::LatencyP95 => "the 95th percentile of the latency".to_owned(),
        Measure::LatencyP99 => "the 99th percentile of the latency".to_owned(),
        Measure::Count => "the number".to_owned(),
        Measure::Errors => "the number that failed".to_owned(),
        Measure::ValueMean => "the mean value".to_owned(),
    }
}
