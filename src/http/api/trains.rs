//! Trains: listed, shown, applied, told what to do.

use super::body::{Payload, PlanPayload};
use super::ordered::{explained, named};
use super::plan_body::{Kind, not_applied, plan_source};
use super::{Api, train_render, wire};
use crate::controller::{Controller, Outcome, TrainVerb};
use crate::http::ApiError;
use crate::rollout::Attachments;
use crate::source::suggest;
use crate::units::RolloutName;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The most rollouts that one order names: as many as a train has at most.
const MOST_NAMED: usize = 100;

pub(super) async fn list(State(api): State<Api>) -> Json<wire::Trains> {
    let line = |view| wire::Train { plan: None, ..train_render::train(view) };
    Json(wire::Trains { trains: api.controller.trains().iter().map(line).collect() })
}

pub(super) async fn get(
    State(api): State<Api>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<wire::Train>, ApiError> {
    let Path(name) = name?;
    let view = api.controller.train(&name).ok_or_else(|| unknown(&api.controller, &name))?;
    Ok(Json(train_render::train(&view)))
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
) -> Result<(StatusCode, Json<wire::TrainApplied>), ApiError> {
    let by = named(query?.0.by)?;
    let mut source = plan_source(&headers, body)?;
    // A train names no files: what was sent along is not kept with it.
    source.attachments = Attachments::none();
    let (text, format) = (source.text.clone(), source.format);
    let applied = api.controller.apply_train_text(source, by).await;
    let applied = applied.map_err(|error| not_applied(error, Kind::Train, &text, format))?;
    let (status, change) = match applied.outcome {
        Outcome::Created => (StatusCode::CREATED, wire::Change::Created),
        Outcome::Updated => (StatusCode::OK, wire::Change::Updated),
        Outcome::Unchanged => (StatusCode::OK, wire::Change::Unchanged),
    };
    let train = train_render::train(&applied.view);
    Ok((status, Json(wire::TrainApplied { change, train, difference: applied.difference })))
}

pub(super) async fn command(
    State(api): State<Api>,
    path: Result<Path<(String, String)>, PathRejection>,
    body: Payload,
) -> Result<Json<wire::Train>, ApiError> {
    let Path((name, word)) = path?;
    let verb = TrainVerb::parse(&word).ok_or_else(|| {
        let hint = suggest(&word, TrainVerb::ALL.map(TrainVerb::as_str));
        ApiError::not_found(format!("a train cannot be told to `{word}`"), hint)
    })?;
    let order: wire::TrainOrder = body.json_or_default()?;
    let (reason, by) = (explained(order.reason)?, named(order.by)?);
    let rollouts = chosen(order.rollouts)?;
    // Trains are never taken away, so that one that is known stays so.
    let known = RolloutName::new(&name).ok().filter(|name| api.controller.train(name.as_str()).is_some());
    let known = known.ok_or_else(|| unknown(&api.controller, &name))?;
    let view = api.controller.command_train(&known, verb, by, reason, rollouts).await?;
    Ok(Json(train_render::train(&view)))
}

/// The rollouts that are named; none stands for all. An empty list says neither.
fn chosen(rollouts: Option<Vec<String>>) -> Result<BTreeSet<RolloutName>, ApiError> {
    let Some(rollouts) = rollouts else { return Ok(BTreeSet::new()) };
    if rollouts.is_empty() {
        return Err(ApiError::Malformed {
            message: "`rollouts` names none".to_owned(),
            hint: Some("leave it out to mean the whole train".to_owned()),
        });
    }
    if rollouts.len() > MOST_NAMED {
        return Err(ApiError::malformed(format!("`rollouts` names {}, and at most {MOST_NAMED}", rollouts.len())));
    }
    let named = |(index, name): (usize, String)| {
        RolloutName::new(&name).map_err(|why| ApiError::malformed(format!("`rollouts[{index}]`: {why}")))
    };
    rollouts.into_iter().enumerate().map(named).collect()
}

/// No train of that name, and which one may have been meant.
pub(super) fn unknown(controller: &Controller, name: &str) -> ApiError {
    let known: Vec<String> = controller.trains().iter().map(|view| view.train.name.to_string()).collect();
    let hint = match controller.get(name) {
        Some(_) => format!("`{name}` is a rollout: `tidegate rollout get {name}`"),
        None => suggest(name, known.iter().map(String::as_str)).unwrap_or_else(|| match known.as_slice() {
            [] => "there are none yet".to_owned(),
            _ => "`tidegate train list` shows all".to_owned(),
        }),
    };
    ApiError::not_found(format!("there is no train `{name}`"), Some(hint))
}
