//! The evaluation door: OFREP on hyper, straight to what is live. It knows no store and no controller.

mod answer;
mod body;
mod bulk;
mod cors;
mod events;
mod exchange;
mod route;
mod selection;
mod server;
mod settings;
mod single;
mod tag;

pub use crate::http::connection::Limits;
pub use server::serve;
pub use settings::{Clock, EvaluationSettings, EventSettings};
