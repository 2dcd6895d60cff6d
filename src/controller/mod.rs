//! The control loop: takes up events, lets the pure core decide, commits, publishes.

mod view;

pub use view::{AlertAnswer, Applied, ApplyError, CommandError, Outcome, ReadingView, Verb, View};
