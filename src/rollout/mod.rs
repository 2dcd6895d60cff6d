//! Rollouts: the plan, the state, and the pure decision what comes next.

mod advance;
mod alerts;
mod ask;
mod attachments;
mod cause;
mod check;
mod concern;
mod decide;
mod decision;
pub mod document;
mod event;
pub mod explain;
mod heard;
mod memory;
mod overlay;
mod plan;
mod posting;
mod question;
mod reach;
mod revision;
mod share;
mod stage;
mod start;
mod state;
mod telemetry;
pub mod train;
mod wait;

pub use crate::analysis::statistics::Better;
pub use crate::flag::Layer;
pub use ask::{
    Aggregator, Ask, AskCloudWatch, AskDatadog, AskExec, AskGraphite, AskInflux, AskPrometheus, AskWeb, Figure,
    InfluxLanguage, PromQl, Query, Statistic, WebBody, WebMethod,
};
pub use attachments::{Attachment, Attachments, LONGEST_ATTACHMENT, MOST_ATTACHED};
pub use cause::Cause;
pub use concern::{Bearing, Concern, bearing, concern};
pub use decide::{decide, describe, standing_waits, step_back_again};
pub use decision::{Change, Closing, Decision, Effect, Finding, Narrowing, Opening, Refusal};
pub use document::{check_against, lower, lower_kept, lower_train, named_files, salvage_closing};
#[cfg(feature = "server")]
pub use document::{json_schema, plan_json_schema, train_json_schema};
pub use event::{Beginning, Event, Evidence};
pub use heard::{HEARD_WITHIN, Heard};
pub use memory::{
    Asked, Cost, Mean, Memory, Posted, PostedEvent, Ratio, TrailKey, counted_events, counts_event, largest_safe_next,
    posted_counts, questions, questions_at_start,
};
pub use overlay::{closing_overlay, exposure, overlay};
pub use plan::{
    After, Budget, Clause, Exposures, List, Measure, Metric, MetricSource, NoDataPolicy, NoDataThen, Plan, RetrySalt,
    Role, Since, Unit, Wave,
};
pub use posting::{Reported, post};
pub use question::{Arm, Over, Question, Split, Versus};
pub use revision::may_revise;
pub use share::{Reach, reach};
pub use stage::{check_interval, next_check_in};
pub use state::{Check, Stage, Standing, State};
pub use telemetry::{AttributeTest, Expected, SpanKind, Telemetry, TelemetrySource};
pub use wait::{Wait, sentence};
