//! The Datadog provider: scalar and timeseries queries.

mod answer;
mod question;
mod reading;

pub(super) use reading::{past, question, read, tells_apart};
