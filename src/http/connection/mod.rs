//! Connections of every door: taken within limits, read and written within deadlines, drained at the end.

pub(in crate::http) mod body;
mod door;
mod drain;
mod drive;
mod limits;
mod open;
mod progress;
mod refusal;
mod server;
mod workers;

pub(in crate::http) use door::{Door, WhenFull};
pub use limits::Limits;
pub(in crate::http) use progress::Progress;
pub(in crate::http) use server::serve;
pub(in crate::http) use workers::Workers;
