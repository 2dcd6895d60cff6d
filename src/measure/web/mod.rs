//! The web provider: any endpoint that answers in JSON.

mod answer;
mod question;
mod reading;

pub use reading::WebConnection;
pub(super) use reading::{question, read};
