//! Outcomes that applications post.

use super::body::Payload;
use super::{Api, wire};
use crate::eval::{Context, Snapshot, resolve};
use crate::flag::Gate;
use crate::http::ApiError;
use crate::measure::{Outcome, parse_outcomes};
use crate::source::suggest;
use crate::telemetry::OutcomeResult;
use crate::units::{FlagKey, VariantName};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

/// The attribute by which an outcome names its user.
const TARGETING_KEY: &str = "targetingKey";

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

/// The variant that a user with nothing but a targeting key is served now; `None` where a rollout tells its
/// users apart by more than that, for the candidate's failures would be counted as the stable variant's.
fn served(snapshot: &Snapshot, flag: &FlagKey, targeting_key: &str, unix_seconds: i64) -> Option<VariantName> {
    let flag = snapshot.flag(flag.as_str())?;
    let by_key_alone = flag.overlay().is_none_or(|overlay| match &overlay.gate {
        Gate::Open(share) => share.audience.is_none() && &*share.bucket_by == TARGETING_KEY,
        Gate::Closed => true,
    });
    if !by_key_alone {
        return None;
    }
    let context = Context::empty().with(TARGETING_KEY, targeting_key);
    VariantName::new(resolve(flag, &context, unix_seconds).variant()?).ok()
}

/// Refuses a batch with flags or variants that do not exist: counted, they would be missed by nobody.
fn known(snapshot: &Snapshot, outcomes: &[Outcome]) -> Result<(), ApiError> {
    for (index, outcome) in outcomes.iter().enumerate() {
        let Some(flag) = snapshot.flag(outcome.flag.as_str()) else {
            let hint = suggest(outcome.flag.as_str(), snapshot.flags().iter().map(|flag| flag.key()));
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
