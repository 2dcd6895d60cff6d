//! Whether the course of a metric is kept closely enough for the trends that a plan asks for.

use crate::analysis::{Condition, Trend};
use crate::units::{MetricName, format_duration};
use std::collections::BTreeMap;
use std::time::Duration;

/// The fewest values that show a trend.
const FEWEST_FOR_A_TREND: u32 = 8;

/// How many times a trend can fit into the longest one of its metric, whose course is kept in 96 points.
const COURSES: u32 = 10;

/// A trend that sees too few checks would never be known.
pub(super) fn too_short_for_its_checks(condition: &Condition, every: Duration) -> Option<String> {
    let gaps = FEWEST_FOR_A_TREND.saturating_sub(1);
    let over = trends(condition).map(|trend| trend.over).min().filter(|over| *over < every.saturating_mul(gaps))?;
    let (over, every) = (format_duration(over), format_duration(every));
    Some(format!(
        "a trend over {over} with {every} between two checks sees fewer than {FEWEST_FOR_A_TREND} values, \
         and would never be known"
    ))
}

/// The course of a metric is kept once, over its longest trend; of a much shorter one too few points are left.
pub(super) fn lost_in_a_longer_course(
    condition: &Condition,
    longest: &BTreeMap<MetricName, Duration>,
) -> Option<String> {
    trends(condition).find_map(|short| {
        let longest = *longest.get(&short.metric)?;
        (longest > short.over.saturating_mul(COURSES)).then(|| {
            let (over, longest, metric) = (format_duration(short.over), format_duration(longest), &short.metric);
            format!("`{metric}` has a trend over {longest}, beside which one over {over} is too short to be seen")
        })
    })
}

/// The longest trend of each metric.
pub(super) fn longest_trends<'p>(conditions: impl Iterator<Item = &'p Condition>) -> BTreeMap<MetricName, Duration> {
    let mut longest = BTreeMap::new();
    for trend in conditions.flat_map(trends) {
        let known: &mut Duration = longest.entry(trend.metric.clone()).or_default();
        *known = trend.over.max(*known);
    }
    longest
}

fn trends(condition: &Condition) -> impl Iterator<Item = &Trend> {
    let mut found = Vec::new();
    condition.each_leaf(&mut |leaf| {
        if let Condition::Trend(trend) = leaf {
            found.push(trend);
        }
    });
    found.into_iter()
}
