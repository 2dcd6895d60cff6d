//! The store in one SQLite database: embedded, for one process.

mod commit;
mod directory;
mod ledger;
mod open;
mod outbox;
mod outcomes;
mod plan_files;
mod rollouts;
mod store;

pub use directory::DATABASE;
pub use open::{ephemeral, open};
pub use store::SqliteStore;
