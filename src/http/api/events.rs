//! Events that people and systems post for rollouts to count.

use super::body::Payload;
use super::{Api, posted, rollouts, wire};
use crate::controller::Addressee;
use crate::eval::Flag;
use crate::http::ApiError;
use crate::source::suggest;
use crate::units::RolloutName;
use axum::Json;
use axum::extract::State;
use std::collections::BTreeSet;

/// Answers 200 only once all of it is durable. Whoever hears something else sends the same again.
pub(super) async fn post(State(api): State<Api>, body: Payload) -> Result<Json<wire::EventsPosted>, ApiError> {
    let postings = posted::parse(&body.0)?;
    for (item, posting) in postings.iter().enumerate() {
        known(&api, item, &posting.to)?;
    }
    let answer = api.controller.post(&postings).await?;
    let names = |names: &BTreeSet<RolloutName>| names.iter().map(ToString::to_string).collect();
    let not_counted = answer.not_counted.into_iter().filter_map(|none| {
        let event = postings.get(none.item)?.event.name.clone();
        Some(wire::EventNotCounted { item: none.item, event, why: none.why, hint: none.hint })
    });
    Ok(Json(wire::EventsPosted {
        closed: names(&answer.closed),
        already_closed: names(&answer.already_closed),
        counted: names(&answer.counted),
        repeated: names(&answer.repeated),
        not_counted: not_counted.collect(),
    }))
}

/// Refuses what is for a rollout or a flag that does not exist: dropped, it would be missed by nobody.
fn known(api: &Api, item: usize, to: &Addressee) -> Result<(), ApiError> {
    let (message, hint) = match to {
        Addressee::Rollout(name) if api.controller.get(name.as_str()).is_none() => {
            let hint = rollouts::similar(&api.controller, name.as_str());
            (format!("`rollout`: there is no rollout `{name}`"), hint)
        }
        Addressee::Flag(key) => {
            let published = api.live.load_full();
            let snapshot = published.snapshot();
            if snapshot.flag(key.as_str()).is_some() {
                return Ok(());
            }
            let hint = suggest(key.as_str(), snapshot.flags().map(Flag::key));
            (format!("`flag`: there is no flag `{key}`"), hint)
        }
        Addressee::Rollout(_) | Addressee::All => return Ok(()),
    };
    Err(ApiError::not_found(format!("nothing was recorded: item {item}, {message}"), hint))
}
