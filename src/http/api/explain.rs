//! Rollouts explained, and where a user stands in one.

use super::body::Payload;
use super::rollouts::unknown;
use super::{Api, explain_render, render, seen, wire};
use crate::cohort::{locate, told};
use crate::controller::View;
use crate::eval::Context;
use crate::http::ApiError;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The attribute that says who a request is of.
const TARGETING_KEY: &str = "targetingKey";

/// The most attributes in an address.
const MOST_ATTRIBUTES: usize = 64;

/// `?user=KEY` and attributes of theirs, as texts. What is in an address may be written down on the way: whoever
/// minds sends it as a body.
pub(super) async fn get(
    State(api): State<Api>,
    name: Result<Path<String>, PathRejection>,
    query: Result<Query<BTreeMap<String, String>>, QueryRejection>,
) -> Result<Json<wire::RolloutExplanation>, ApiError> {
    let (Path(name), Query(attributes)) = (name?, query?);
    if attributes.is_empty() {
        return explained(&api, &name, None);
    }
    if attributes.len() > MOST_ATTRIBUTES {
        return Err(ApiError::malformed(format!("more than {MOST_ATTRIBUTES} attributes: send them as a body")));
    }
    let mut context: Map<String, Value> = attributes.into_iter().map(|(name, value)| (name, json!(value))).collect();
    if let Some(user) = context.remove("user") {
        context.insert(TARGETING_KEY.to_owned(), user);
    }
    explained(&api, &name, Some(json!({ "context": context }).to_string().as_bytes()))
}

/// The same with a body as an evaluation has it, `{"context": {...}}`; without one nobody is asked about.
pub(super) async fn post(
    State(api): State<Api>,
    name: Result<Path<String>, PathRejection>,
    body: Payload,
) -> Result<Json<wire::RolloutExplanation>, ApiError> {
    let Path(name) = name?;
    explained(&api, &name, Some(&*body.0).filter(|body| !body.trim_ascii().is_empty()))
}

fn explained(api: &Api, name: &str, asking: Option<&[u8]>) -> Result<Json<wire::RolloutExplanation>, ApiError> {
    let (view, explanation) = api.controller.explain(name).ok_or_else(|| unknown(&api.controller, name))?;
    let rollout = render::rollout(&api.controller, &view);
    let user = asking.map(|body| user(api, &view, body)).transpose()?;
    // Where nothing is counted there is nothing to show, and no place to take from what is.
    let counts = view.plan.counts_outcomes();
    let seen = counts.then(|| seen::since_entered(api, &view).ok()).flatten();
    Ok(Json(explain_render::explanation(rollout, &view.plan, &explanation, seen, user)))
}

/// Where whoever the body is of stands, and what they get now. They are named in the answer and nowhere else.
fn user(api: &Api, view: &View, body: &[u8]) -> Result<wire::UserPlace, ApiError> {
    let context = Context::from_ofrep_body(body).map_err(|error| ApiError::malformed(error.to_string()))?;
    let context = context.at(api.clock.now().get().div_euclid(1_000));
    let published = api.live.load_full();
    let plan = &view.plan;
    let served = published.snapshot().flag(plan.flag.as_str());
    let answer = served.map(|flag| wire::Explanation::new(&flag.explain(&context), None));
    let missing =
        || ApiError::Unavailable(format!("flag {} is not served, so nothing is known of its users", plan.flag));
    let (served, answer) = served.zip(answer).ok_or_else(missing)?;
    let definition = served.definition().ok_or_else(missing)?;
    let cohort = locate(plan, &view.state, definition, published.snapshot().bucketing(), &context);
    let who = who(&plan.bucket_by, body);
    let sentence = format!("{}.", told(plan, &view.state, &cohort, &who));
    Ok(explain_render::user(plan, &cohort, sentence, answer))
}

/// What whoever asks is called: `user ann`, or `company acme` where companies are told apart.
fn who(bucket_by: &str, body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let named = body.get("context").and_then(|context| context.get(bucket_by));
    let what = if bucket_by == TARGETING_KEY { "user" } else { bucket_by };
    match named {
        Some(Value::String(name)) => format!("{what} {}", name.chars().take(200).collect::<String>()),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => format!("{what} {value}"),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => "this user".to_owned(),
    }
}
