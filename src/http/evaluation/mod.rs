//! The evaluation door: OFREP on hyper, straight to what is live. It knows no store and no controller.

mod answer;
mod body;
mod bulk;
mod connection;
mod drain;
mod exchange;
mod progress;
mod refusal;
mod route;
mod server;
mod settings;
mod single;
mod tag;

pub use server::serve;
pub use settings::{Clock, EvaluationSettings, Limits};
