//! One number, now; and what was.

use super::answer;
use super::question::{SCALAR, TIMESERIES, scalar, timeseries, told, told_apart};
use crate::analysis::{NoData, Reading};
use crate::measure::asking::Asking;
use crate::measure::connections::Connection;
use crate::measure::fetch::Asked;
use crate::measure::judge::enough;
use crate::measure::providers::Stretch;
use crate::measure::refusal;
use crate::rollout::{AskDatadog, Plan};
use crate::units::UnixMillis;
use bytes::Bytes;
use std::time::Duration;

/// The most values of one question for what was: Datadog gives about 1,500 of them.
const MOST_VALUES: u32 = 1_000;

/// The largest answer, in bytes.
const MOST_BYTES: usize = 2_000_000;

/// The value over the time that is looked back. Datadog has no time for it: it is of now.
pub(in crate::measure) async fn read(connection: &Connection, ask: &AskDatadog, asking: &Asking) -> Reading {
    value(connection, ask, asking).await.unwrap_or_else(Reading::NoData)
}

/// What is asked, with all names filled in: for people.
pub(in crate::measure) fn question(ask: &AskDatadog, asking: &Asking) -> String {
    told(ask, asking)
}

/// Whether the groups of a plan can be told apart.
pub(in crate::measure) fn tells_apart(plan: &Plan) -> Result<(), NoData> {
    told_apart(&plan.flag, &plan.candidate, &plan.stable)
}

async fn value(connection: &Connection, ask: &AskDatadog, asking: &Asking) -> Result<Reading, NoData> {
    let from = asking.now.minus(asking.looks_back());
    let body = scalar(ask, asking, from, asking.now)?;
    let answered = send(connection, SCALAR, body, asking).await?;
    let (value, samples) = answer::scalar(&answered, ask.samples.is_some())?;
    enough(value, asking.now, samples, ask.min_samples)
}

/// A metric's values over a time that is over, in its own unit.
///
/// # Errors
/// When it cannot be asked, or gives several series.
pub(in crate::measure) async fn past(
    connection: &Connection,
    (ask, asking): (&AskDatadog, &Asking),
    stretch: Stretch,
) -> Result<Vec<(UnixMillis, f64)>, NoData> {
    let step = stretch.step.max(Duration::from_secs(1));
    let mut values: Vec<(UnixMillis, f64)> = Vec::new();
    let mut from = stretch.from;
    while from < stretch.until {
        let until = from.plus(step.saturating_mul(MOST_VALUES)).min(stretch.until);
        let body = timeseries(ask, asking, (from, until), step)?;
        match answer::timeseries(&send(connection, TIMESERIES, body, asking).await?) {
            // The last moment of a part is the first of the next one.
            Ok(found) => {
                let last = values.last().map(|(at, _)| *at);
                values.extend(found.into_iter().filter(|(at, _)| last.is_none_or(|last| *at > last)));
            }
            Err(NoData::Empty) => {}
            Err(why) => return Err(why),
        }
        from = until;
    }
    Ok(values)
}

async fn send(connection: &Connection, path: &str, body: Vec<u8>, asking: &Asking) -> Result<Bytes, NoData> {
    let address = connection.address.as_ref().ok_or_else(|| NoData::NoProvider(connection.name.to_string()))?;
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let asked = Asked { most: MOST_BYTES, ..Asked::post(address.below(&segments), "application/json", body) };
    let answer = connection.fetcher.fetch(asked, asking.deadline).await?;
    refusal::body(&answer, answer::error_message)?;
    Ok(answer.body)
}
