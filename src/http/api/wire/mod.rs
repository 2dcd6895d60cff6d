//! What goes over the wire of the control door, as the server writes it and the command line reads it: a file for each
//! kind of answer.

mod applied;
mod event;
mod explanation;
mod failure;
mod flag;
mod history;
mod left_out;
mod metric;
mod outcome;
mod rollout;
mod rollout_explanation;
mod seen;
mod train;
mod trigger;

pub use applied::{Applied, Change, Order, PLAN_WITH_FILES, PlanFormat, PlanWithFiles};
pub use event::{Event, EventNotCounted, EventsPosted};
pub use explanation::{Explanation, Standing};
pub use failure::{Failure, FailureDetail, Problem};
pub use flag::{Flag, FlagDetail, Flags, Overlay, SharePart, VariantValue};
pub use history::{History, HistoryEntry};
pub use metric::{MetricAsked, MetricsTested};
pub use outcome::Accepted;
pub use rollout::{Asked, Finding, Layer, Origin, Reading, Rollout, Rollouts, State, Wait, Wave};
pub use rollout_explanation::{
    BudgetLeft, BurnWindow, Check, Closer, MetricFacts, Need, NextStep, Part, RolloutExplanation, Silence, UserPlace,
    UserSplit,
};
pub use seen::{SeenExposures, SeenLatency, SeenOutcomes, SeenUsers, SeenValues, SeenVariant};
pub use train::{Ride, Train, TrainApplied, TrainMember, TrainOrder, TrainState, Trains};
pub use trigger::{
    FiringAlert, LastPost, MayClose, Probe, TriggerProblem, TriggerSource, TriggerSources, Triggered, UnknownName,
};
