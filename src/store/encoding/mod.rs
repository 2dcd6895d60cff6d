//! A rollout's state as JSON, as the database and the journal keep it. The shapes here are those of
//! what is stored and change only together with a migration; the domain's types are free of them.

mod cause;
mod count_test;
mod memory;
mod stage;
mod state;
#[cfg(test)]
mod tests;

pub(super) use cause::CauseRow;
pub use state::{DecodeError, decode_state, encode_state};
