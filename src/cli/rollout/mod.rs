//! `tidegate rollout`.

mod args;
mod event;
mod explain;
mod rehearse;
mod show;
mod simulate;
mod verb;

pub(crate) use args::{RolloutArgs, run};
pub(crate) use show::line;
