//! `tidegate train`.

mod args;
mod show;
mod verb;

pub(crate) use args::{TrainArgs, run};
pub(crate) use show::line;
