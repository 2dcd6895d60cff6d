//! The Graphite provider: the render API.

mod answer;
mod question;
mod reading;

pub use reading::GraphiteConnection;
pub(super) use reading::{question, read};
