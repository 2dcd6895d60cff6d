//! A rollout's state, and a train's, as JSON, as the database and the journal keep it. The shapes here are those of
//! what is stored and change only together with a migration; the domain's types are free of them.

mod cause;
mod count_test;
mod memory;
mod stage;
mod state;
#[cfg(test)]
mod tests;
mod train;

pub(super) use cause::CauseRow;
pub(super) use state::DecodeError;

/// What has a place in the store.
pub(super) trait Stored: Sized {
    /// The word for it there.
    const KIND: &'static str;

    /// As JSON.
    fn encode(&self) -> Result<String, serde_json::Error>;

    /// From JSON.
    fn decode(text: &str) -> Result<Self, DecodeError>;
}
