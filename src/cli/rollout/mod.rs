//! `tidegate rollout`.

mod apply;
mod args;
mod event;
mod follow;
mod history;
mod report;
mod screen;
mod show;
mod simulate;
mod verb;
mod watch;

pub(crate) use args::{RolloutArgs, run};
