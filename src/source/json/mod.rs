//! Strict JSON: checked as a whole, built part by part.

mod build;
mod check;
mod document;
mod unread;

pub(super) use document::{Document, parse};
pub use unread::Unread;
