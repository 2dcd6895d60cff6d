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
pub use state::DecodeError;

/// What has a place in the store.
pub trait Stored: Sized {
    /// The word for it there.
    const KIND: &'static str;

    /// As JSON, as every store and the journal keep it.
    ///
    /// # Errors
    /// Where it has a number that JSON has no word for.
    fn encode(&self) -> Result<String, serde_json::Error>;

    /// From JSON.
    ///
    /// # Errors
    /// When it is not in the stored form.
    fn decode(text: &str) -> Result<Self, DecodeError>;
}
