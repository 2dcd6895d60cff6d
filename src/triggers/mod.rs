//! Sources of alerts: who may tell of them, how each kind of sender says it, and what becomes of it. Readers are pure;
//! a desk for each source remembers what it needs to tell new from old; what is to be acted on goes to the controller.

mod answer;
mod desk;
mod filter;
mod order;
pub mod probe;
mod proof;
mod rate;
pub mod read;
mod record;
mod replay;
mod signature;
mod source;
mod taking;
mod telling;
mod told;

pub use answer::{Answer, Refused};
pub use desk::{Desk, FiringAlert, Triggers};
pub use filter::Filter;
pub use proof::{PAGERDUTY_SIGNATURE, Proof, SIGNATURE, TIMESTAMP, Unproved};
pub use record::{LastPost, Record, Trouble, Unknown};
pub use signature::Signed;
pub use source::{ALERTMANAGER, Kind, Source, SourceName, USUAL_RATE};
pub use told::{Delivery, Malformed, Standing, Told};
