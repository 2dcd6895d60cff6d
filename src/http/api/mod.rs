//! The control door: rollouts, trains, flags, outcomes, triggers and health, over HTTP.

mod access;
mod body;
mod events;
mod explain;
mod explain_render;
mod flags;
mod health;
mod history;
mod ordered;
mod otlp;
mod outcome_body;
mod outcomes;
mod packed;
mod plan_body;
mod posted;
pub(super) mod render;
mod rollouts;
mod router;
mod schemas;
mod served;
mod server;
mod state;
mod train_render;
mod trains;
mod trigger_render;
mod triggers;
pub mod wire;

pub use crate::http::connection::Limits;
pub use otlp::Intake;
pub use router::router;
pub use server::{serve, serve_within};
pub use state::Api;
