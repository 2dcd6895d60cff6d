//! Wiring: the parts put together, started and stopped in order.

mod attached;
pub mod demo;
mod feed;
mod loader;
mod open_files;
mod serve;
mod server;
pub mod sources;
mod watch;

pub use loader::{Loader, Looked};
pub use serve::{ServeError, serve};
pub use server::{Server, StartError, metric_providers};
