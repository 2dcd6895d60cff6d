//! Where metrics come from: what applications post themselves, and Prometheus.
//!
//! Every answer is an [`analysis::Reading`](crate::analysis::Reading) in its quantity's base unit, or both groups
//! in a form in which they can be compared ([`analysis::Compared`](crate::analysis::Compared)), or the reason why
//! there is none. Nothing here decides anything.

mod band;
mod cloudwatch;
mod comparison;
mod datadog;
mod exec;
mod firsts;
mod graphite;
mod influx;
mod judge;
mod latencies;
mod look;
mod message;
mod names;
mod outcome;
mod outcomes;
mod picked;
mod prometheus;
mod providers;
mod ring;
mod series;
mod standing;
mod tally;
mod template;
mod users;
mod values;
mod web;
mod wire;

pub use outcome::{Outcome, User};
pub use outcomes::{LONGEST_WINDOW, MOST_SERIES, Outcomes, Recorded};
pub use prometheus::{Address, AddressError, Prometheus, PrometheusSettings};
pub use providers::{Providers, Readings, Stretch};
pub use template::fill;
pub use wire::{Batch, ItemProblem, MOST_OUTCOMES, OutcomesError, parse_outcomes};
