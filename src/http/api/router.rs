//! The routes.

use super::{
    Api, access, events, explain, flags, health, history, otlp, outcomes, rollouts, schemas, trains, triggers,
};
use crate::http::ApiError;
use axum::http::Uri;
use axum::routing::{get, post};
use axum::{Extension, Router, middleware};

/// The control door's paths with everything that stands before them.
pub fn router(api: Api) -> Router {
    let guarded = access::Guarded { gate: api.gate.clone(), triggers: api.triggers.clone() };
    Router::new()
        .route("/api/v1/flags", get(flags::list))
        .route("/api/v1/flags/{key}", get(flags::get))
        .route("/api/v1/flags/{key}/evaluate", post(flags::evaluate))
        .route("/api/v1/flags/{key}/explain", post(flags::explain))
        .route("/api/v1/rollouts", get(rollouts::list).post(rollouts::apply))
        .route("/api/v1/rollouts/{name}", get(rollouts::get))
        .route("/api/v1/rollouts/{name}/explain", get(explain::get).post(explain::post))
        .route("/api/v1/rollouts/{name}/{verb}", post(rollouts::command))
        .route("/api/v1/rollouts/{name}/history", get(history::of_one))
        .route("/api/v1/trains", get(trains::list).post(trains::apply))
        .route("/api/v1/trains/{name}", get(trains::get))
        .route("/api/v1/trains/{name}/{verb}", post(trains::command))
        .route("/api/v1/trains/{name}/history", get(history::of_train))
        .route("/api/v1/history", get(history::of_all))
        .route("/api/v1/outcomes", post(outcomes::record))
        .route("/v1/traces", post(otlp::traces))
        .route("/v1/metrics", post(otlp::metrics))
        .route("/api/v1/events", post(events::post))
        .route("/api/v1/triggers", get(triggers::list))
        .route("/api/v1/triggers/{source}", get(triggers::get).post(triggers::post))
        .route("/api/v1/schemas/rollout.json", get(schemas::rollout))
        .route("/api/v1/schemas/train.json", get(schemas::train))
        .route("/api/v1/schemas/plan.json", get(schemas::plan))
        .route("/metrics", get(health::metrics))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .fallback(nothing_there)
        .method_not_allowed_fallback(|| async { ApiError::WrongMethod })
        .layer(Extension(history::LongPolls::new()))
        .layer(middleware::from_fn_with_state(guarded, access::guard))
        .with_state(api)
}

async fn nothing_there(uri: Uri) -> ApiError {
    ApiError::not_found(format!("there is nothing at {}", uri.path()), Some("the API is under /api/v1".to_owned()))
}
