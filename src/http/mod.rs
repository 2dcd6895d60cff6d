//! The doors: evaluation for applications, control for people and machines.

pub mod api;
mod auth;
mod connection;
mod error;
pub mod evaluation;

pub use auth::Gate;
pub use error::ApiError;
