//! The ledger, with long polling: a reader that is up to date waits for what comes next.

use super::{Api, render, rollouts, trains, wire};
use crate::http::ApiError;
use crate::units::{RolloutName, parse_duration};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// How many entries one answer has unless something else is said, and at most.
const USUAL_LIMIT: u32 = 100;
const LARGEST_LIMIT: u32 = 1_000;

/// How many bytes of entries one answer has, at least one entry in any case: a plan that was applied is
/// in its entry as a whole, and a thousand of the largest would be a gigabyte.
const LARGEST_ANSWER: usize = 4 << 20;

/// How many entries are taken from the store at a time, so that no more of them are held than needed.
const AT_A_TIME: u32 = 16;

/// The longest that an answer may be waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How often the store is asked while waiting, should a wake-up have been missed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How many answers are waited for at one time: far fewer than there are connections, so that whoever
/// waits leaves places for those who act.
const LONG_POLLS: usize = 256;

/// The places of those who wait.
#[derive(Debug, Clone)]
pub(super) struct LongPolls(Arc<Semaphore>);

impl LongPolls {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(LONG_POLLS)))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HistoryQuery {
    #[serde(default)]
    after: u64,
    limit: Option<u32>,
    wait: Option<String>,
}

pub(super) async fn of_one(
    State(api): State<Api>,
    Extension(polls): Extension<LongPolls>,
    name: Result<Path<String>, PathRejection>,
    query: Result<Query<HistoryQuery>, QueryRejection>,
) -> Result<Json<wire::History>, ApiError> {
    let Path(name) = name?;
    let view = api.controller.get(&name).ok_or_else(|| rollouts::unknown(&api.controller, &name))?;
    read(&api, &polls, Some(&view.plan.name), &query?.0).await
}

pub(super) async fn of_train(
    State(api): State<Api>,
    Extension(polls): Extension<LongPolls>,
    name: Result<Path<String>, PathRejection>,
    query: Result<Query<HistoryQuery>, QueryRejection>,
) -> Result<Json<wire::History>, ApiError> {
    let Path(name) = name?;
    let view = api.controller.train(&name).ok_or_else(|| trains::unknown(&api.controller, &name))?;
    read(&api, &polls, Some(&view.train.name), &query?.0).await
}

pub(super) async fn of_all(
    State(api): State<Api>,
    Extension(polls): Extension<LongPolls>,
    query: Result<Query<HistoryQuery>, QueryRejection>,
) -> Result<Json<wire::History>, ApiError> {
    read(&api, &polls, None, &query?.0).await
}

async fn read(
    api: &Api,
    polls: &LongPolls,
    rollout: Option<&RolloutName>,
    query: &HistoryQuery,
) -> Result<Json<wire::History>, ApiError> {
    let limit = query.limit.unwrap_or(USUAL_LIMIT);
    if !(1..=LARGEST_LIMIT).contains(&limit) {
        return Err(ApiError::malformed(format!("`limit` must be 1 to {LARGEST_LIMIT}")));
    }
    let wait = query.wait.as_deref().map_or(Ok(Duration::ZERO), parse_duration);
    let wait = wait.map_err(|error| ApiError::malformed(format!("`wait`: {error}")))?.min(LONGEST_WAIT);
    let entries = newer(api, polls, rollout, query.after, limit, Instant::now().checked_add(wait)).await?;
    Ok(Json(wire::History { entries }))
}

async fn newer(
    api: &Api,
    polls: &LongPolls,
    rollout: Option<&RolloutName>,
    after: u64,
    limit: u32,
    until: Option<Instant>,
) -> Result<Vec<wire::HistoryEntry>, ApiError> {
    let mut changes = api.controller.changes();
    let mut place = None;
    loop {
        // Marked as seen before reading: a change during the reading wakes at once.
        changes.mark_unchanged();
        let entries = page(api, rollout, after, limit).await?;
        let now = Instant::now();
        let Some(until) = until.filter(|until| *until > now && entries.is_empty()) else { return Ok(entries) };
        if place.is_none() {
            let full = || ApiError::Unavailable(format!("{LONG_POLLS} requests wait for new entries already"));
            place = Some(polls.0.try_acquire().map_err(|_| full())?);
        }
        let look_again = now.checked_add(LOOK_AGAIN).unwrap_or(until).min(until);
        tokio::select! {
            () = api.shutdown.cancelled() => return Ok(entries),
            // Either way it is looked at again: the wake-up carries no data.
            _ = timeout_at(look_again, changes.changed()) => {}
        }
    }
}

/// The entries after a sequence, as many as are asked for and fit into one answer.
async fn page(
    api: &Api,
    rollout: Option<&RolloutName>,
    mut after: u64,
    limit: u32,
) -> Result<Vec<wire::HistoryEntry>, ApiError> {
    let (mut entries, mut bytes, mut left) = (Vec::new(), 0_usize, limit);
    while left > 0 {
        let asked = left.min(AT_A_TIME);
        let rows = api.controller.history(rollout, after, asked).await;
        let rows = rows.map_err(|error| ApiError::Unavailable(error.to_string()))?;
        let last = u32::try_from(rows.len()).is_ok_and(|count| count < asked);
        for row in rows {
            after = row.sequence;
            let entry = render::entry(row);
            bytes = bytes.saturating_add(size(&entry));
            if bytes > LARGEST_ANSWER && !entries.is_empty() {
                return Ok(entries);
            }
            entries.push(entry);
        }
        if last {
            break;
        }
        left = left.saturating_sub(asked);
    }
    Ok(entries)
}

/// What an entry takes in the answer.
fn size(entry: &wire::HistoryEntry) -> usize {
    // What cannot be written has no size either; the answer says so then.
    serde_json::to_vec(entry).map_or(0, |written| written.len())
}
