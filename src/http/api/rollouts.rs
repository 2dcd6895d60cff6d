//! Rollouts: listed, shown, applied, told what to do.

use super::body::{Payload, PlanPayload};
use super::ordered::{explained, named};
use super::plan_body::{Kind, not_applied, plan_source};
use super::{Api, render, wire};
use crate::controller::{CommandError, Controller, Outcome, Verb, View};
use crate::http::ApiError;
use crate::source::suggest;
use crate::units::RolloutName;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;

pub(super) async fn list(State(api): State<Api>) -> Json<wire::Rollouts> {
    // What each condition came to is for whoever asks for one of them.
    let line = |view: &View| wire::Rollout { findings: Vec::new(), ..render::rollout(&api.controller, view) };
    Json(wire::Rollouts { rollouts: api.controller.list().iter().map(line).collect() })
}

pub(super) async fn get(
    State(api): State<Api>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<wire::Rollout>, ApiError> {
    let Path(name) = name?;
    let view = api.controller.get(&name).ok_or_else(|| unknown(&api.controller, &name))?;
    Ok(Json(render::rollout(&api.controller, &view)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplyQuery {
    by: Option<String>,
}

pub(super) async fn apply(
    State(api): State<Api>,
    query: Result<Query<ApplyQuery>, QueryRejection>,
    headers: HeaderMap,
    PlanPayload(body): PlanPayload,
) -> Result<(StatusCode, Json<wire::Applied>), ApiError> {
    let by = named(query?.0.by)?;
    let source = plan_source(&headers, body)?;
    let (text, format) = (source.text.clone(), source.format);
    let applied = api.controller.apply(source, by).await;
    let applied = applied.map_err(|error| not_applied(error, Kind::Rollout, &text, format))?;
    let (status, change) = match applied.outcome {
        Outcome::Created => (StatusCode::CREATED, wire::Change::Created),
        Outcome::Updated => (StatusCode::OK, wire::Change::Updated),
        Outcome::Unchanged => (StatusCode::OK, wire::Change::Unchanged),
    };
    let rollout = render::rollout(&api.controller, &applied.view);
    Ok((status, Json(wire::Applied { change, rollout, difference: applied.difference })))
}

pub(super) async fn command(
    State(api): State<Api>,
    path: Result<Path<(String, String)>, PathRejection>,
    body: Payload,
) -> Result<Json<wire::Rollout>, ApiError> {
    let Path((name, word)) = path?;
    let verb = Verb::parse(&word).ok_or_else(|| {
        let hint = suggest(&word, Verb::ALL.map(Verb::as_str));
        ApiError::not_found(format!("a rollout cannot be told to `{word}`"), hint)
    })?;
    let order: wire::Order = body.json_or_default()?;
    let (reason, by) = (explained(order.reason)?, named(order.by)?);
    let known = RolloutName::new(&name).map_err(|_| unknown(&api.controller, &name))?;
    match api.controller.command(&known, verb, by, reason).await {
        Ok(view) => Ok(Json(render::rollout(&api.controller, &view))),
        Err(CommandError::Unknown(name)) => Err(unknown(&api.controller, name.as_str())),
        Err(error) => Err(error.into()),
    }
}

/// No rollout of that name, and which one may have been meant.
pub(super) fn unknown(controller: &Controller, name: &str) -> ApiError {
    let train = controller.train(name).map(|_| format!("`{name}` is a train: `tidegate train show {name}`"));
    ApiError::not_found(format!("there is no rollout `{name}`"), train.or_else(|| similar(controller, name)))
}

/// Which rollout may have been meant.
pub(super) fn similar(controller: &Controller, name: &str) -> Option<String> {
    let known = controller.names();
    suggest(name, known.iter().map(RolloutName::as_str)).or_else(|| match known.as_slice() {
        [] => Some("there are none yet".to_owned()),
        _ => Some("`tidegate rollout list` shows all".to_owned()),
    })
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Unknown(_) => Self::not_found(error.to_string(), None),
            CommandError::Refused(why) => Self::Refused(why),
            CommandError::Unavailable(why) => Self::Unavailable(why),
        }
    }
}
