//! Following something on the server until it is over: a rollout, a train.

mod follow;
mod report;
mod run;
mod screen;
mod watched;

pub(crate) use run::{WatchArgs, run};
pub(crate) use watched::{Watched, gist_of};
