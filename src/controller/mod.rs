//! The control loop: takes up events, lets the pure core decide, commits, publishes.

mod commands;
mod evidence;
mod firing;
mod gather;
mod handle;
mod inbox;
mod lane;
mod planning;
mod saving;
mod shared;
mod triggers;
mod view;

pub use handle::{Controller, Unreadable};
pub use shared::World;
pub use view::{AlertAnswer, Applied, ApplyError, CommandError, Outcome, ReadingView, Verb, View};
