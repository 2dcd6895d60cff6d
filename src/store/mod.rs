//! What must outlive the process: rollouts with their states, the ledger, and the outbox. The rest of
//! the program knows the port; a database stands behind it.

mod change;
mod encoding;
mod error;
pub mod journal;
mod ledger;
mod outbox;
mod outcomes;
mod port;
mod record;
pub mod sqlite;

pub use change::{Change, Entry, Message};
pub use encoding::{DecodeError, Stored};
pub use error::{CommitError, StoreError};
pub use ledger::{Flaw, LedgerCheck, LedgerRow};
pub use outbox::OutboxRow;
pub use outcomes::{OutcomeStore, ServedBefore};
pub use port::Store;
pub use record::{Origin, PlanSource, Record};
