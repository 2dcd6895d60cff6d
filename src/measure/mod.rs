//! Where metrics come from: what applications post themselves, and systems outside.
//!
//! Every answer is an [`analysis::Reading`](crate::analysis::Reading) in its quantity's base unit, or both groups
//! in a form in which they can be compared ([`analysis::Compared`](crate::analysis::Compared)), or the reason why
//! there is none. Nothing here decides anything.

mod asked;
mod asking;
mod band;
mod batches;
mod comparison;
mod connections;
mod counted;
mod fetch;
mod firsts;
mod latencies;
mod look;
mod outcome;
mod outcomes;
mod prometheus;
mod providers;
mod ring;
mod series;
mod standing;
mod tally;
mod template;
mod users;
mod values;
mod wire;

pub use asked::asked;
pub use asking::{Asking, LastAnswer};
pub use batches::{BatchId, BatchIdError, Batches, Once};
pub use connections::{
    Address, AddressError, Connection, ConnectionKind, ConnectionSettings, Connections, PrometheusConnection,
};
pub use counted::Counted;
pub use fetch::{Allowance, AllowanceError, Allowances, Answer, Asked, Fetcher, FetcherSettings, Reach};
pub use outcome::{Outcome, User};
pub use outcomes::{FARTHEST_AHEAD, LONGEST_WINDOW, MOST_SERIES, OLDEST, Outcomes, Recorded};
pub use providers::{Providers, Readings, Stretch};
pub use wire::{Batch, ItemProblem, MOST_OUTCOMES, OutcomesError, Place, Served, Written, parse_outcomes};
