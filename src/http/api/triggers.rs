//! Pushes from outside that close.

use super::body::Payload;
use super::{Api, alertmanager, wire};
use crate::http::ApiError;
use crate::units::RolloutName;
use axum::Json;
use axum::extract::State;

/// Answers 200 only once every closing is durable: what fails is sent again by Alertmanager.
pub(super) async fn alertmanager(State(api): State<Api>, body: Payload) -> Result<Json<wire::Triggered>, ApiError> {
    let notification = alertmanager::parse(&body.0).map_err(ApiError::malformed)?;
    if notification.left_out > 0 {
        let left_out = notification.left_out;
        tracing::warn!(left_out, "Alertmanager left alerts out of its notification; raise `max_alerts`");
    }
    let answer = api.controller.alert(&notification.firing, &notification.resolved).await?;
    let names = |names: &[RolloutName]| names.iter().map(ToString::to_string).collect();
    Ok(Json(wire::Triggered {
        closed: names(&answer.closed),
        concerned: names(&answer.concerned),
        already_closed: names(&answer.already_closed),
    }))
}
