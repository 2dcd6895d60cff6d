//! Whether the process is well, and what it counts.

use super::Api;
use super::render::MOST_PROBLEMS;
use crate::eval::Bucketing;
use crate::units::Generation;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderName, StatusCode, header};
use std::fmt::Write as _;
use std::time::Duration;
use tokio::time::timeout;

/// Prometheus's text format.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How long the store may take to say how it is.
const STORE_PATIENCE: Duration = Duration::from_secs(1);

pub(super) async fn metrics(State(api): State<Api>) -> ([(HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, METRICS)], api.metrics.render())
}

pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// Ready is who serves flags and takes triggers. A store that is away does not make unready: closing
/// works without it, and a server that is taken out of service for it could not be told to close.
pub(super) async fn ready(State(api): State<Api>, RawQuery(query): RawQuery) -> (StatusCode, String) {
    let stopping = api.shutdown.is_cancelled();
    let loaded = api.live.load().snapshot().generation() > Generation::ZERO;
    let (status, mut text) = match (stopping, loaded) {
        (false, true) => (StatusCode::OK, "ready\n".to_owned()),
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "not ready: stopping\n".to_owned()),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "not ready: no flags loaded yet\n".to_owned()),
    };
    if query.is_some_and(|query| query.split('&').any(|part| part == "verbose" || part.starts_with("verbose="))) {
        text.push_str(&details(&api).await);
    }
    (status, text)
}

async fn details(api: &Api) -> String {
    let store = match timeout(STORE_PATIENCE, api.store.ping()).await {
        Ok(Ok(())) => "ok".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the store does not answer".to_owned(),
    };
    let ledger = api.ledger.borrow().clone();
    let published = api.live.load_full();
    let snapshot = published.snapshot();
    let rollouts = api.controller.list();
    let files = api.problems.borrow().clone();
    let around = rollouts
        .iter()
        .flat_map(|view| view.problems.iter().map(|problem| format!("rollout `{}`: {problem}", view.plan.name)));
    let problems = files.iter().map(ToString::to_string).chain(around);
    let count = rollouts.iter().map(|view| view.problems.len()).fold(files.len(), usize::saturating_add);
    let bucketing = match snapshot.bucketing() {
        Bucketing::V2 => "v2",
        Bucketing::V3 => "v3",
    };
    let mut text = String::new();
    for (name, value) in [
        ("generation", snapshot.generation().to_string()),
        ("flags", snapshot.len().to_string()),
        ("bucketing", bucketing.to_owned()),
        ("rollouts", rollouts.len().to_string()),
        ("store", store),
        ("ledger", ledger),
        ("problems", count.to_string()),
    ] {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    }
    for problem in problems.take(MOST_PROBLEMS) {
        let _ = writeln!(text, "  {problem}");
    }
    if let Some(more) = count.checked_sub(MOST_PROBLEMS).filter(|more| *more > 0) {
        let _ = writeln!(text, "  and {more} more");
    }
    text
}
