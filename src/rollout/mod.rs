//! Rollouts: the plan, the state, and the pure decision what comes next.

mod cause;
mod plan;
mod state;

pub use cause::Cause;
pub use plan::{After, Measure, Metric, MetricSource, Plan, Role, Unit, Wave};
pub use state::{Check, Stage, Standing, State};
