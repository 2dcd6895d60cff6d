//! `tidegate rollout rehearse`.

mod args;
mod report;
mod run;
mod spoken_of;
mod text;

pub(super) use args::{AFTER, RehearseArgs};
pub(super) use run::run;
