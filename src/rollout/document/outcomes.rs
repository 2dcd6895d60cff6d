//! A metric that Tidegate counts itself, from what applications post.

use super::fields::Fields;
use super::reader::Reader;
use super::shape;
use super::sourced::{MIN_SAMPLES, Sourced, min_samples, window};
use crate::rollout::{Better, Measure, MetricSource, Unit};
use crate::source::Span;
use std::time::Duration;

/// The longest window of the built-in provider, which keeps what it counts in memory.
pub(super) const LONGEST_WINDOW_OF_OUTCOMES: Duration = Duration::from_secs(3 * 86_400);

/// Reads what the provider `outcomes` has of its own.
pub(super) fn outcomes(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Sourced> {
    let measure = fields.needed("measure", "for instance `measure: error_ratio` or `measure: latency_p95`", reader)?;
    let measure = reader.word(measure, "measure", shape::MEASURES, &[])?;
    let measure = slow_ratio(measure, fields, reader)?;
    let unit = match (fields.entry("unit"), measure) {
        (Some(entry), Measure::ValueMean) => reader.word(&entry.value, "unit", shape::UNITS, &[])?,
        (Some(entry), _) => {
            let message = "the unit of this measure is known; only `value_mean` needs one";
            reader.complain(entry.key_span, message, "remove `unit`");
            unit_of(measure)
        }
        (None, _) => unit_of(measure),
    };
    let better = if measure == Measure::SuccessRatio { Better::Higher } else { Better::Lower };
    let window = window(fields, LONGEST_WINDOW_OF_OUTCOMES, reader);
    // Of itself a count rests on as many samples as it says.
    let usual = if measure == Measure::Count { 0 } else { MIN_SAMPLES };
    let min_samples = min_samples(fields, usual, reader);
    Some((unit, better, MetricSource::Outcomes { measure, window: window?, min_samples: min_samples? }))
}

/// `slow_ratio` with its bound, and no other measure with one.
fn slow_ratio(measure: Measure, fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Measure> {
    if let Measure::SlowRatio(_) = measure {
        let Some(node) = fields.get("slower_than") else {
            let at = fields.get("measure").map_or(Span::default(), |node| node.span);
            reader.complain(at, "`slow_ratio` needs `slower_than`", "for instance `slower_than: 500ms`");
            return None;
        };
        let bound = reader.duration(node, "slower_than", Duration::from_millis(1)..=Duration::from_secs(86_400))?;
        return Some(Measure::SlowRatio(u64::try_from(bound.as_micros()).unwrap_or(u64::MAX)));
    }
    if let Some(entry) = fields.entry("slower_than") {
        reader.complain(entry.key_span, "`slower_than` belongs to `measure: slow_ratio`", "remove it");
    }
    Some(measure)
}

const fn unit_of(measure: Measure) -> Unit {
    match measure {
        Measure::ErrorRatio | Measure::SuccessRatio | Measure::SlowRatio(_) => Unit::Ratio,
        Measure::LatencyP50 | Measure::LatencyP95 | Measure::LatencyP99 => Unit::Milliseconds,
        Measure::Count | Measure::Errors => Unit::Count,
        Measure::ValueMean => Unit::Number,
    }
}
