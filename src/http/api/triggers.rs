//! Pushes from outside that close.

use super::body::Payload;
use super::trigger_render::{answer, source};
use super::{Api, wire};
use crate::http::ApiError;
use crate::source::suggest;
use crate::triggers::{Desk, Refused};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest as _, Path, Request, State};
use std::sync::Arc;

/// Answers 200 only once every closing is durable. Whoever hears 503 sends the same again.
pub(super) async fn post(
    State(api): State<Api>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<wire::Triggered>, ApiError> {
    let desk = known(&api, &name?.0)?;
    api.triggers.before_body(&desk, request.headers())?;
    let headers = request.headers().clone();
    let body = Payload::from_request(request, &()).await;
    let body = body.inspect_err(|why| api.triggers.unread(&desk, matches!(why, ApiError::TooLarge { .. })))?.0;
    let done = api.triggers.take(&desk, &headers, &body).await?;
    Ok(Json(answer(done)))
}

pub(super) async fn list(State(api): State<Api>) -> Json<wire::TriggerSources> {
    Json(wire::TriggerSources { sources: api.triggers.desks().map(|desk| source(&api.triggers, desk)).collect() })
}

pub(super) async fn get(
    State(api): State<Api>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<wire::TriggerSource>, ApiError> {
    let desk = known(&api, &name?.0)?;
    Ok(Json(source(&api.triggers, &desk)))
}

fn known(api: &Api, name: &str) -> Result<Arc<Desk>, ApiError> {
    api.triggers.desk(name).cloned().ok_or_else(|| {
        let names = api.triggers.desks().map(|desk| desk.name().as_str());
        let hint = suggest(name, names).unwrap_or_else(|| "name it under `triggers` in the settings file".to_owned());
        let shown = crate::triggers::read::shown(name);
        ApiError::not_found(format!("there is no source of alerts `{shown}`"), Some(hint))
    })
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unproved(why) => Self::Unproved { message: why.to_string(), hint: why.hint() },
            Refused::NotPosted => {
                Self::Refused("this source is a probe of Tidegate's own: nobody posts to it".to_owned())
            }
            Refused::TooMany => {
                Self::Unavailable("the source sends more than its `per_second`: send it again".to_owned())
            }
            Refused::Taken => Self::Refused("this post was taken before: sign anew what is new".to_owned()),
            Refused::BeingTaken => Self::Unavailable("the same post is being taken: send it again".to_owned()),
            Refused::Forgotten => Self::Unavailable(
                "so much was sent that nobody knows whether this post was taken: sign it anew and send it again"
                    .to_owned(),
            ),
            Refused::Malformed(why) => Self::Malformed { message: why.message, hint: why.hint },
            Refused::Unavailable(why) => why.into(),
        }
    }
}
