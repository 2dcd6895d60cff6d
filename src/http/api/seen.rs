//! What was posted of a rollout's variants since its wave began.

use super::{Api, render, rollouts, wire};
use crate::controller::View;
use crate::http::ApiError;
use crate::measure::{Seen, SeenUsers};
use crate::rollout::State as Standing;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};

pub(super) async fn of_rollout(
    State(api): State<Api>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<wire::SeenOutcomes>, ApiError> {
    let Path(name) = name?;
    let view = api.controller.get(&name).ok_or_else(|| rollouts::unknown(&api.controller, &name))?;
    since_entered(&api, &view).map(Json)
}

/// What was posted since its wave began.
///
/// # Errors
/// Where it is in none, or where there is no room to count.
pub(super) fn since_entered(api: &Api, view: &View) -> Result<wire::SeenOutcomes, ApiError> {
    let since = match &view.state {
        Standing::Running(stage) | Standing::Paused { stage, .. } | Standing::Watching(stage) => stage.entered,
        Standing::Pending { .. } | Standing::Completed { .. } | Standing::RolledBack { .. } => {
            let name = &view.plan.name;
            return Err(ApiError::Refused(format!("{name} is in no wave: outcomes are added up since one began")));
        }
    };
    let seen = api.outcomes.seen(&view.plan, since, api.clock.now());
    let full = || ApiError::Unavailable("too many other flags and variants are counted".to_owned());
    let [candidate, stable] = seen.ok_or_else(full)?.map(variant);
    Ok(wire::SeenOutcomes { since: render::time(since), candidate, stable })
}

fn variant(seen: Seen) -> wire::SeenVariant {
    let Seen { variant, outcomes, errors, keyed, users, latency, values, exposed } = seen;
    let SeenUsers { users, failed, part } = users;
    wire::SeenVariant {
        variant: variant.to_string(),
        outcomes,
        errors,
        keyed,
        users: wire::SeenUsers { users, failed, of_million: part },
        latency: latency.map(|[p50, p95, p99]| wire::SeenLatency { p50, p95, p99 }),
        values: values.map(|(count, mean, variance)| wire::SeenValues { count, mean, variance }),
        exposed: exposed.map(|(times, SeenUsers { users, failed: _, part })| wire::SeenExposures {
            times,
            users,
            of_million: part,
        }),
    }
}
