//! What can be followed.

use super::super::exit::Exit;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tidegate::http::api::wire;

/// Something on the server that goes on by itself and comes to an end.
pub(crate) trait Watched: Serialize + DeserializeOwned {
    /// Where it is in the API, such as `rollouts`.
    const PLACE: &'static str;

    /// How long one question for news stays open: it ends at once when there is a new entry in its history.
    const NEWS: Duration;

    /// On one line.
    fn line(&self) -> String;

    /// All of it.
    fn detail(&self) -> String;

    /// What makes a change worth telling: where it stands and what it waits for, but not how long still.
    fn gist(&self) -> Vec<String>;

    /// How it ended, once it has.
    fn ended(&self) -> Option<Exit>;

    /// Whether nothing goes on without a person.
    fn needs_person(&self) -> bool;
}

/// Where something stands and the kinds of its waits.
pub(crate) fn gist_of(standing: impl IntoIterator<Item = String>, waits: &[wire::Wait]) -> Vec<String> {
    standing.into_iter().chain(waits.iter().map(|wait| wait.kind.clone())).collect()
}
