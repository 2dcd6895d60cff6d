//! Rollouts: the plan, the state, and the pure decision what comes next.

mod alerts;
mod attachments;
mod cause;
mod check;
mod concern;
mod decide;
mod decision;
pub mod document;
mod event;
mod plan;
mod question;
mod stage;
mod state;
mod wait;

pub use attachments::{Attachment, Attachments, LONGEST_ATTACHMENT, MOST_ATTACHED};
pub use cause::Cause;
pub use concern::{Bearing, Concern, bearing, concern};
pub use decide::{decide, describe, standing_waits};
pub use decision::{Change, Closing, Decision, Effect, Finding, List, Opening, Refusal};
#[cfg(feature = "server")]
pub use document::json_schema;
pub use document::{check_against, lower, named_files, salvage_closing};
pub use event::{Beginning, Event, Evidence};
pub use plan::{After, Better, Measure, Metric, MetricSource, NoDataPolicy, NoDataThen, Plan, Role, Since, Unit, Wave};
pub use question::{Arm, Over, Question, Split, Versus};
pub use stage::{check_interval, exposure, next_check_in, overlay};
pub use state::{Check, Stage, Standing, State};
pub use wait::{Wait, sentence};
