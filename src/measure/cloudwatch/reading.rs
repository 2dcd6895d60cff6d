//! One number, now; and what was.

use super::api::Api;
use super::question::{Span, told};
use crate::analysis::{NoData, Reading};
use crate::measure::asking::Asking;
use crate::measure::connections::Connection;
use crate::measure::judge::{enough, fresh};
use crate::measure::providers::Stretch;
use crate::rollout::AskCloudWatch;
use crate::units::UnixMillis;

/// The most periods of one question for what was: CloudWatch gives about a hundred thousand values at once.
const MOST_PERIODS: u32 = 5_000;

/// The value of the newest period that is over; over another time the mean of all its periods.
pub(in crate::measure) async fn read(connection: &Connection, ask: &AskCloudWatch, asking: &Asking) -> Reading {
    value(connection, ask, asking).await.unwrap_or_else(Reading::NoData)
}

/// What is asked, with all names filled in: for people.
pub(in crate::measure) fn question(ask: &AskCloudWatch, asking: &Asking) -> String {
    told(ask, asking)
}

async fn value(connection: &Connection, ask: &AskCloudWatch, asking: &Asking) -> Result<Reading, NoData> {
    let api = Api::new(connection, ask)?;
    let (samples, now) = (ask.samples.as_deref(), asking.now);
    let found = match asking.span {
        None => {
            let span = Span::newest(ask.period, now);
            api.values(ask, asking, span).await?.newest(&ask.value, samples, span)?
        }
        Some(over) => {
            let span = Span::back(ask.period, over, now);
            api.values(ask, asking, span).await?.mean(&ask.value, samples, span)?
        }
    };
    fresh(found.until, now, api.settings.max_age)?;
    enough(found.value, found.until, found.samples, ask.min_samples)
}

/// A metric's values over a time that is over, in its own unit, each at the end of its period.
///
/// # Errors
/// When it cannot be asked, or gives several series.
pub(in crate::measure) async fn past(
    connection: &Connection,
    (ask, asking): (&AskCloudWatch, &Asking),
    stretch: Stretch,
) -> Result<Vec<(UnixMillis, f64)>, NoData> {
    let api = Api::new(connection, ask)?;
    let whole = Span::past(ask.period, stretch.step, stretch.from, stretch.until, asking.now);
    let mut values = Vec::new();
    let mut from = whole.from;
    while from < whole.until {
        let until = from.plus(whole.period.saturating_mul(MOST_PERIODS)).min(whole.until);
        let part = Span { from, until, ..whole };
        match api.values(ask, asking, part).await?.all(&ask.value, part) {
            Ok(found) => values.extend(found),
            Err(NoData::Empty) => {}
            Err(why) => return Err(why),
        }
        from = until;
    }
    Ok(values)
}
