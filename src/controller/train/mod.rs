//! Trains: each has a task that looks how its members stand, and tells them what to do.

mod board;
mod commands;
mod handle;
mod lane;
mod members;
mod saving;
mod view;

pub(super) use board::Board;
pub(super) use handle::TrainHandle;
pub(super) use members::Permit;
pub use view::{MemberView, TrainApplied, TrainVerb, TrainView};
