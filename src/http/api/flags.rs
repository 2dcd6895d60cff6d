//! Flags as the evaluators serve them: from the live snapshot, never from the files.

use super::body::Payload;
use super::{Api, render, wire};
use crate::eval::{Context, Flag, Snapshot};
use crate::flag::{FlagState, Gate, Overlay, Part};
use crate::http::ApiError;
use crate::source::suggest;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderName, header};

pub(super) async fn list(State(api): State<Api>) -> Json<wire::Flags> {
    let published = api.live.load_full();
    let flags = published.snapshot().flags().map(summary).collect();
    let (problems, more_problems) = render::problems(&api.problems.borrow());
    Json(wire::Flags { flags, problems, more_problems })
}

pub(super) async fn get(
    State(api): State<Api>,
    key: Result<Path<String>, PathRejection>,
) -> Result<Json<wire::FlagDetail>, ApiError> {
    let Path(key) = key?;
    let published = api.live.load_full();
    let flag = known(published.snapshot(), &key)?;
    let variants = flag.definition().map_or(&[][..], |definition| &definition.variants);
    let values = variants.iter().map(|variant| wire::VariantValue {
        variant: variant.name.to_string(),
        // A definition's values are JSON by construction.
        value: serde_json::from_str(&variant.value.to_json()).unwrap_or_default(),
    });
    Ok(Json(wire::FlagDetail { flag: summary(flag), values: values.collect(), overlay: flag.overlay().map(overlay) }))
}

/// The same bytes as the evaluation door's. A flag that fails was evaluated all the same: the failure
/// is the answer.
pub(super) async fn evaluate(
    State(api): State<Api>,
    key: Result<Path<String>, PathRejection>,
    body: Payload,
) -> Result<([(HeaderName, &'static str); 1], Vec<u8>), ApiError> {
    let Path(key) = key?;
    let context = Context::from_ofrep_body(&body.0).map_err(|error| ApiError::malformed(error.to_string()))?;
    let published = api.live.load_full();
    let flag = known(published.snapshot(), &key)?;
    let mut answer = Vec::new();
    flag.resolve(&context.at(api.clock.now().get().div_euclid(1_000))).write_ofrep(&mut answer);
    Ok(([(header::CONTENT_TYPE, "application/json")], answer))
}

/// As [`evaluate`], with how the answer came about.
pub(super) async fn explain(
    State(api): State<Api>,
    key: Result<Path<String>, PathRejection>,
    body: Payload,
) -> Result<Json<wire::Explanation>, ApiError> {
    let Path(key) = key?;
    let context = Context::from_ofrep_body(&body.0).map_err(|error| ApiError::malformed(error.to_string()))?;
    let published = api.live.load_full();
    let flag = known(published.snapshot(), &key)?;
    let explained = flag.explain(&context.at(api.clock.now().get().div_euclid(1_000)));
    let rollout = flag.overlay().map(|overlay| {
        let name = overlay.rollout.as_str();
        render::standing_of(name, api.controller.get(name).as_ref())
    });
    Ok(Json(wire::Explanation::new(&explained, rollout)))
}

fn known<'s>(snapshot: &'s Snapshot, key: &str) -> Result<Flag<'s>, ApiError> {
    snapshot.flag(key).ok_or_else(|| {
        let hint = suggest(key, snapshot.flags().map(Flag::key));
        ApiError::not_found(format!("there is no flag `{key}`"), hint)
    })
}

fn summary(flag: Flag<'_>) -> wire::Flag {
    let definition = flag.definition();
    let state = match definition.map(|definition| definition.state) {
        Some(FlagState::Enabled) => "enabled",
        Some(FlagState::Disabled) => "disabled",
        None => "broken",
    };
    let default = definition.and_then(|definition| definition.variants.get(definition.default_variant?));
    wire::Flag {
        key: flag.key().to_owned(),
        state: state.to_owned(),
        variants: flag.variants().map(str::to_owned).collect(),
        default_variant: default.map(|variant| variant.name.to_string()),
        file: definition.map(|definition| definition.file.to_string()),
        line: definition.map(|definition| definition.line()),
        exposure: flag.overlay().map(|overlay| match &overlay.gate {
            Gate::Open(share) => share.parts.newest().to_string(),
            Gate::Closed => "closed".to_owned(),
        }),
        rollout: flag.overlay().map(|overlay| overlay.rollout.to_string()),
        broken: flag.broken().map(str::to_owned),
    }
}

fn overlay(overlay: &Overlay) -> wire::Overlay {
    let share = match &overlay.gate {
        Gate::Open(share) => Some(share),
        Gate::Closed => None,
    };
    wire::Overlay {
        rollout: overlay.rollout.to_string(),
        candidate: overlay.candidate.to_string(),
        stable: overlay.stable.to_string(),
        closed: share.is_none(),
        exposure: share.map(|share| share.parts.newest().to_string()),
        bucket_by: share.map(|share| share.bucket_by.to_string()),
        salt: share.map(|share| share.salt.to_string()),
        layer: share.and_then(|share| share.layer.as_ref()).map(render::layer),
        audience: share.is_some_and(|share| !share.parts.are_for_everybody()),
        parts: share.map(|share| share.parts.as_slice().iter().map(part).collect()).unwrap_or_default(),
    }
}

fn part(part: &Part) -> wire::SharePart {
    wire::SharePart {
        wave: part.step.saturating_add(1),
        exposure: part.exposure.to_string(),
        audience: part.audience.is_some(),
    }
}
