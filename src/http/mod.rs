//! The doors: evaluation straight to what is served, and the control API.

pub mod api;
pub mod auth;
pub mod error;
pub mod evaluation;
