//! Where metrics come from: what applications post themselves, and Prometheus.
//!
//! Every answer is an [`analysis::Reading`](crate::analysis::Reading) in its quantity's base unit, or both groups
//! in a form in which they can be compared ([`analysis::Compared`](crate::analysis::Compared)), or the reason why
//! there is none. Nothing here decides anything.

mod band;
mod batches;
mod bytes;
mod comparison;
mod exposed;
mod firsts;
mod keeping;
mod latencies;
mod look;
mod outcome;
mod outcomes;
mod prometheus;
mod providers;
mod ring;
mod seen;
mod series;
mod standing;
mod tally;
mod template;
mod users;
mod values;
mod wire;

pub use crate::units::User;
pub use batches::{BatchId, BatchIdError, Batches, Once};
pub use keeping::{Kept, KeptBatch, KeptPart, KeptRing};
pub use outcome::Outcome;
pub use outcomes::{FARTHEST_AHEAD, LONGEST_WINDOW, MOST_SERIES, OLDEST, Outcomes, Recorded};
pub use prometheus::{Address, AddressError, Prometheus, PrometheusSettings};
pub use providers::{Providers, Readings};
pub use seen::{Seen, SeenUsers};
pub use template::fill;
pub use wire::{Batch, ItemProblem, MOST_OUTCOMES, OutcomesError, Place, Served, Written, parse_outcomes};
