//! `tidegate demo`: the real server with a synthetic shop in front of it, on a fast clock. One rollout
//! goes to everybody, one is broken on purpose and closes itself.

mod files;
mod shop;
mod story;

pub use story::{DemoError, DemoOptions, Ending, run};
