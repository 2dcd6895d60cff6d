//! The control loop: takes up events, lets the pure core decide, commits, publishes.

mod alerting;
mod claims;
mod commands;
mod evidence;
mod firing;
mod gather;
mod handle;
mod inbox;
mod lane;
mod late;
mod may_close;
mod planning;
mod posting;
mod saving;
mod shared;
mod stepping_back;
mod telemetry;
mod told;
mod train;
mod triggers;
mod trying;
mod view;

pub use handle::{Controller, Unreadable};
pub use late::{LateAlert, LateAnswer};
pub use may_close::{MayClose, Pattern};
pub use posting::{Addressee, NotCounted, PostAnswer, Posting};
pub use shared::World;
pub use train::{MemberView, TrainApplied, TrainVerb, TrainView};
pub use view::{
    AlertAnswer, Applied, ApplyError, AskedView, CommandError, FindingView, Outcome, ReadingView, Verb, View,
};
