//! Prometheus, and what speaks its query API: one number, what counters grew by, or what was, or the reason why there
//! is none.

mod answer;
mod api;
mod counting;
mod growth;
mod past;
mod promql;
mod reading;
mod stride;

pub(super) use counting::compare;
pub(super) use past::past;
pub(super) use promql::{duration, tells_apart};
pub(super) use reading::{question, read};
pub(super) use stride::Strides;
