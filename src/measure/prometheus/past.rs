//! What was.

use super::answer::{Samples, series};
use super::api::Api;
use super::promql::value;
use super::reading::grown;
use crate::analysis::NoData;
use crate::measure::asking::Asking;
use crate::measure::connections::Connection;
use crate::measure::providers::Stretch;
use crate::rollout::AskPrometheus;
use crate::units::UnixMillis;

/// Prometheus refuses to answer with more moments than 11,000 at once.
const MOST_MOMENTS: u32 = 10_000;

/// The largest answer with so many.
const MOST_BYTES: usize = 2_000_000;

/// A query's values over a time that is over, in its own unit. Moments at which it has none are left out.
///
/// # Errors
/// When it cannot be asked, or gives several series.
pub(in crate::measure) async fn past(
    connection: &Connection,
    (ask, asking): (&AskPrometheus, &Asking),
    stretch: Stretch,
) -> Result<Vec<(UnixMillis, f64)>, NoData> {
    let api = Api::new(connection, asking.deadline)?;
    let query = match ask {
        AskPrometheus::Value(query) => value(query, asking),
        // Of nothing at all there is no share: such moments are left out.
        AskPrometheus::Ratio { bad, total, .. } => {
            format!("({} or vector(0)) / ({} > 0)", grown(bad, asking), grown(total, asking))
        }
    };
    let mut values = Vec::new();
    let step = stretch.step.max(std::time::Duration::from_millis(1));
    let mut from = stretch.from;
    while from <= stretch.until {
        let until = from.plus(step.saturating_mul(MOST_MOMENTS)).min(stretch.until);
        let answer = api.range(&query, (from, until, step), MOST_BYTES).await?;
        let found = series(&answer.body)?;
        if found.len() > 1 {
            return Err(NoData::SeveralSeries(found.len()));
        }
        values.extend(found.into_iter().flat_map(|Samples { points, .. }| points));
        // Both ends are in an answer: the next one begins a step later.
        let next = until.plus(step);
        if next <= from {
            break;
        }
        from = next;
    }
    Ok(values)
}
