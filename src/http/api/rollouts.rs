//! Rollouts: listed, shown, applied, told what to do.

use super::access::{content_type, is_json, is_plan_with_files, is_yaml};
use super::body::{self, Payload, PlanPayload};
use super::{Api, render, wire};
use crate::controller::{ApplyError, CommandError, Controller, Outcome, Verb};
use crate::http::ApiError;
use crate::rollout::Attachments;
use crate::source::{Format, suggest};
use crate::store::{Origin, PlanSource};
use crate::units::RolloutName;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde::Deserialize;

/// Who is named in the ledger when a request names nobody.
const NOBODY: &str = "api";

/// The longest that somebody may call themselves, and explain themselves.
const LONGEST_NAME: usize = 200;
const LONGEST_REASON: usize = 2_000;

pub(super) async fn list(State(api): State<Api>) -> Json<wire::Rollouts> {
    Json(wire::Rollouts { rollouts: api.controller.list().iter().map(render::rollout).collect() })
}

pub(super) async fn get(
    State(api): State<Api>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<wire::Rollout>, ApiError> {
    let Path(name) = name?;
    let view = api.controller.get(&name).ok_or_else(|| unknown(&api.controller, &name))?;
    Ok(Json(render::rollout(&view)))
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
    let applied = api.controller.apply(plan_source(content_type(&headers), body)?, by).await?;
    let (status, change) = match applied.outcome {
        Outcome::Created => (StatusCode::CREATED, wire::Change::Created),
        Outcome::Updated => (StatusCode::OK, wire::Change::Updated),
        Outcome::Unchanged => (StatusCode::OK, wire::Change::Unchanged),
    };
    Ok((
        status,
        Json(wire::Applied { change, rollout: render::rollout(&applied.view), difference: applied.difference }),
    ))
}

/// The plan in a body: by itself, or with the files that it names.
fn plan_source(kind: Option<&str>, body: Bytes) -> Result<PlanSource, ApiError> {
    let format = match kind {
        Some(kind) if is_plan_with_files(kind) => return body::json(&body).map(with_files),
        Some(kind) if is_json(kind) => Format::Json,
        Some(kind) if is_yaml(kind) => Format::Yaml,
        _ => return Err(ApiError::WrongContentType { expected: "application/json or application/yaml" }),
    };
    let text = String::from_utf8(body.into()).map_err(|_| ApiError::malformed("the body is not UTF-8"))?;
    Ok(PlanSource { text, format, origin: Origin::Api, attachments: Attachments::none(), revision: 1 })
}

fn with_files(sent: wire::PlanWithFiles) -> PlanSource {
    let format = match sent.format {
        wire::PlanFormat::Yaml => Format::Yaml,
        wire::PlanFormat::Json => Format::Json,
    };
    let mut attachments = Attachments::none();
    sent.files.into_iter().for_each(|(name, text)| attachments.add(&name, text));
    PlanSource { text: sent.plan, format, origin: Origin::Api, attachments, revision: 1 }
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
    if order.reason.as_ref().is_some_and(|reason| reason.len() > LONGEST_REASON) {
        return Err(ApiError::malformed(format!("`reason` is longer than {LONGEST_REASON} bytes")));
    }
    let by = named(order.by)?;
    let known = RolloutName::new(&name).map_err(|_| unknown(&api.controller, &name))?;
    match api.controller.command(&known, verb, by, order.reason).await {
        Ok(view) => Ok(Json(render::rollout(&view))),
        Err(CommandError::Unknown(name)) => Err(unknown(&api.controller, name.as_str())),
        Err(error) => Err(error.into()),
    }
}

fn named(by: Option<String>) -> Result<String, ApiError> {
    match by {
        None => Ok(NOBODY.to_owned()),
        Some(by) if by.is_empty() || by.len() > LONGEST_NAME || by.chars().any(char::is_control) => {
            Err(ApiError::malformed(format!("`by` must be a name of at most {LONGEST_NAME} bytes")))
        }
        Some(by) => Ok(by),
    }
}

/// No rollout of that name, and which one may have been meant.
pub(super) fn unknown(controller: &Controller, name: &str) -> ApiError {
    ApiError::not_found(format!("there is no rollout `{name}`"), similar(controller, name))
}

/// Which rollout may have been meant.
pub(super) fn similar(controller: &Controller, name: &str) -> Option<String> {
    let known: Vec<String> = controller.list().iter().map(|view| view.plan.name.to_string()).collect();
    suggest(name, known.iter().map(String::as_str)).or_else(|| match known.as_slice() {
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

impl From<ApplyError> for ApiError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Invalid(problems) => Self::Invalid { message: "the rollout is not valid".to_owned(), problems },
            ApplyError::Refused(why) => Self::Refused(why),
            ApplyError::Unavailable(why) => Self::Unavailable(why),
        }
    }
}
