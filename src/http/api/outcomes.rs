//! Outcomes that applications post.

use super::body::Payload;
use super::{Api, wire};
use crate::eval::{Context, Flag, Snapshot};
use crate::flag::{Expression, Gate};
use crate::http::ApiError;
use crate::measure::{Outcome, parse_outcomes};
use crate::source::suggest;
use crate::telemetry::OutcomeResult;
use crate::units::{FlagKey, VariantName};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

pub(super) async fn record(
    State(api): State<Api>,
    body: Payload,
) -> Result<(StatusCode, Json<wire::Accepted>), ApiError> {
    let now = api.clock.now();
    let published = api.live.load_full();
    let snapshot = published.snapshot();
    let unix_seconds = now.get().div_euclid(1_000);
    let served = |flag: &FlagKey, targeting_key: &str| served(snapshot, flag, targeting_key, unix_seconds);
    let batch = parse_outcomes(&body.0, served).map_err(|error| ApiError::malformed(error.to_string()))?;
    known(snapshot, &batch.outcomes)?;
    let recorded = api.outcomes.record(&batch.outcomes, now);
    api.metrics.outcomes(OutcomeResult::Accepted, recorded.kept);
    api.metrics.outcomes(OutcomeResult::Refused, recorded.dropped);
    Ok((StatusCode::ACCEPTED, Json(wire::Accepted { accepted: recorded.kept, dropped: recorded.dropped })))
}

/// The variant that a user is served now, where the targeting key alone decides it.
pub(super) fn served(
    snapshot: &Snapshot,
    flag: &FlagKey,
    targeting_key: &str,
    unix_seconds: i64,
) -> Option<VariantName> {
    let flag = snapshot.flag(flag.as_str()).filter(|flag| decided_by_key(*flag))?;
    let context = Context::of(targeting_key).at(unix_seconds);
    VariantName::new(flag.resolve(&context).variant()?).ok()
}

/// Whether the answer needs no more of a context than the targeting key. Where it does, guessing would
/// count the candidate's failures as the stable variant's.
fn decided_by_key(flag: Flag<'_>) -> bool {
    let only_key = |rule: &Expression| rule.looks_only_at("targetingKey");
    let ruled = flag.definition().and_then(|definition| definition.targeting.as_ref()).is_none_or(only_key);
    let shared = match flag.overlay().map(|overlay| &overlay.gate) {
        None | Some(Gate::Closed) => true,
        Some(Gate::Open(share)) => {
            let audiences = share.parts.as_slice().iter().filter_map(|part| part.audience.as_deref());
            &*share.bucket_by == "targetingKey" && audiences.into_iter().all(only_key)
        }
    };
    ruled && shared
}

/// Refuses a batch with flags or variants that do not exist: counted, they would be missed by nobody.
fn known(snapshot: &Snapshot, outcomes: &[Outcome]) -> Result<(), ApiError> {
    for (index, outcome) in outcomes.iter().enumerate() {
        let Some(flag) = snapshot.flag(outcome.flag.as_str()) else {
            let hint = suggest(outcome.flag.as_str(), snapshot.flags().map(Flag::key));
            let message = format!("nothing was recorded: item {index}, `flag`: there is no flag `{}`", outcome.flag);
            return Err(ApiError::Malformed { message, hint });
        };
        if !flag.variants().any(|name| name == outcome.variant.as_str()) {
            let hint = suggest(outcome.variant.as_str(), flag.variants());
            let message = format!(
                "nothing was recorded: item {index}, `variant`: `{}` has no variant `{}`",
                outcome.flag, outcome.variant
            );
            return Err(ApiError::Malformed { message, hint });
        }
    }
    Ok(())
}
