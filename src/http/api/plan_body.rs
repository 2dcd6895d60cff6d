//! A plan as it comes in: by itself, or with the files that it names.

use super::access::{content_type, is_json, is_plan_with_files, is_yaml};
use super::{body, wire};
use crate::controller::ApplyError;
use crate::http::ApiError;
use crate::rollout::Attachments;
use crate::source::{Format, Node, Problem, Problems, parse};
use crate::store::{Origin, PlanSource};
use axum::http::HeaderMap;
use bytes::Bytes;

/// What a door takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Rollouts.
    Rollout,
    /// Trains.
    Train,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Rollout => "Rollout",
            Self::Train => "Train",
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Rollout => "rollout",
            Self::Train => "train",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Rollout => Self::Train,
            Self::Train => Self::Rollout,
        }
    }
}

/// The plan in a body.
pub(super) fn plan_source(headers: &HeaderMap, body: Bytes) -> Result<PlanSource, ApiError> {
    let format = match content_type(headers) {
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

/// Why a plan was not taken. Of one that stands at the wrong door only that is said.
pub(super) fn not_applied(error: ApplyError, kind: Kind, text: &str, format: Format) -> ApiError {
    match error {
        ApplyError::Invalid(problems) => {
            let problems = misplaced(kind, text, format).map_or(problems, |only| vec![only]);
            ApiError::Invalid { message: format!("the {} is not valid", kind.noun()), problems }
        }
        ApplyError::Refused(why) => ApiError::Refused(why),
        ApplyError::Unavailable(why) => ApiError::Unavailable(why),
    }
}

/// That a document is of the other door's kind.
fn misplaced(kind: Kind, text: &str, format: Format) -> Option<Problem> {
    let parsed = parse("the request", text.as_bytes(), format).ok()?;
    let other = kind.other();
    let written = parsed.documents.first()?.get("kind").filter(|node| Node::as_str(node) == Some(other.word()))?;
    let mut problems = Problems::new(&parsed.text);
    let message = format!("this is a {}, and {}s are applied here", other.noun(), kind.noun());
    let place = format!("post it to /api/v1/{}s, or use `tidegate {} apply`", other.noun(), other.noun());
    problems.add_with_hint(written.span, message, place);
    problems.into_vec().pop()
}
