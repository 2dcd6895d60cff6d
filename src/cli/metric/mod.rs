//! `tidegate metric`.

mod args;
mod show;
mod test;

pub(crate) use args::{MetricArgs, run};
