//! The control door: rollouts, flags, outcomes, triggers and health, over HTTP.

mod access;
mod alertmanager;
mod body;
mod events;
mod flags;
mod health;
mod history;
mod outcomes;
mod posted;
pub(super) mod render;
mod rollouts;
mod router;
mod schemas;
mod server;
mod state;
mod triggers;
pub mod wire;

pub use crate::http::connection::Limits;
pub use router::router;
pub use server::{serve, serve_within};
pub use state::Api;
