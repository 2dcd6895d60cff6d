//! Where metrics come from: what applications post themselves, and systems outside.
//!
//! Every answer is an [`analysis::Reading`](crate::analysis::Reading) in its quantity's base unit, or both groups
//! in a form in which they can be compared ([`analysis::Compared`](crate::analysis::Compared)), or the reason why
//! there is none. Nothing here decides anything.

mod asked;
mod asking;
mod band;
mod batches;
mod bytes;
mod cloudwatch;
mod comparison;
mod connections;
mod counted;
mod datadog;
mod exec;
mod exposed;
mod fetch;
mod firsts;
mod graphite;
mod hint;
mod influx;
mod judge;
mod keeping;
mod latencies;
mod look;
mod outcome;
mod outcomes;
mod picked;
mod prometheus;
mod providers;
mod refusal;
mod ring;
mod seen;
mod series;
mod standing;
mod tally;
mod template;
mod tried;
mod users;
mod values;
mod web;
mod wire;
mod written;

pub use crate::units::User;
pub use asked::asked;
pub use asking::{Asking, LastAnswer};
pub use batches::{BatchId, BatchIdError, Batches, Once};
pub use cloudwatch::{AwsPlaces, CloudWatchConnection};
pub use connections::{
    Address, AddressError, Connection, ConnectionKind, ConnectionSettings, Connections, PrometheusConnection,
};
pub use counted::Counted;
pub use exec::{AllowedCommand, ExecConnection};
pub use fetch::{Allowance, AllowanceError, Allowances, Answer, Asked, Fetcher, FetcherSettings, Reach};
pub use graphite::GraphiteConnection;
pub use hint::hint;
pub use influx::InfluxConnection;
pub use keeping::{Kept, KeptBatch, KeptPart, KeptRing};
pub use outcome::Outcome;
pub use outcomes::{FARTHEST_AHEAD, LONGEST_WINDOW, MOST_SERIES, OLDEST, Outcomes, Recorded};
pub use providers::{Providers, Readings, Stretch};
pub use seen::{Seen, SeenUsers};
pub use tried::{Tried, try_queries};
pub use web::WebConnection;
pub use wire::{Batch, ItemProblem, MOST_OUTCOMES, OutcomesError, Place, Served, Written, parse_outcomes};
