//! Metrics: asked to see what comes back.

use super::body::PlanPayload;
use super::plan_body::{Kind, not_applied, plan_source};
use super::{Api, render, wire};
use crate::analysis::Reading;
use crate::http::ApiError;
use crate::measure::{Tried, hint};
use crate::rollout::{MetricSource, Plan};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestQuery {
    variant: Option<String>,
}

/// Asks all queries of a plan now. The plan is not taken.
pub(super) async fn test(
    State(api): State<Api>,
    query: Result<Query<TestQuery>, QueryRejection>,
    headers: HeaderMap,
    PlanPayload(body): PlanPayload,
) -> Result<Json<wire::MetricsTested>, ApiError> {
    let variant = query?.0.variant;
    let source = plan_source(&headers, body)?;
    let (text, format) = (source.text.clone(), source.format);
    let tried = api.controller.try_metrics(source, variant.as_deref()).await;
    let (plan, tried) = tried.map_err(|error| not_applied(error, Kind::Rollout, &text, format))?;
    Ok(Json(tested(&plan, &tried)))
}

/// What came of asking a plan's queries, as it goes over the wire.
#[must_use]
pub fn tested(plan: &Plan, tried: &[Tried]) -> wire::MetricsTested {
    let counted = plan.metrics.iter().filter(|(_, metric)| !matches!(metric.source, MetricSource::Query(_)));
    let metrics: Vec<_> = tried.iter().map(asked).collect();
    wire::MetricsTested {
        rollout: plan.name.to_string(),
        data: !metrics.is_empty() && metrics.iter().all(|one| one.data),
        metrics,
        counted: counted.map(|(name, _)| name.to_string()).collect(),
    }
}

fn asked(tried: &Tried) -> wire::MetricAsked {
    let (value, number, samples, why) = match &tried.reading {
        Reading::Value { value, samples, .. } => (tried.quantity.format(*value), Some(*value), *samples, None),
        Reading::NoData(why) => (why.to_string(), None, None, Some(why)),
    };
    wire::MetricAsked {
        metric: tried.metric.to_string(),
        variant: tried.variant.as_ref().map(ToString::to_string),
        provider: tried.provider.to_owned(),
        connection: tried.connection.to_string(),
        query: tried.question.to_string(),
        value,
        number,
        data: why.is_none(),
        kind: why.map(|why| why.kind().as_str().to_owned()),
        hint: why.and_then(|why| hint(why, tried.provider)).map(str::to_owned),
        warning: tried.remark.map(str::to_owned),
        samples,
        took_ms: tried.took.map(render::millis),
    }
}
